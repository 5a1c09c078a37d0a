"""Check digits against numbers published by the standards' owners, and every single wrong digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.domain.checkdigits import (
    container_problem,
    fate_of,
    gs1_digit,
    gs1_problem,
    unit_problem,
)

DIGITS = st.text("0123456789", min_size=1, max_size=17)


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("CSQU305438", 3),  # the standard's own example
        ("APZU481209", 0),  # DCSA's one example that fits; the sum modulo 11 is 10 there
    ],
)
def test_iso6346_digit(body: str, digit: int) -> None:
    """Published container numbers come out, and no other digit fits."""
    right = [found for found in range(10) if container_problem(f"{body}{found}") is None]
    assert right == [digit]


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("10614141234567890", 8),  # SSCC
        ("0061414100001", 2),  # GTIN-14
        ("400638133393", 1),  # EAN-13
        ("9638507", 4),  # EAN-8
    ],
)
def test_gs1_digit(body: str, digit: int) -> None:
    """Published GS1 keys come out."""
    assert gs1_digit(body) == str(digit)


@pytest.mark.parametrize("body", ["", "12a", "1 2", "²", "\u0663"])
def test_only_ascii_digits_have_a_gs1_digit(body: str) -> None:
    """Python also reads other signs as digits."""
    with pytest.raises(ValueError, match="is not a number"):
        gs1_digit(body)


@given(DIGITS, st.data())
def test_gs1_sees_every_single_error(body: str, data: st.DataObject) -> None:
    """Changing any one digit changes the check digit."""
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != body[place]]))
    assert gs1_digit(body[:place] + other + body[place + 1 :]) != gs1_digit(body)


def test_wrong_container_number_is_explained() -> None:
    """The message holds the number, the digit found and the digit expected."""
    problem = container_problem("CSQU3054384")
    assert problem is not None
    assert problem.message == "CSQU3054384: check digit by ISO 6346 is 4, expected 3"
    assert container_problem("CSQU3054383") is None


@pytest.mark.parametrize("ref", ["", "CSQU305438", "csqu3054383", "CSQX3054383", "CSQU30543831"])
def test_other_forms_are_not_container_numbers(ref: str) -> None:
    """Length, case and category are part of the standard."""
    problem = container_problem(ref)
    assert problem is not None
    assert problem.found == "absent"


def test_only_an_sscc_can_be_wrong() -> None:
    """A unit's id may be any mark; eighteen digits claim to be an SSCC."""
    assert unit_problem("CARTON 12/40") is None
    assert unit_problem("106141412345678908") is None
    wrong = unit_problem("106141412345678909")
    assert wrong is not None
    assert wrong.expected == "8"


def test_gs1_lengths() -> None:
    """Keys that end in a check digit have 8, 12, 13, 14 or 18 digits."""
    problem = gs1_problem("123")
    assert problem is not None
    assert "18 (SSCC)" in problem.expected
    assert gs1_problem("4006381333931") is None


def test_policy_decides_only_about_wrong_digits() -> None:
    """Every policy accepts a right number; a wrong number meets the policy's fate."""
    problem = container_problem("CSQU3054384")
    assert fate_of(None, "reject") == "accept"
    assert [fate_of(problem, policy) for policy in ("reject", "quarantine", "warn")] == [
        "reject",
        "quarantine",
        "warn",
    ]
