"""Columns of gross and net weights with their names swapped."""

import pytest

from producers.packing_lists.importing import ListReading
from tests.producers.packing_lists.made_lists import imported


def read(*rows: str, headers: str, answers: dict[str, str] | None = None) -> ListReading:
    """Import rows with their weights; the first header is that of the net weights."""
    content = "\n".join((f"C/NO,Goods,CTNS,SIZE(CM),{headers}", *rows))
    return imported(content, shipper="star", pod="ESVLC", answers=answers)


def masses(found: ListReading) -> list[int]:
    """Return the grams of one carton by line."""
    assert (found.booking.questions, found.booking.errors) == ((), ())
    return [line.gross_g for line in found.packing_list.lines]


ROWS = ("1-10,A,10,50*40*30,12,10.5", "11-15,B,5,60*40*30,10,9")


@pytest.mark.parametrize(
    "headers", ["N.W./CTN(KG),G.W./CTN(KG)", "N.W./CTN,G.W./CTN", "N.W.(KG),G.W.(KG)"]
)
def test_gross_weights_below_net_weights_may_be_the_net_weights(headers: str) -> None:
    """Both readings are offered, whatever else of the weights is open."""
    question = read(*ROWS, headers=headers).booking.questions[0]
    assert (question.cell, question.code) == ("F1", "mass_contradiction")
    answers = [choice.answer for choice in question.choices]
    assert answers == ["E1.net=gross", "E1.net=ignore"]


@pytest.mark.parametrize(
    ("answer", "grams"), [("gross", [12_000, 10_000]), ("ignore", [10_500, 9_000])]
)
def test_either_answer_settles_the_list(answer: str, grams: list[int]) -> None:
    """The other column is not read."""
    headers = "N.W./CTN(KG),G.W./CTN(KG)"
    assert masses(read(*ROWS, headers=headers, answers={"E1.net": answer})) == grams


def test_net_weights_of_rows_are_not_gross_weights_of_a_carton() -> None:
    """108 kg net in ten cartons of 12 kg: the columns mean different things."""
    rows = ("1-10,A,10,50*40*30,108,12", "11-15,B,5,60*40*30,45,10", "TOTAL,,15,,153,170")
    assert masses(read(*rows, headers="Total N.W.(KG),G.W./CTN(KG)")) == [12_000, 10_000]
