"""Carton numbers as lists write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.packing_lists.carton_numbers import expand_open, read_carton_numbers


def span(first: int, last: int, prefix: str = "", width: int = 0) -> tuple[str, ...]:
    """Return numbers as texts."""
    return tuple(f"{prefix}{number:0{width}}" for number in range(first, last + 1))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("F134-F136", span(134, 136, "F")),
        ("137~138", ("137", "138")),
        ("143—144", ("143", "144")),
        ("145,147,149", ("145", "147", "149")),
        ("1 TO 20", span(1, 20)),
        ("1to20", span(1, 20)),
        ("C/NO.1-10", span(1, 10)),
        ("C/N 5-8", span(5, 8)),
        ("CTN NO. 7", ("7",)),
        ("No.1至20", span(1, 20)),
        ("第1-10箱", span(1, 10)),
        ("１－２０", span(1, 20)),
        ("1一3", span(1, 3)),
        (7, ("7",)),
        (7.0, ("7",)),
        ("F02", ("F02",)),
        ("N1-N4", span(1, 4, "N")),
        ("A-12", ("A-12",)),
        ("A-1-A-3", span(1, 3, "A-")),
        ("A1-3", span(1, 3, "A")),
        ("001-010", span(1, 10, width=3)),
        ("1-3,8,10-12", ("1", "2", "3", "8", "10", "11", "12")),
        ("1、2、3", ("1", "2", "3")),
        ("1&2", ("1", "2")),
        ("F001,002", ("F001", "F002")),
        ("#1-#5", span(1, 5)),
        ("1-20 CTNS", span(1, 20)),
        ("PLT1-PLT2", ("PLT1", "PLT2")),
        ("GZ2024-001~003", span(1, 3, "GZ2024-", 3)),
        ("", ()),
        (None, ()),
    ],
)
def test_a_text_becomes_its_numbers(text: object, numbers: tuple[str, ...]) -> None:
    """Each form that lists use for carton numbers is read."""
    found = read_carton_numbers(text)
    assert found.numbers == numbers
    assert not found.unclear


@pytest.mark.parametrize(
    "text",
    ["20-1", "1-", "-5", "ABC", "A1-B3", "1-2-3", "1/20", "5,5", "1-3,2", "1-900000", "x" * 5000],
)
def test_an_unclear_text_gives_a_sentence_and_no_numbers(text: str) -> None:
    """Nothing is guessed."""
    found = read_carton_numbers(text)
    assert found.numbers == ()
    assert found.unclear


def test_the_count_decides_what_a_slash_means() -> None:
    """``1/20`` is a range of twenty cartons, or carton 1 of 20."""
    assert read_carton_numbers("1/20", count=20).numbers == span(1, 20)
    one = read_carton_numbers("1/20", count=1)
    assert (one.numbers, one.of) == (("1",), 20)
    assert read_carton_numbers("3 of 20").of == 20


def test_a_dash_in_the_number_of_one_carton_is_no_range() -> None:
    """A line of one carton has one number."""
    assert read_carton_numbers("GZ2024-001", count=1).numbers == ("GZ2024-001",)
    assert read_carton_numbers("2024-001", count=1).numbers == ("2024-001",)
    assert read_carton_numbers("A1-10", count=10).numbers == span(1, 10, "A")


def test_an_open_range_needs_the_count() -> None:
    """``154-UP`` says where the numbers begin."""
    found = read_carton_numbers("154-UP")
    assert (found.numbers, found.open_from) == ((), "154")
    assert expand_open("154", 3) == ("154", "155", "156")
    assert read_carton_numbers("F098-UP", count=3).numbers == ("F098", "F099", "F100")


@given(
    st.text(max_size=60) | st.integers() | st.floats() | st.none(), st.none() | st.integers(0, 50)
)
def test_any_value_gives_numbers_or_a_sentence(value: object, count: int | None) -> None:
    """No value raises, and no number comes twice."""
    found = read_carton_numbers(value, count=count)
    assert not (found.numbers and found.unclear)
    assert len(set(found.numbers)) == len(found.numbers)
