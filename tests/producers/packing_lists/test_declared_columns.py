"""Lists without sizes: columns of a carton and of the row, and volumes that look wrong."""

import pytest

from producers.packing_lists.model import PackingList
from tests.producers.packing_lists.read_lists import Rows, asked, codes, read

HEADER: Rows = [["Goods", "Cartons", "CBM/CTN", "Total CBM", "G.W./CTN (kg)", "Total G.W. (kg)"]]


def rows(chair: float = 0.334, table: float = 2.376) -> Rows:
    """Forty chairs and sixteen tables."""
    return [
        *HEADER,
        ["Chairs", 40, chair, 13.367, 21.5, 860],
        ["Tables", 16, 0.1485, table, 32, 512],
        ["TOTAL", 56, None, 15.743, None, 1372],
    ]


def declared(found: PackingList) -> tuple[int, int, int]:
    """Return the declared totals of a list without questions and errors."""
    assert (found.questions, found.errors) == ((), ())
    assert found.declared_totals is not None
    totals = found.declared_totals
    return totals.cartons, totals.volume_cm3, totals.gross_g


def test_rounded_volumes_of_a_carton_agree_with_those_of_the_row() -> None:
    """0.334 × 40 is 13.36, and the row says 13.367: the row counts."""
    assert declared(read(rows())) == (56, 15_743_000, 1_372_000)


def test_a_lost_decimal_point_in_one_of_two_columns_is_asked_about() -> None:
    """3.34 m³ × 40 is not 13.367 m³; the first column alone was added up, without a word."""
    found = read(rows(chair=3.34))
    assert asked(found) == {"C2": ["C2.volume=C2", "C2.volume=D2"]}
    settled = read(rows(chair=3.34), answers={"C2.volume": "D2"})
    assert declared(settled) == (56, 15_743_000, 1_372_000)


def test_a_wrong_answer_about_a_column_contradicts_the_total() -> None:
    """133.6 m³ of chairs are not in the list's total."""
    assert list(asked(read(rows(chair=3.34), answers={"C2.volume": "C2"}))) == ["D4"]


def test_columns_without_a_meaning_of_their_own_prove_it_together() -> None:
    """KG and T.KG of the same name: one is the other times the count, and the total is the sum."""
    found = read(
        [
            ["Goods", "Cartons", "CBM", "CBM", "KG", "KG"],
            ["Shirts", 30, 0.0912, 2.736, 17.2, 516],
            ["Jeans", 22, 0.0974, 2.143, 20.4, 448.8],
            ["TOTAL", 52, None, 4.879, None, 964.8],
        ]
    )
    assert declared(found) == (52, 4_879_000, 964_800)


@pytest.mark.parametrize(("towels", "remarks"), [(4.2, 0), (42, 1)])
def test_a_volume_far_from_all_others_for_its_weight_is_remarked(
    towels: float, remarks: int
) -> None:
    """520 kg of towels in 42 m³, beside 310 kg of robes in 3.1: the total was added up from it."""
    found = read(
        [
            ["Goods", "Cartons", "Total KGS", "Total CBM"],
            ["Towels", 40, 520, towels],
            ["Robes", 22, 310, 3.1],
            ["TOTAL", 62, 830, towels + 3.1],
        ]
    )
    assert codes(found).count("density_unlike_others") == remarks
