import io
import zipfile
from datetime import datetime, time

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Limits
from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Area, CellError, Formula, Sheet, Workbook

_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154"
    "789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def saved(book: openpyxl.Workbook) -> bytes:
    """Return the bytes that openpyxl writes."""
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def new_sheet() -> tuple[openpyxl.Workbook, Worksheet]:
    """Return a new workbook and its only sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return book, sheet


def read_sheet(book: openpyxl.Workbook) -> Sheet:
    """Read the first sheet of what openpyxl writes."""
    return read_workbook("list.xlsx", saved(book)).sheets[0]


def edited(data: bytes, part: str, old: str, new: str) -> bytes:
    """Return the workbook with a text of one part replaced; it must be there."""
    result, found = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(result, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == part:
                found = old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(item.filename, content)
    assert found
    return result.getvalue()


def test_values_keep_their_kind_and_integers_are_exact() -> None:
    """A 20-digit SSCC in a number cell keeps its digits; a double has room for 15."""
    book, sheet = new_sheet()
    sheet.append(["箱号", 12, 12.5, True, datetime(2026, 3, 2, 8, 30), time(9, 15)])  # noqa: DTZ001
    data = edited(saved(book), "xl/worksheets/sheet1.xml", "<v>12</v>", f"<v>{'0036' * 5}</v>")
    assert read_workbook("a.xlsx", data).sheets[0].rows == (
        ("箱号", int("0036" * 5), 12.5, True, datetime(2026, 3, 2, 8, 30), time(9, 15)),  # noqa: DTZ001
    )


def test_error_values_and_formulas_without_a_result_differ() -> None:
    """An uncalculated formula is not an empty cell, and `#N/A` is not a text."""
    book, sheet = new_sheet()
    sheet["A1"], sheet["B1"], sheet["C1"] = "#N/A", "=SUM(C2:C9)", "total"
    row = read_sheet(book).rows[0]
    assert row == ("#N/A", "=SUM(C2:C9)", "total")
    assert [type(cell) for cell in row] == [CellError, Formula, str]


def test_a_saved_zero_is_no_result_when_the_writer_asks_for_calculation() -> None:
    """XlsxWriter saves 0 for every formula; a 0 that Excel saved is a result."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1-1")
        sheet.write_formula("B1", "=1+1", value=2)
    data = target.getvalue()
    row = read_workbook("a.xlsx", data).sheets[0].rows[0]
    assert row == ("=1-1", 2)
    assert isinstance(row[0], Formula)
    data = edited(data, "xl/workbook.xml", 'fullCalcOnLoad="1"', "")
    assert read_workbook("a.xlsx", data).sheets[0].rows == ((0, 2),)


def test_hidden_sheets_rows_and_columns_are_marked() -> None:
    """What people do not see is read and marked."""
    book, sheet = new_sheet()
    sheet.append(["a", "b", "c"])
    sheet.append(["d"])
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    old = book.create_sheet("old", 0)
    old.sheet_state = "veryHidden"
    workbook = read_workbook("a.xlsx", saved(book))
    assert [(item.name, item.hidden) for item in workbook.sheets] == [
        ("old", True),
        ("Sheet", False),
    ]
    assert workbook.sheets[1].hidden_rows == {1}
    assert workbook.sheets[1].hidden_columns == {1}


def test_merged_areas_have_their_value_at_the_top_left_only() -> None:
    """A value that another program left under a merged cell is reported and not read."""
    book, sheet = new_sheet()
    sheet.append(["Size", None, None, "Weight"])
    sheet.append([60, 40, 35, 12])
    sheet.merge_cells("A1:C1")
    assert read_sheet(book).merged == (
        Area(first_row=0, first_column=0, last_row=0, last_column=2),
    )
    data = edited(saved(book), "xl/worksheets/sheet1.xml", '"A1:C1"', '"A1:B2"')
    workbook = read_workbook("a.xlsx", data)
    assert workbook.sheets[0].rows == (("Size", None, None, "Weight"), (None, None, 35, 12))
    assert [(remark.code, remark.cell) for remark in workbook.remarks] == [
        ("covered_value", "A2"),
        ("covered_value", "B2"),
    ]


