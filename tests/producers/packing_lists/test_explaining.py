"""The list written back with comments."""

import io
import zipfile
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from producers.packing_lists.explaining import explain
from producers.packing_lists.model import Choice, Finding
from producers.sheets.workbook import Area, CellError, Formula, Sheet, Workbook
from tests.producers.packing_lists.made_lists import booked, line, packing_list

EVIL = ("=1+1", "+1", "-1+2", "@SUM(A1)", "=cmd|' /C calc'!A0", "#N/A", "\t=1", "'=1")


def book(*rows: tuple[object, ...], **more: object) -> Workbook:
    """A workbook with one sheet."""
    return Workbook(
        name="list.csv",
        sheets=(Sheet(name="PL", rows=rows, **more),),  # type: ignore[arg-type]
        format="csv",
    )


def test_findings_are_comments_at_their_cells() -> None:
    """Errors are red, questions yellow, what was assumed is blue; all are listed on a sheet."""
    question = Finding(
        cell="B1",
        code="unit",
        text="cm or mm?",
        choices=(Choice(answer="B1.unit=cm", text="1 m³"),),
    )
    wrong = Finding(cell="B2", code="bad", text="expected a number")
    row = Finding(cell="row 3", code="bad", text="expected a size")
    found = packing_list(line(), questions=(question,), errors=(wrong, row))
    sheet = book(("品名", "尺寸"), ("玩具", "=x"), ("杯子", None))
    out = load_workbook(io.BytesIO(explain(sheet, found, booked(found))))
    page = out["PL"]
    assert "error: expected a number" in page["B2"].comment.text
    assert "• B1.unit=cm: 1 m³" in page["B1"].comment.text
    assert "read as cartons" in page["B1"].comment.text
    assert "expected a size" in page["A3"].comment.text
    colours = {page[name].fill.fgColor.rgb for name in ("A1", "B1", "B2")}
    assert len(colours) == 3
    summary = [row[3] for row in out["groupage"].iter_rows(values_only=True)]
    assert any("cm or mm?" in str(text) for text in summary)


def test_both_cells_of_a_contradiction_are_coloured() -> None:
    """A weight that is too much for its size; a third cell is left alone."""
    asked = Finding(cell="B2", code="limits", text="too dense", beside=("C2",))
    found = packing_list(line(), questions=(asked,))
    sheet = book(("品名", "毛重", "尺寸"), ("玩具", 900, "9*9*9"))
    page = load_workbook(io.BytesIO(explain(sheet, found, booked(found))))["PL"]
    assert page["B2"].fill.fgColor.rgb == page["C2"].fill.fgColor.rgb
    assert page["C2"].comment.text.startswith("question: see B2: too dense")
    assert page["A2"].comment is None


def test_nothing_in_the_workbook_is_a_formula() -> None:
    """Texts, saved formulas and errors of the list are written as text."""
    rows = (EVIL, tuple(map(Formula, EVIL)), tuple(map(CellError, EVIL)))
    error = Finding(cell="A1", code="bad", text="=1+1 is not right")
    found = packing_list(errors=(error,))
    data = explain(book(*rows), found, booked(found))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name)
    page = load_workbook(io.BytesIO(data))["PL"]
    assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}
    assert [cell.value for cell in page[1]] == list(EVIL)


def test_merged_cells_and_long_numbers_stay() -> None:
    """A comment in a merged area stands at its first cell; an SSCC keeps its digits."""
    area = Area(first_row=0, first_column=0, last_row=1, last_column=0)
    sheet = book(("品名", 350000000000000020), (None, 2.5), merged=(area,))
    found = packing_list(errors=(Finding(cell="A2", code="bad", text="what?"),))
    page = load_workbook(io.BytesIO(explain(sheet, found, booked(found))))["PL"]
    assert page["B1"].value == "350000000000000020"
    assert page["B2"].value == 2.5
    assert "what?" in page["A1"].comment.text


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(max_size=20) | st.integers() | st.floats() | st.none(), max_size=4),
        max_size=4,
    ),
    st.text(max_size=40),
)
def test_any_cells_can_be_written(rows: list[list[Any]], name: str) -> None:
    """Control characters, sheet names that Excel refuses, numbers that are none."""
    workbook = Workbook(
        name="x",
        sheets=(Sheet(name=name, rows=tuple(map(tuple, rows))),),
        format="csv",
    )
    found = packing_list(sheets=(name,), errors=(Finding(cell="A1", code="x", text=name),))
    load_workbook(io.BytesIO(explain(workbook, found, booked(found))))
