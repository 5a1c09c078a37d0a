import io
import struct
from datetime import date, datetime

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Limits
from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Area, CellError
from tests.producers.sheets.xlsb_writer import cell as _cell
from tests.producers.sheets.xlsb_writer import record as _record
from tests.producers.sheets.xlsb_writer import row as _row
from tests.producers.sheets.xlsb_writer import short_cell as _short_cell
from tests.producers.sheets.xlsb_writer import wide
from tests.producers.sheets.xlsb_writer import workbook as _workbook


def _list() -> bytes:
    real = struct.pack("<d", 12.5)
    rows = [
        _record(60, struct.pack("<4IH", 1, 1, 2000, 0, 1)),
        _record(145),
        _row(0, _cell(7, 0, struct.pack("<I", 0)), _cell(6, 1, wide("Qty"))),
        _row(
            1,
            _cell(5, 0, real, style=1),
            _cell(2, 1, struct.pack("<I", 48 << 2 | 2)),
            _cell(2, 2, struct.pack("<I", 1250 << 2 | 3)),
            _cell(2, 3, struct.pack("<i", -7 << 2 | 2)),
            _cell(5, 4, struct.pack("<d", 46083.0), style=2),
        ),
        _row(2, _cell(3, 0, b"\x2a"), _cell(4, 1, b"\1"), _cell(9, 2, real), hidden=True),
        _row(3, _cell(7, 0, struct.pack("<I", 1)), _cell(6, 1, wide("under"))),
        _record(146),
        _record(177, struct.pack("<I", 1)),
        _record(176, struct.pack("<4I", 3, 3, 0, 1)),
        _record(178),
        _record(130),
    ]
    sheets = {"PL": b"".join(rows), ".old": _record(145) + _record(146) + _record(130)}
    formats = {164: '0.0"kg"', 165: "yyyy-mm-dd"}
    return _workbook(sheets, ["件数", "total"], formats)


def test_xlsb_cells_keep_their_kind_and_their_look() -> None:
    """Error values and number formats, which calamine drops, hidden rows and merged cells."""
    workbook = read_workbook("list.xlsx", _list())
    sheet = workbook.sheets[0]
    assert workbook.format == "xlsb"
    assert sheet.rows == (
        ("件数", "Qty"),
        (12.5, 48, 12.5, -7, datetime(2026, 3, 2)),  # noqa: DTZ001
        ("#N/A", True, 12.5),
        ("total",),
    )
    assert isinstance(sheet.rows[2][0], CellError)
    assert sheet.number_formats == {(1, 0): '0.0"kg"'}
    assert sheet.merged == (Area(first_row=3, first_column=0, last_row=3, last_column=1),)
    assert sheet.hidden_rows == {2}
    assert sheet.hidden_columns == {1}
    assert [item.hidden for item in workbook.sheets] == [False, True]
    assert [remark.code for remark in workbook.remarks] == ["covered_value"]


def test_cells_without_a_column_follow_the_last_one() -> None:
    """SheetJS writes all but the first of a row so; calamine 0.9 drops them without a word."""
    cells = (
        _cell(6, 1, wide("杯子")),
        _short_cell(2, struct.pack("<I", 12 << 2 | 2)),
        _short_cell(1, b""),
        _short_cell(5, struct.pack("<d", 0.5), style=1),
        _short_cell(3, b"\x2a"),
        _short_cell(4, b"\0"),
        _short_cell(6, wide("x")),
        _short_cell(7, struct.pack("<I", 0)),
    )
    sheets = {"PL": _record(145) + _row(0, *cells) + _row(1, _short_cell(6, wide("first")))}
    sheet = read_workbook("a.xlsb", _workbook(sheets, ["shared"], {164: '0.0"kg"'})).sheets[0]
    assert sheet.rows == (
        (None, "杯子", 12, None, 0.5, "#N/A", False, "x", "shared"),
        ("first",),
    )
    assert sheet.number_formats == {(0, 4): '0.0"kg"'}


def test_calamine_reads_the_same_values() -> None:
    """A reader of others agrees on what the writer of these tests writes, but for its losses."""
    theirs = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(_list()))
    assert theirs.get_sheet_by_name("PL").to_python() == [
        ["件数", "Qty", "", "", ""],
        [12.5, 48, 12.5, -7, date(2026, 3, 2)],
        ["", True, 12.5, "", ""],
        ["total", "under", "", "", ""],
    ]


def test_a_cell_far_away_is_refused_and_takes_no_memory() -> None:
    """Eight bytes can place a value in the last row."""
    far = _row(1_048_575, _cell(5, 16_383, struct.pack("<d", 1.0)))
    data = _workbook({"PL": far}, [], {})
    with pytest.raises(InvalidInput, match="row 1048576; 100000 rows are the most"):
        read_workbook("a.xlsb", data)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=8)), max_size=5))
def test_damaged_records_are_refused_in_words(edits: list[tuple[int, bytes]]) -> None:
    """Cut, changed and added bytes in the records of a sheet."""
    body = _row(0, _cell(7, 0, b"\0\0\0\0"), _cell(5, 1, bytes(8)), _cell(6, 2, wide("x")))
    for position, new in edits:
        body = body[:position] + new + body[position + 1 :]
    data = _workbook({"PL": body}, ["text"], {})
    try:
        read_workbook("a.xlsb", data, limits=Limits(rows=1_000, cells=10_000))
    except InvalidInput as error:
        words = str(error)
        assert "a.xlsb" in words
