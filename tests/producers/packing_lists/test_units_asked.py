"""Units of weights that are offered while the unit of the edges is open, too."""

from tests.producers.packing_lists.made_lists import imported


def test_units_that_no_size_allows_are_not_offered() -> None:
    """Cartons of 12 t or 12 g are impossible, in centimetres and in inches."""
    rows = "C/NO,Goods,CTNS,L,W,H,GW/CTN\n1-5,pan,5,50,40,30,12\n6-8,pot,3,60,45,40,15"
    questions = imported(rows, shipper="star", pod="ESVLC").booking.questions
    offered = {
        question.cell: [choice.answer for choice in question.choices] for question in questions
    }
    assert offered == {
        "D1": ["D1.unit=cm", "D1.unit=in"],
        "G1": ["G1.unit=kg", "G1.unit=jin", "G1.unit=lb"],
    }
