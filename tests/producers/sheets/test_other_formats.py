import io
import zipfile
from datetime import datetime, time
from typing import Any

import pytest
import xlwt
from odf.number import CurrencyStyle, CurrencySymbol, Number, NumberStyle
from odf.number import Text as NumberText
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
from odf.text import P, S

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Limits
from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Area, CellError, Formula

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def _cell(text: str = "", **attributes: Any) -> TableCell:
    cell = TableCell(**attributes)
    if text:
        cell.addElement(P(text=text))
    return cell


def _opendocument(*rows: TableRow) -> OpenDocumentSpreadsheet:
    document = OpenDocumentSpreadsheet()
    kilograms = NumberStyle(name="N1")
    kilograms.addElement(Number(decimalplaces=2, minintegerdigits=1))
    kilograms.addElement(NumberText(text=" kg"))
    euros = CurrencyStyle(name="N2")
    euros.addElement(CurrencySymbol(text="€"))
    euros.addElement(Number(decimalplaces=0))
    hidden = Style(name="ta2", family="table")
    hidden.addElement(TableProperties(display="false"))
    for style in (
        kilograms,
        euros,
        Style(name="ce1", family="table-cell", datastylename="N1"),
        Style(name="ce2", family="table-cell", datastylename="N2"),
        hidden,
    ):
        document.automaticstyles.addElement(style)
    table = Table(name="PL")
    table.addElement(TableColumn(numbercolumnsrepeated=2))
    table.addElement(TableColumn(visibility="collapse", defaultcellstylename="ce1"))
    for row in rows:
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.spreadsheet.addElement(Table(name="old", stylename="ta2"))
    return document


def _row(*cells: TableCell, **attributes: Any) -> TableRow:
    row = TableRow(**attributes)
    for cell in cells:
        row.addElement(cell)
    return row


def _saved(document: OpenDocumentSpreadsheet) -> bytes:
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def test_ods_cells_keep_their_kind_units_and_places() -> None:
    """Exact integers, units of cell and column styles, repeated rows, merged and hidden ones."""
    noted = _cell("cups", valuetype="string")
    noted.addElement(Annotation())
    noted.childNodes[-1].addElement(P(text="a comment"))
    spaced = P(text="a")
    spaced.addElement(S(c=2))
    spaced.addText("b")
    texts = _cell(valuetype="string")
    texts.addElement(spaced)
    texts.addElement(P(text="below"))
    data = _saved(
        _opendocument(
            _row(_cell("品名", numbercolumnsspanned=2), CoveredTableCell(), noted),
            _row(
                _cell("12.50 kg", valuetype="float", value="12.5", stylename="ce1"),
                _cell("€3", valuetype="currency", currency="EUR", value="3", stylename="ce2"),
                _cell("7 kg", valuetype="float", value="7"),
            ),
            _row(
                _cell("2026-03-02", valuetype="date", datevalue="2026-03-02"),
                _cell("08:30", valuetype="time", timevalue="PT08H30M00S"),
                _cell("1", valuetype="float", value="00369012345678901239"[1:]),
                visibility="filter",
                numberrowsrepeated=2,
            ),
            _row(_cell(formula="of:=[.A1]"), _cell("#N/A", formula="of:=NA()"), texts),
            _row(TableCell(numbercolumnsrepeated=16384), numberrowsrepeated=1_048_000),
        )
    )
    workbook = read_workbook("list.xls", data)
    sheet = workbook.sheets[0]
    day = (datetime(2026, 3, 2), time(8, 30), 369012345678901239)  # noqa: DTZ001
    assert workbook.format == "ods"
    assert sheet.rows == (
        ("品名", None, "cups"),
        (12.5, 3, 7),
        day,
        day,
        ("of:=[.A1]", "#N/A", "a  b\nbelow"),
    )
    assert [type(cell) for cell in sheet.rows[4]] == [Formula, CellError, str]
    assert sheet.merged == (Area(first_row=0, first_column=0, last_row=0, last_column=1),)
    assert sheet.number_formats == {
        (1, 0): '0.00" kg"',
        (1, 1): "[$€]0",
        (1, 2): '0.00" kg"',
        (2, 2): '0.00" kg"',
        (3, 2): '0.00" kg"',
    }
    assert sheet.hidden_rows == {2, 3}
    assert sheet.hidden_columns == {2}
    assert [item.hidden for item in workbook.sheets] == [False, True]


