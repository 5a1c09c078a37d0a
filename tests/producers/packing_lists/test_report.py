"""What is printed of a list, for people and for scripts."""

import msgspec

from producers.packing_lists.model import Choice, ColumnReading, Finding, Handling, Totals
from producers.packing_lists.report import as_json, report_lines
from tests.producers.packing_lists.made_lists import booked, line, packing_list

QUESTION = Finding(
    cell="C1",
    code="unit",
    text="are the edges in cm or mm?",
    choices=(
        Choice(answer="C1.unit=cm", text="60 × 40 × 35 cm: 0.84 m³"),
        Choice(answer="C1.unit=mm", text="60 × 40 × 35 mm: 0.00084 m³"),
    ),
)
COLUMN = ColumnReading(
    cell="D1",
    header="总毛重 / G.W. (KGS)",
    field="gross",
    unit="kg",
    per="row",
    why="the totals row agrees",
)


def test_people_read_what_was_understood() -> None:
    """Sheet, header rows, columns with reasons, consignment, sums, goods; then what is open."""
    found = packing_list(line(), questions=(QUESTION,), confirmed=("the totals row: 10 cartons",))
    found = msgspec.structs.replace(found, columns=(*found.columns, COLUMN))
    text = "\n".join(report_lines(found, booked(found)))
    for part in (
        "list.xlsx: sheet PL, header in row 1",
        "D1    总毛重 / G.W. (KGS)  gross, kg, of the row  the totals row agrees",
        "consignment CN-1: 甲 for TO ORDER, CNNGB to NLRTM, customs mode 1039, value 1,200.00 USD",
        "in all: 10 cartons, 0.84 m³, 125.0 kg",
        "goods: 玩具",
        "agrees: the totals row: 10 cartons",
        "  C1  are the edges in cm or mm?",
        "--answer C1.unit=cm: 60 × 40 × 35 cm: 0.84 m³",
    ):
        assert part in text, text
    assert text.index("remarks:") < text.index("questions:")


def test_scripts_read_the_documented_keys() -> None:
    """Findings have cell, code and text; questions their choices, too."""
    found = packing_list(line(handling=Handling(fragile=True)), questions=(QUESTION,))
    report = as_json(found, booked(found))
    assert (report["cartons"], report["volume_cm3"], report["gross_g"]) == (10, 840_000, 125_000)
    assert report["sheets"] == ["PL"]
    assert [column["field"] for column in report["columns"]] == ["goods", "cartons"]
    (read,) = report["lines"]
    assert (read["rows"], read["length_mm"], read["goods"]) == ([2], 600, "玩具")
    assert read["articles"][0]["row"] == 2
    assert read["handling"] == {"fragile": True}
    (question,) = report["questions"]
    assert question["cell"] == "C1"
    assert [choice["answer"] for choice in question["choices"]] == ["C1.unit=cm", "C1.unit=mm"]
    assert all({"cell", "code", "text"} <= each.keys() for each in report["remarks"])
    assert msgspec.json.encode(report)


def test_declared_totals_count_in_both() -> None:
    """A list without sizes has sums all the same."""
    found = packing_list(declared_totals=Totals(cartons=5, volume_cm3=4_130_000, gross_g=746_000))
    report = as_json(found, booked(found))
    assert (report["cartons"], report["volume_cm3"], report["lines"]) == (5, 4_130_000, [])
    assert "sizes to follow" in "\n".join(report_lines(found, booked(found)))
