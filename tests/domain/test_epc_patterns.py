"""Patterns of EPCs over the ids of each form."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.domain.epc_patterns import PATTERN_URN, expression_of
from groupage.domain.gs1 import canonical_id


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("sscc:0614141.*", "sscc:0614141.1234567890", "sscc:0614142.1234567890"),
        ("sgtin:0614141.812345.*", "sgtin:0614141.812345.6789", "sgtin:0614141.812346.6789"),
        ("sgtin:0614141.*.*", "sgtin:0614141.812346.a%2Fb", "sgtin:0614142.812346.6789"),
        ("sgln:0614141.00777.*", "sgln:0614141.00777.5", "sgln:0614141.00778.5"),
        ("sgln:0614141.00777.*", "sgln:0614141.00777.0", "sgln:0614141.00778.0"),
        ("sgln:0614141.*.*", "sgln:0614141.00777.0", "sgln:0614142.00777.0"),
        ("grai:0614141.12345.*", "grai:0614141.12345.400", "grai:0614141.12346.400"),
        ("grai:0614141.*.*", "grai:0614141.12345.400", "grai:0614142.12345.400"),
        ("gdti:0614141.06012.*", "gdti:0614141.06012.1234", "gdti:0614141.06013.1234"),
        ("gdti:0614141.*.*", "gdti:0614141.06012.1234", "gdti:0614142.06012.1234"),
        ("giai:0614141.*", "giai:0614141.AB", "giai:0614142.AB"),
        ("ginc:0614141.*", "ginc:0614141.xyz", "ginc:0614142.xyz"),
        ("gsrn:0614141.*", "gsrn:0614141.0000010253", "gsrn:0614142.0000010253"),
        ("gsin:0614141.*", "gsin:0614141.123456789", "gsin:0614142.123456789"),
        ("sgtin:*.*.*", "sgtin:0614141.812346.6789", "sscc:0614141.1234567890"),
        ("sscc:*.*", "sscc:0614141.1234567890", "sgtin:0614141.812346.6789"),
    ],
)
def test_a_pattern_matches_its_epcs(pattern: str, matching: str, other: str) -> None:
    """As URN and as Digital Link, for both have one id."""
    expression = expression_of(PATTERN_URN + pattern)
    assert expression is not None
    assert re.fullmatch(expression, canonical_id(f"urn:epc:id:{matching}"))
    assert not re.fullmatch(expression, canonical_id(f"urn:epc:id:{other}"))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "sscc",
        "sscc:0614141.123",
        "sscc:0614141.*.*",
        "sscc:*.1",
        "sscc:06141.*",
        "sscc:0614141234567.*",
        "sgtin:0614141.*.1",
        "sgtin:0614141.81234.*",
        "sgtin:0614141.*",
        "sgtin:0614141.(a+)+.*",
        "sgln:0614141..*",
        "cpi:0614141.*.*",
        "sscc:\u0660614141.*",
    ],
)
def test_a_wrong_pattern_matches_nothing(pattern: str) -> None:
    """It is refused: it would find nothing without a word."""
    assert expression_of(PATTERN_URN + pattern) is None


@given(st.text(max_size=40) | st.from_regex(r"(sscc|sgtin|grai):[0-9]{0,13}(\.[0-9*]{0,8}){1,2}"))
def test_any_text_is_a_pattern_or_none(text: str) -> None:
    """Each expression compiles."""
    expression = expression_of(PATTERN_URN + text)
    if expression is not None:
        re.compile(expression)
