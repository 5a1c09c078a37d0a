"""Weights and volumes whose unit nobody names: kilograms and cubic metres, or a question."""

import pytest

from producers.packing_lists.model import PackingList
from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import HEADER, Rows, asked, codes, figures, read

PROVED: Rows = [
    ["品名", "箱数", "箱规(cm)", "单箱毛重", "总毛重"],
    ["杯", 10, "60*40*35", 12.5, 125],
    ["壶", 4, "50*40*40", 11, 44],
]


def with_text(text: str) -> Rows:
    """The list with a line below it."""
    return [*PROVED, [], [text]]


def test_weights_without_a_unit_are_kilograms_in_a_list_of_centimetres() -> None:
    """毛重 alone: 12.5 kg, with a remark at its header."""
    found = read(PROVED)
    assert [mass for _, _, mass in figures(found)] == [12_500, 11_000]
    assert [each.cell for each in found.remarks if each.code == "mass_unit_assumed"] == ["D1"]


def test_an_answer_takes_another_unit_than_the_assumed_one() -> None:
    """The remark names the answers."""
    found = read(PROVED, answers={"D1.unit": "jin"})
    assert [mass for _, _, mass in figures(found)] == [6_250, 5_500]
    assert "mass_unit_assumed" not in codes(found)


@pytest.mark.parametrize("text", ["重量单位如标签：斤", "weights in lbs", "磅", "8 LB each"])
def test_a_list_that_names_jin_or_pounds_anywhere_is_asked_about(text: str) -> None:
    """Nobody knows whether the words are about the column."""
    assert list(asked(read(with_text(text)))) == ["D1"]


@pytest.mark.parametrize("text", ["共169公斤", "slabs", "albs"])
def test_words_that_merely_contain_such_a_unit_name_none(text: str) -> None:
    """公斤 is the kilogram."""
    assert asked(read(with_text(text))) == {}


def test_weights_beside_inches_are_asked_about() -> None:
    """Pounds go with inches."""
    rows: Rows = [["Goods", "Cartons", "Size (in)", "G.W./CTN"], ["Grill", 10, "24*18*20", 42]]
    assert "D1" in asked(read(rows))


def test_weights_beside_edges_without_a_unit_are_asked_about() -> None:
    """Nothing in the list is metric."""
    rows: Rows = [["Goods", "Cartons", "Size", "G.W./CTN"], ["Toy", 20, "30*25*20", 8]]
    assert sorted(asked(read(rows))) == ["C1", "D1"]


def test_kilograms_denser_than_water_are_asked_about() -> None:
    """90 in 84 litres are rather 斤, or stones."""
    rows: Rows = [[*HEADER, "G.W./CTN"], ["Stone", 10, "60*40*35", 90]]
    assert list(asked(read(rows))) == ["D1"]


def test_a_total_in_kilograms_says_that_the_rows_are_in_jin() -> None:
    """The label proves 斤: it is taken, and nothing is assumed."""
    rows: Rows = [
        ["总毛重：62.5KGS"],
        ["品名", "箱数", "箱规(cm)", "单箱毛重"],
        ["杯", 10, "60*40*35", 12.5],
    ]
    found = read(rows)
    assert figures(found)[0][2] == 6_250
    assert "mass_unit_assumed" not in codes(found)


def declared(found: PackingList) -> tuple[int, int]:
    """Return volume and mass of a list with totals only."""
    assert (found.questions, found.errors) == ((), ())
    assert found.declared_totals is not None
    return found.declared_totals.volume_cm3, found.declared_totals.gross_g


def totals_only(volume: Cell, mass: Cell, unit: str = "") -> PackingList:
    """A booking of forty cartons."""
    return read([["品名", "箱数", "总体积", f"总毛重{unit}"], ["毛巾", 40, volume, mass]])


def test_totals_of_cartons_lighter_than_water_are_cubic_metres_and_kilograms() -> None:
    """4.2 cubic feet with 520 kg would be 4,400 kg/m³."""
    found = totals_only(4.2, 520)
    assert declared(found) == (4_200_000, 520_000)
    assert {"volume_unit_assumed", "mass_unit_assumed"} <= set(codes(found))


def test_light_cartons_leave_cubic_feet_open() -> None:
    """40 kg in 2.8 m³ or in 2.8 ft³: 14 or 500 kg/m³."""
    assert "C1" in asked(totals_only(2.8, 40))


def test_figures_in_litres_are_no_cubic_metres() -> None:
    """4,200 m³ in forty cartons do not exist."""
    assert "C1" in asked(totals_only(4200, 520, "(kg)"))


@pytest.mark.parametrize(("total", "remarks"), [(None, 1), (448.0, 0)])
def test_cartons_denser_than_water_are_remarked_unless_a_sum_proves_them(
    total: float | None, remarks: int
) -> None:
    """112 kg for 11.2: no sum shows the lost decimal point, or one shows that it is none."""
    rows: Rows = [[*HEADER, "G.W./CTN (kg)"], ["Lamps", 4, "52*38*41", 112]]
    rows += [] if total is None else [["TOTAL", 4, None, total]]
    assert codes(read(rows)).count("denser_than_water") == remarks


def test_the_total_says_whether_volumes_are_of_a_carton() -> None:
    """0.105 m³ a carton; 0.105 ft³ of a row would be cartons of 74 cm³."""
    rows: Rows = [
        ["Goods", "Ctns", "Weight", "Volume"],
        ["Towels", 40, 13, 0.105],
        ["Robes", 22, 14.1, 0.141],
        ["TOTAL", 62, 830.2, 7.302],
    ]
    assert declared(read(rows)) == (7_302_000, 830_200)


def test_the_remark_names_the_answer_with_its_sheet_where_there_are_several() -> None:
    """S2!D1.unit=jin."""
    first: Rows = [["箱号", *PROVED[0]], ["1-10", *PROVED[1]]]
    second: Rows = [["箱号", *PROVED[0]], ["11-14", *PROVED[2]]]
    found = read(first, second)
    assert [mass for _, _, mass in figures(found)] == [12_500, 11_000]
    remarks = [remark.text for remark in found.remarks if remark.code == "mass_unit_assumed"]
    assert "S1!E1.unit=jin" in remarks[0]
    assert "S2!E1.unit=jin" in remarks[1]
