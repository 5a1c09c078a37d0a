"""The segregation table as a table: square, symmetric, and read right."""

import itertools

import pytest

from groupage.domain.segregation import TABLE, clashes


def test_every_pair_has_one_code() -> None:
    """As many rows and columns as classes."""
    assert len(TABLE.codes) == len(TABLE.classes)
    assert {len(row) for row in TABLE.codes} == {len(TABLE.classes)}


def test_the_table_is_symmetric() -> None:
    """Away from is mutual."""
    for one, other in itertools.combinations(TABLE.classes, 2):
        assert TABLE.code(one, other) == TABLE.code(other, one), (one, other)


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("3", "5.1", "2"),
        ("8", "4.3", "1"),
        ("1.2", "2.1", "4"),  # read in the row of 1.1
        ("1.6", "4.1", "3"),  # read in the row of 1.3
        ("1.4S", "3", "2"),  # the compatibility group is not part of the row
        ("6.2", "7", "3"),
        ("9", "5.2", "X"),
    ],
)
def test_known_entries(one: str, other: str, code: str) -> None:
    """Entries picked from the charts by hand."""
    assert TABLE.code(one, other) == code


def test_clashes_name_the_pair() -> None:
    """Flammable liquid, oxidiser and class 9: only the first two clash."""
    (clash,) = clashes(("3", "9", "5.1", "3"))
    assert (clash.first, clash.second, clash.code) == ("3", "5.1", "2")


def test_explosives_clash_among_themselves() -> None:
    """Class 1 with class 1 has its own rules, which the hub does not know: forbidden."""
    assert [clash.code for clash in clashes(("1.1", "1.1"))] == ["*"]


def test_unknown_class_clashes_with_everything() -> None:
    """A class that the table lacks is segregated from all others."""
    assert {(clash.first, clash.second) for clash in clashes(("3", "0.7"))} == {
        ("0.7", "0.7"),
        ("0.7", "3"),
    }