def test_number_formats_with_a_unit_or_currency_are_kept() -> None:
    """The unit may stand in the format alone: 12.5 shown as 12.5kg."""
    book, sheet = new_sheet()
    sheet.append([12.5, 3, 1, 0.5, 2, 7])
    for column, code in enumerate(
        ('0.00"kg"', "#,##0.00", "[$€-407]#,##0", "0.0%", r"0\ \m", "[Red]0"), 1
    ):
        sheet.cell(1, column).number_format = code
    assert read_sheet(book).number_formats == {
        (0, 0): '0.00"kg"',
        (0, 2): "[$€-407]#,##0",
        (0, 4): r"0\ \m",
    }


def test_dates_of_chinese_excel_and_of_1904_workbooks() -> None:
    """Formats that have a number and no code in the file are dates, too."""
    book, sheet = new_sheet()
    sheet["A1"] = 46083
    sheet["A1"].number_format = "yyyy-mm-dd"
    assert read_sheet(book).rows == ((datetime(2026, 3, 2),),)  # noqa: DTZ001
    data = saved(book)
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    assert read_sheet(book).rows == ((datetime(2030, 3, 3),),)  # noqa: DTZ001
    data = edited(data, "xl/styles.xml", 'formatCode="yyyy-mm-dd"', 'formatCode="General"')
    assert read_workbook("a.xlsx", data).sheets[0].rows == ((46083,),)
    data = edited(data, "xl/styles.xml", 'numFmtId="164" fontId', 'numFmtId="31" fontId')
    assert read_workbook("a.xlsx", data).sheets[0].rows == ((datetime(2026, 3, 2),),)  # noqa: DTZ001


def test_the_stated_dimension_is_not_trusted() -> None:
    """Some writers state one cell and write a table."""
    book, sheet = new_sheet()
    sheet.append(["a", "b"])
    sheet.append(["c", "d"])
    data = edited(saved(book), "xl/worksheets/sheet1.xml", 'ref="A1:B2"', 'ref="A1"')
    assert read_workbook("a.xlsx", data).sheets[0].rows == (("a", "b"), ("c", "d"))


def test_pictures_are_cells_without_a_value() -> None:
    """Anchored pictures, WPS's pictures in cells and Excel's are kept out of the way."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["picture", None, None, "cup"])
        sheet.write_formula("B1", '=DISPIMG("ID_1F",1)', value='=DISPIMG("ID_1F",1)')
        sheet.embed_image("C1", "cup.png", {"image_data": io.BytesIO(_PIXEL)})
        sheet.insert_image("D7", "cup.png", {"image_data": io.BytesIO(_PIXEL)})
    found = read_workbook("a.xlsx", target.getvalue()).sheets[0]
    assert found.rows == (("picture", None, None, "cup"),)
    assert found.pictures == ((0, 1), (0, 2), (6, 3))


def test_cells_and_rows_without_names_count_on() -> None:
    """Names of rows and cells are optional in the format."""
    book, sheet = new_sheet()
    sheet.append(["a", None, "c"])
    sheet.append(["d"])
    data, part = saved(book), "xl/worksheets/sheet1.xml"
    for old in (' r="1"', ' r="2"', ' r="A1"', ' r="A2"'):
        data = edited(data, part, old, "")
    assert read_workbook("a.xlsx", data).sheets[0].rows == (("a", None, "c"), ("d",))


def test_phonetic_text_is_not_part_of_a_name() -> None:
    """Japanese and Chinese Excel keep how a name is read beside it."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet().write("A1", "東京")
    phonetic = "_x000a_</t><rPh><t>トウ</t></rPh>"
    data = edited(target.getvalue(), "xl/sharedStrings.xml", "</t>", phonetic)
    assert read_workbook("a.xlsx", data).sheets[0].rows == (("東京\n",),)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(rows=2), "row 3; 2 rows are the most"),
        (Limits(columns=1), "column 2"),
        (Limits(cells=3), "more than 3 cells"),
        (Limits(file_bytes=100), "at most 100"),
        (Limits(unpacked_bytes=500), "unpacks to more than 500 bytes"),
        (Limits(sheets=0), "1 sheets; 0 are the most"),
        (Limits(seconds=0), "takes longer than 0 s"),
        (Limits(merged_areas=0), "more than 0 merged areas"),
    ],
)
def test_each_limit_is_named(limits: Limits, words: str) -> None:
    """A file beyond a limit is refused with the limit; nothing is cut off in silence."""
    book, sheet = new_sheet()
    for _ in range(3):
        sheet.append(["a", "b"])
    sheet.merge_cells("A1:B1")
    with pytest.raises(InvalidInput, match=words):
        read_workbook("a.xlsx", saved(book), limits=limits)


