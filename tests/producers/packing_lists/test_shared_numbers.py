"""Rows with goods in cartons that another row numbers."""

import pytest

from producers.packing_lists.importing import ListReading
from tests.producers.packing_lists.made_lists import imported

FIRST = "1-5,cup,100,5,50*40*30,12"
LAST = "6-8,doll,60,3,60*40*30,10"


def read(row: str) -> ListReading:
    """Import a list with a row between two others."""
    header = "C/NO,Goods,PCS,CTNS,SIZE(CM),G.W./CTN(KG)"
    return imported(f"{header}\n{FIRST}\n{row}\n{LAST}", shipper="star", pod="ESVLC")


def errors(found: ListReading) -> list[tuple[str, str]]:
    """Return cell and code of each error."""
    return [(each.cell, each.code) for each in found.booking.errors]


@pytest.mark.parametrize(
    "row",
    [
        "同上箱,spoon,50,,,",
        "同上,spoon,50,,,",
        "same carton,spoon,50,,,",
        "Same CTN as above,spoon,50,,〃,〃",
        '"1-5",spoon,50,,"50*40*30",12',
        "5,spoon (拼箱),50,,,",
        '"4,5",spoon,50,,,',
        "1-5,spoon,50,,,",
    ],
)
def test_goods_in_a_carton_above_are_a_further_article(row: str) -> None:
    """They add neither cartons nor weight."""
    found = read(row)
    assert (found.booking.questions, found.booking.errors) == ((), ())
    lines = [(line.cartons, line.gross_g, len(line.articles)) for line in found.packing_list.lines]
    assert lines == [(5, 12_000, 2), (3, 10_000, 1)]


def test_goods_in_some_of_the_cartons_are_a_remark() -> None:
    """A number may have been mistyped."""
    remarks = [(each.cell, each.code) for each in read("5,spoon,50,,,").booking.remarks]
    assert ("A3", "carton_shared") in remarks


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("5,spoon,50,1,50*40*30,7", ("A3", "repeated_number")),
        ("9,spoon,50,,,", ("E3", "size")),
        ("5-6,spoon,50,,,", ("E3", "size")),
        ("同上箱,spoon,50,3,50*40*30,12", ("A3", "carton_number_repeated")),
    ],
)
def test_cartons_with_figures_or_numbers_of_their_own_are_not_shared(
    row: str, error: tuple[str, str]
) -> None:
    """They are cartons, and contradict the rows above or lack figures."""
    assert error in errors(read(row))