def test_indented_and_flat_opendocument() -> None:
    """SheetJS indents its XML; LibreOffice can save all in one file."""
    content = (
        '<?xml version="1.0"?>\n<office:document '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">\n <office:body>\n'
        '  <office:spreadsheet>\n   <table:table table:name="PL">\n    <table:table-row>\n'
        '     <table:table-cell office:value-type="string">\n      <text:p>杯子\n cups</text:p>\n'
        '     </table:table-cell>\n     <table:table-cell office:value-type="float" '
        'office:value="3">\n      <text:p>3</text:p>\n     </table:table-cell>\n'
        "    </table:table-row>\n   </table:table>\n  </office:spreadsheet>\n </office:body>\n"
        "</office:document>"
    )
    assert read_workbook("a.fods", content.encode()).sheets[0].rows == (("杯子 cups", 3),)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("content.xml", content)
    assert read_workbook("a.ods", archive.getvalue()).sheets[0].rows == (("杯子 cups", 3),)


def test_repeated_cells_of_opendocument_count_against_the_limits() -> None:
    """A few bytes can state a value for a million rows."""
    row = _row(_cell("x", valuetype="string"), numberrowsrepeated=1_000_000)
    with pytest.raises(InvalidInput, match="row 101; 100 rows are the most"):
        read_workbook("a.ods", _saved(_opendocument(row)), limits=Limits(rows=100))
    wide = _row(_cell("x", valuetype="string", numbercolumnsrepeated=16_384))
    with pytest.raises(InvalidInput, match="column 1025"):
        read_workbook("a.ods", _saved(_opendocument(wide)))


def test_xls_keeps_units_errors_and_what_is_hidden() -> None:
    """The number format of a weight and the text of an error value reach the reader."""
    book = xlwt.Workbook()
    page = book.add_sheet("箱单")
    page.write_merge(0, 1, 0, 1, "件数")
    page.write(2, 0, 12)
    page.write(2, 1, 12.5, xlwt.easyxf(num_format_str='0.00"kg"'))
    page.write(3, 0, 46083, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    page.write(3, 1, True)  # noqa: FBT003
    page.row(4).set_cell_error(0, 0x2A)
    page.row(3).hidden = True
    page.col(1).hidden = True
    page.write(5, 0, "void", xlwt.easyxf("font: struck_out on"))
    book.add_sheet("old").visibility = 1
    data = io.BytesIO()
    book.save(data)
    workbook = read_workbook("list.xlsx", data.getvalue())
    sheet = workbook.sheets[0]
    assert workbook.format == "xls"
    assert sheet.rows == (
        ("件数",),
        (),
        (12, 12.5),
        (datetime(2026, 3, 2), True),  # noqa: DTZ001
        ("#N/A",),
        ("void",),
    )
    assert [(remark.code, remark.cell) for remark in workbook.remarks] == [("struck_out", "A6")]
    assert isinstance(sheet.rows[4][0], CellError)
    assert isinstance(sheet.rows[2][0], int)
    assert sheet.number_formats == {(2, 1): '0.00"kg"'}
    assert sheet.merged == (Area(first_row=0, first_column=0, last_row=1, last_column=1),)
    assert sheet.hidden_rows == {3}
    assert sheet.hidden_columns == {1}
    assert [item.hidden for item in workbook.sheets] == [False, True]


def test_html_tables_are_sheets() -> None:
    """Systems name such exports .xls; spans are merged areas, the head states the encoding."""
    page = (
        '<html><head><meta charset="gbk"></head><body><table><tr><th colspan=2>尺寸</th>'
        "<th rowspan=2>重<br>量</th></tr><tr><td>长</td><td>宽&nbsp;</td></tr>"
        '<tr style="display: none"><td>60<td>40\n cm<td>12 <b>kg</b></tr></table>'
        "<table></table><table><tr><td>second"
    )
    workbook = read_workbook("list.xls", page.encode("gbk"))
    assert workbook.format == "html"
    assert [sheet.rows for sheet in workbook.sheets] == [
        (("尺寸", None, "重\n量"), ("长", "宽"), ("60", "40 cm", "12 kg")),
        (("second",),),
    ]
    assert workbook.sheets[0].merged == (
        Area(first_row=0, first_column=0, last_row=0, last_column=1),
        Area(first_row=0, first_column=2, last_row=1, last_column=2),
    )
    assert workbook.sheets[0].hidden_rows == {2}


def test_html_in_utf16_and_without_a_head() -> None:
    """Excel writes pages in UTF-16, other programs begin with a style or a table."""
    for page in (
        "<html><table><tr><td>品名</table>",
        "<style>td {}</style><table><td>品名</table>",
    ):
        for encoding in ("utf-8", "utf-16"):
            workbook = read_workbook("list.xls", page.encode(encoding))
            assert workbook.sheets[0].rows == (("品名",),)


def test_html_that_never_ends_is_refused() -> None:
    """Unfinished tags are not looked at for ever; spans have the limits of cells."""
    with pytest.raises(InvalidInput, match="a tag in it never ends"):
        read_workbook("a.xls", b"<table><tr><td " + b"a " * 700_000)
    with pytest.raises(InvalidInput, match="column"):
        read_workbook("a.xls", b"<table><tr><td colspan=9999>x</table>")
    with pytest.raises(InvalidInput, match="without a table"):
        read_workbook("a.xls", b"<html><p>no list</p></html>")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7\n", "is a PDF document; a list is xlsx"),
        (b"\x89PNG\r\n\x1a\n....", "is a PNG picture"),
        (_OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (_OLE + b"\0" * 500 + "WordDocument".encode("utf-16-le"), "not an Excel workbook"),
        (b"UNA:+.? 'UNB+UNOC:3+A+B'UNH+1+DESADV:D:96A:UN'", "is EDIFACT DESADV D.96A"),
        (b'<?xml version="1.0"?><Order xmlns="urn:x"/>', r"is XML \(Order of urn:x\)"),
        (b"MIME-Version: 1.0\r\n", "is a MIME message"),
    ],
)
def test_other_formats_are_named(data: bytes, words: str) -> None:
    """The sender learns what was sent and what is taken."""
    with pytest.raises(InvalidInput, match=words):
        read_workbook("list.xlsx", data)