def test_a_document_type_is_refused_before_any_entity_is_expanded() -> None:
    """An entity bomb needs a declaration, and office formats have none."""
    book, sheet = new_sheet()
    sheet["A1"] = "x"
    data = edited(
        saved(book),
        "xl/worksheets/sheet1.xml",
        "<worksheet",
        '<!DOCTYPE w [<!ENTITY a "aa">]><worksheet',
    )
    with pytest.raises(InvalidInput, match="declares a document type"):
        read_workbook("a.xlsx", data)


def test_part_names_of_strange_writers() -> None:
    """Back slashes, other case and quoted names lead to the same parts."""
    book, sheet = new_sheet()
    sheet["A1"] = "x"
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as source, zipfile.ZipFile(result, "w") as target:
        for item in source.infolist():
            name = item.filename.replace("sheet1", "Sheet%31").replace("/", "\\")
            target.writestr(name, source.read(item))
    assert read_workbook("a.xlsx", result.getvalue()).sheets[0].rows == (("x",),)


def test_broken_workbooks_are_refused_in_words() -> None:
    """A cut file names what is wrong with it."""
    book, sheet = new_sheet()
    sheet["A1"] = "x"
    data = saved(book)
    with pytest.raises(InvalidInput, match="damaged ZIP archive"):
        read_workbook("a.xlsx", data[: len(data) // 2])
    with pytest.raises(InvalidInput, match="not a readable Excel workbook"):
        read_workbook("a.xlsx", edited(data, "xl/worksheets/sheet1.xml", "</row>", ""))


def test_the_same_as_openpyxl_reads() -> None:
    """Kept as an independent reading of the same file."""
    book, sheet = new_sheet()
    for row in range(30):
        sheet.append([row, row / 7, f"品名 {row}", None, datetime(2026, 1, 1 + row % 28, row % 24)])  # noqa: DTZ001
    data = saved(book)
    theirs = openpyxl.load_workbook(io.BytesIO(data)).active
    assert isinstance(theirs, Worksheet)
    workbook: Workbook = read_workbook("a.xlsx", data)
    assert list(workbook.sheets[0].rows) == list(theirs.values)


def test_struck_out_cells_are_reported() -> None:
    """A merchant who cancels a line may strike it out; the figures count until it is gone."""
    book, sheet = new_sheet()
    sheet.append(["cups", 10])
    sheet.append(["plates", 5])
    for cell in sheet[2]:
        cell.font = Font(strike=True)
    remarks = read_workbook("a.xlsx", saved(book)).remarks
    assert [(remark.code, remark.cell) for remark in remarks] == [
        ("struck_out", "A2"),
        ("struck_out", "B2"),
    ]
    assert "'plates' is struck out, and read all the same" in remarks[0].text


def test_remarks_of_one_kind_are_counted_beyond_the_first() -> None:
    """A file cannot fill the memory with remarks."""
    book, sheet = new_sheet()
    for row in range(30):
        sheet.append([row])
        sheet.cell(row + 1, 1).font = Font(strike=True)
    remarks = read_workbook("a.xlsx", saved(book)).remarks
    assert len(remarks) == 21
    assert remarks[-1].text == "sheet 'Sheet': 10 more of this kind"
