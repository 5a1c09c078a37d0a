"""Random and damaged files give an error in words, never a traceback."""

import io
import zipfile
from functools import cache

import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Limits
from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Workbook

_LIMITS = Limits(rows=1_000, columns=100, cells=20_000, unpacked_bytes=2**20, seconds=5)
_STARTS = [b"", b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"<table>", b"UNB+", b"\x09\x08"]


def _read(data: bytes) -> None:
    try:
        workbook = read_workbook("list", data, limits=_LIMITS)
    except InvalidInput as error:
        words = str(error)
    else:
        assert isinstance(workbook, Workbook)
        words = ""
        "".join(str(row) for sheet in workbook.sheets for row in sheet.rows).encode()
    assert len(words) < 2_000


@cache
def _files() -> dict[str, bytes]:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as target:
        page = target.add_worksheet("PL")
        page.write_row("A1", ["品名", "cartons", 12.5, True])
        page.write_formula("A2", "=A1", value="x")
        page.merge_range("B2:C3", "merged")
        page.set_row(3, None, None, {"hidden": True})
        page.write("A5", 3, target.add_format({"num_format": '0.0"kg"'}))
    old = xlwt.Workbook()
    sheet = old.add_sheet("PL")
    sheet.write_merge(0, 1, 0, 1, "件数")
    sheet.write(2, 0, 12.5)
    xls = io.BytesIO()
    old.save(xls)
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    ods = (
        f'<office:document xmlns:office="{office}office:1.0" xmlns:table="{office}table:1.0" '
        f'xmlns:text="{office}text:1.0"><table:table table:name="PL"><table:table-row>'
        '<table:table-cell table:number-columns-repeated="3" office:value-type="float" '
        'office:value="3"><text:p>3</text:p></table:table-cell></table:table-row></table:table>'
        "</office:document>"
    )
    excel = "urn:schemas-microsoft-com:office:spreadsheet"
    xml = (
        f'<Workbook xmlns="{excel}" xmlns:ss="{excel}"><Worksheet ss:Name="PL"><Table>'
        '<Column ss:Index="2" ss:Hidden="1"/><Row ss:Index="3"><Cell ss:MergeAcross="1">'
        '<Data ss:Type="Number">12</Data></Cell></Row></Table></Worksheet></Workbook>'
    )
    html = "<table><tr><td rowspan=2>品名<td colspan=3>12</tr><tr><td>x<img></table>"
    return {
        "xlsx": book.getvalue(),
        "xls": xls.getvalue(),
        "fods": ods.encode(),
        "html": html.encode(),
        "xml": xml.encode(),
        "csv": "品名;件数\n杯子;1,5\n".encode("gb18030"),
    }


def _edit(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for position, length, new in edits:
        start = position % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    return data


_EDITS = st.lists(
    st.tuples(st.integers(0, 2**20), st.integers(0, 40), st.binary(max_size=12)), max_size=6
)


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from(_STARTS), st.binary(max_size=400))
def test_random_bytes(start: bytes, data: bytes) -> None:
    """Whatever the first bytes promise."""
    _read(start + data)


@pytest.mark.slow
@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_random_text(text: str, encoding: str) -> None:
    """Delimiters, quotation marks and control characters in any order."""
    _read(text.encode(encoding, "ignore"))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["xls", "fods", "xml", "html", "csv", "xlsx"]), _EDITS)
def test_damaged_files(kind: str, edits: list[tuple[int, int, bytes]]) -> None:
    """Bytes replaced, inserted, cut out."""
    _read(_edit(_files()[kind], edits))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.integers(0, 20), _EDITS)
def test_damaged_parts_of_a_workbook(which: int, edits: list[tuple[int, int, bytes]]) -> None:
    """The archive is whole, one part of it is not."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_files()["xlsx"])) as source,
        zipfile.ZipFile(result, "w") as target,
    ):
        names = source.namelist()
        for name in names:
            data = source.read(name)
            damaged = _edit(data, edits) if name == names[which % len(names)] else data
            target.writestr(name, damaged)
    _read(result.getvalue())


def test_a_part_that_unpacks_to_more_than_it_states_is_bounded() -> None:
    """Bytes are counted as they come out; 4 MB of zeros pack into 4 kB."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_files()["xlsx"])) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            blank = b" " * 2**22 if name.endswith("sheet1.xml") else b""
            target.writestr(name, source.read(name) + blank)
    with pytest.raises(InvalidInput, match="unpacks to more than 1048576 bytes"):
        read_workbook("list.xlsx", result.getvalue(), limits=_LIMITS)


def test_a_cell_outside_of_rows_is_refused() -> None:
    """It would count from the end of the rows."""
    excel = "urn:schemas-microsoft-com:office:spreadsheet"
    cell = '<Cell><Data ss:Type="Number">12</Data></Cell>'
    xml = f'<Workbook xmlns="{excel}" xmlns:ss="{excel}"><Worksheet ss:Name="a"><Table>{cell}'
    with pytest.raises(InvalidInput, match="a cell stands outside of rows"):
        read_workbook("a.xls", f"{xml}</Table></Worksheet></Workbook>".encode())


@pytest.mark.parametrize("kind", ["xlsx", "fods", "xml", "html", "csv", "xls"])
def test_the_time_is_limited_in_each_format(kind: str) -> None:
    """With a limit that has passed when the reading begins."""
    with pytest.raises(InvalidInput, match="takes longer than -1 s to read"):
        read_workbook("list", _files()[kind], limits=Limits(seconds=-1))