def test_an_archive_packed_in_another_way_is_refused() -> None:
    """Spreadsheets are deflated; LZMA can ask for gigabytes before it unpacks a byte."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as target:
        target.writestr("content.xml", "<x/>")
    with pytest.raises(InvalidInput, match="packed in a way that spreadsheets are not"):
        read_workbook("a.ods", archive.getvalue())


def test_archives_that_are_no_workbooks_are_named() -> None:
    """A list in a ZIP, a Word document, an encrypted archive."""
    for part, words in (
        ("list.csv", "ZIP archive with list.csv; send the list in it alone"),
        ("Index/Document.iwa", "Numbers document"),
    ):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as target:
            target.writestr(part, "x")
        with pytest.raises(InvalidInput, match=words):
            read_workbook("a.zip", archive.getvalue())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("[Content_Types].xml", "<x/>")
        target.writestr("word/document.xml", "<x/>")
    with pytest.raises(InvalidInput, match="Word or PowerPoint"):
        read_workbook("a.xlsx", archive.getvalue())


def test_xml_spreadsheets_of_2003() -> None:
    """Indices, spans, merged and hidden cells, kinds of values; such files are named .xls."""
    document = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="s1">'
        '<NumberFormat ss:Format="0.0&quot;kg&quot;"/></Style><Style ss:ID="s2">'
        '<NumberFormat ss:Format="Short Date"/></Style><Style ss:ID="s3">'
        '<NumberFormat ss:Format="Standard"/></Style></Styles>'
        '<Worksheet ss:Name="PL"><Table><Column ss:Index="2" ss:Hidden="1"/>'
        '<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">品名</Data></Cell>'
        '<Cell><Data ss:Type="String">G.W.</Data></Cell></Row>'
        '<Row ss:Index="3" ss:Hidden="1"><Cell ss:Index="2"><Data ss:Type="Number">12</Data></Cell>'
        '<Cell ss:StyleID="s1"><Data ss:Type="Number">12.5</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2026-03-02T00:00:00.000</Data></Cell>'
        '<Cell><Data ss:Type="Boolean">1</Data></Cell>'
        '<Cell><Data ss:Type="Error">#N/A</Data></Cell>'
        '<Cell ss:Formula="=R[-1]C"/></Row>'
        '<Row><Cell ss:StyleID="s2"><Data ss:Type="Number">46083</Data></Cell>'
        '<Cell ss:StyleID="s3"><Data ss:Type="Number">46083</Data></Cell></Row>'
        "</Table></Worksheet>"
        '<Worksheet ss:Name="old"><Table/><WorksheetOptions><Visible>SheetHidden</Visible>'
        "</WorksheetOptions></Worksheet></Workbook>"
    )
    workbook = read_workbook("list.xls", document.encode())
    sheet = workbook.sheets[0]
    assert workbook.format == "xml"
    assert sheet.rows == (
        ("品名", None, "G.W."),
        (),
        (None, 12, 12.5, datetime(2026, 3, 2), True, "#N/A", "=R[-1]C"),  # noqa: DTZ001
        (datetime(2026, 3, 2), 46083),  # noqa: DTZ001
    )
    assert [type(cell) for cell in sheet.rows[2][5:]] == [CellError, Formula]
    assert sheet.merged == (Area(first_row=0, first_column=0, last_row=0, last_column=1),)
    assert sheet.number_formats == {(2, 2): '0.0"kg"'}
    assert sheet.hidden_rows == {2}
    assert sheet.hidden_columns == {1}
    assert [item.hidden for item in workbook.sheets] == [False, True]
    far = document.replace('ss:Index="3"', 'ss:Index="999999999"')
    with pytest.raises(InvalidInput, match="row 999999999; 100000 rows"):
        read_workbook("list.xls", far.encode())
    with pytest.raises(InvalidInput, match="not a readable XML spreadsheet"):
        read_workbook("list.xls", document[:-20].encode())
