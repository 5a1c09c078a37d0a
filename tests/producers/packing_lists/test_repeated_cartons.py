"""Lists with a row for each article, and its carton's number, size and weight in each of them."""

import pytest

from producers.packing_lists.importing import ListReading
from tests.producers.packing_lists.made_lists import imported

HEADER = "CTN NO,SKU,PCS,SIZE(CM),GW(KG)"
CARTONS = (
    *("1,A,10,50*40*30,12", "1,B,5,50*40*30,12"),
    *("2,A,20,60*40*30,10", "2,C,3,60*40*30,10"),
    "3,D,8,60*40*30,9",
)


def read(*rows: str, header: str = HEADER, answers: dict[str, str] | None = None) -> ListReading:
    """Import rows of a text file."""
    content = "\n".join((header, *rows))
    return imported(content, shipper="star", pod="ESVLC", answers=answers)


def figures(found: ListReading) -> list[tuple[int, int]]:
    """Return cartons and grams of one carton by line."""
    assert (found.booking.questions, found.booking.errors) == ((), ())
    return [(line.cartons, line.gross_g) for line in found.packing_list.lines]


def codes(found: ListReading) -> list[tuple[str, str]]:
    """Return cell and code of each question and error."""
    problems = (*found.booking.questions, *found.booking.errors)
    return [(each.cell, each.code) for each in problems]


def test_articles_of_a_carton_have_its_size_and_weight_in_each_row() -> None:
    """Articles of different pieces do not weigh the same in two cartons by chance."""
    found = read(*CARTONS)
    assert figures(found) == [(1, 12_000), (1, 10_000), (1, 9_000)]
    assert "mass_repeated" in [remark.code for remark in found.booking.remarks]


def test_a_total_of_the_cartons_proves_them() -> None:
    """31 kg are the three cartons."""
    assert figures(read(*CARTONS, "TOTAL,,46,,31")) == [(1, 12_000), (1, 10_000), (1, 9_000)]


def test_a_sum_of_all_rows_is_asked_about() -> None:
    """53 kg are the articles' weights, or a SUM that counts cartons twice."""
    found = read(*CARTONS, "TOTAL,,46,,53")
    assert ("E1", "mass_of_articles") in codes(found)
    chosen = read(*CARTONS, "TOTAL,,46,,53", answers={"E1.articles": "sum"})
    assert figures(chosen) == [(1, 24_000), (1, 20_000), (1, 9_000)]


@pytest.mark.parametrize(
    "rows",
    [
        ("1,A,10,50*40*30,6", "1,B,10,50*40*30,6", "2,C,4,60*40*30,9"),
        ("1,A,10,50*40*30,6", "1,B,5,50*40*30,6", "2,C,4,60*40*30,9"),
    ],
)
def test_equal_weights_that_may_be_those_of_articles_are_asked_about(rows: tuple[str, ...]) -> None:
    """Ten of A and ten of B may weigh 6 kg each, and their carton 12 kg."""
    assert codes(read(*rows)) == [("E1", "mass_of_articles")]


def test_weights_of_a_carton_count_once() -> None:
    """The header says of what they are; five cartons have two articles."""
    found = read(
        *("1-5,cup,100,50*40*30,12", "1-5,spoon,100,50*40*30,12", "6-8,doll,60,60*40*30,10"),
        header="C/NO,Goods,PCS,SIZE(CM),G.W./CTN (KG)",
    )
    assert figures(found) == [(5, 12_000), (3, 10_000)]


def test_two_cartons_of_one_size_keep_their_weights() -> None:
    """Two numbers and two rows are a carton each."""
    found = read('"1,2",A,10,50*40*30,12', '"1,2",B,5,50*40*30,12', "3,D,8,60*40*30,9")
    assert figures(found) == [(1, 12_000), (1, 12_000), (1, 9_000)]


def test_a_repeated_number_is_one_error() -> None:
    """Cartons 1 to 5 stand in two rows with a count each."""
    found = read(
        *("1-5,A,5,50*40*30,12", "1-5,B,5,50*40*30,12", "6-8,C,3,60*40*30,10"),
        header="CTN NO,SKU,CTNS,MEAS(CM),GW/CTN(KG)",
    )
    assert codes(found) == [("A3", "carton_number_repeated")]
