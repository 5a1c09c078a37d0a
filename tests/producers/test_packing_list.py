import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Dimensions, Money
from groupage.domain.events.consignment import AsnReceived, CartonLine, ConsignmentBooked
from producers.entries import Accepted, Entry, Rejected
from producers.files.columns import recognise
from producers.files.packing_list import Defaults, entries_of
from producers.files.table import Table, read_table
from producers.files.values import instant

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CHINESE = """\
义乌小商品 装箱单,,,,,,,,,,
发货人:,义乌市星辰玩具商行,,目的港: 鹿特丹,,,,,,,
唛头,中文品名,HS编码,箱数(CTNS),长(cm),宽(cm),高(cm),单箱毛重(KG),体积(CBM),货值(USD),贸易方式
AB/1-10,塑料玩具,95030089,10,60,40,35,12.5,0.84,"1,200",市场采购(1039)
AB/11-15,布娃娃,9503002900,5,50,40,40,8,0.4,300,
合计,,,15,,,,,,,
"""
ENGLISH = """\
Booking No;Marks;Description;HS code;Cartons;Size (mm);Total G.W. (kg);Shipper;POD;Trade mode
CN-1;M1;Toys;950300;10;600x400x350;125;ACME;NLRTM;0110
CN-1;M2;Dolls;950300;5;500*400*400;40;;;
CN-2;M3;Cups;691110;2;300×300×300;20;Bolt;DEHAM;1039
"""


def table(text: str, encoding: str = "utf-8") -> Table:
    """Return a CSV file's cells."""
    return read_table(Path("list.csv"), text.encode(encoding))


def read(found: Table, **given: str) -> list[Entry]:
    """Return the results of a list."""
    return entries_of(found, Defaults(listed_at=NOW, ready_at=NOW, **given), recorded_at=NOW)[0]


def events(found: Table) -> list[object]:
    """Return the events of a list that must be right."""
    (entry,) = read(found)
    assert isinstance(entry, Accepted), entry
    return [fact.data for fact in entry.facts]


def errors(text: str) -> dict[str, str]:
    """Return field → expectation of each error of a list that must be wrong."""
    (entry,) = read(table(text))
    assert isinstance(entry, Rejected), entry
    return {problem.field: problem.expected for problem in entry.problems}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_list(encoding: str) -> None:
    """Title, labels above the table, trade terms, units in headers, a totals row."""
    booked, announced = events(table(CHINESE, encoding))
    assert isinstance(booked, ConsignmentBooked)
    assert (booked.shipper, booked.pod, booked.mode) == ("义乌市星辰玩具商行", "NLRTM", "1039")
    assert booked.value == Money(amount_minor=150_000, currency="USD")
    assert booked.lines == (
        CartonLine(
            pieces=10,
            size=Dimensions(length_mm=600, width_mm=400, height_mm=350),
            gross_g=12_500,
            hs6="950300",
            goods="塑料玩具",
        ),
        CartonLine(
            pieces=5,
            size=Dimensions(length_mm=500, width_mm=400, height_mm=400),
            gross_g=8_000,
            hs6="950300",
            goods="布娃娃",
        ),
    )
    assert isinstance(announced, AsnReceived)
    assert announced.consignment_id == booked.consignment_id
    assert [unit.line for unit in announced.units] == [0] * 10 + [1] * 5
    assert len({unit.unit_id for unit in announced.units}) == 15


def test_an_english_list_with_two_consignments() -> None:
    """Rows are grouped by booking number; a total weight is shared by the cartons of its row."""
    first, _, second, _ = events(table(ENGLISH))
    assert isinstance(first, ConsignmentBooked)
    assert isinstance(second, ConsignmentBooked)
    assert (first.consignment_id, second.consignment_id) == ("CN-1", "CN-2")
    assert [line.gross_g for line in first.lines] == [12_500, 8_000]
    assert second.lines[0].size == Dimensions(length_mm=300, width_mm=300, height_mm=300)
    assert (first.mode, second.pod) == ("0110", "DEHAM")


def test_excel_is_read_like_csv() -> None:
    """The same cells in a workbook give the same facts."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in table(ENGLISH).rows:
        sheet.append([int(str(cell)) if str(cell).isdigit() else cell for cell in row])
    data = BytesIO()
    book.save(data)
    found = read_table(Path("list.xlsx"), data.getvalue())
    assert events(found) == events(table(ENGLISH))


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_read(state: Literal["hidden", "veryHidden"]) -> None:
    """Templates keep lists of choices there; its name still reads it, and so a person's wish."""
    book = Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title, hidden.sheet_state = "choices", state
    for row in table(CHINESE).rows:
        hidden.append(list(row))
    shown = book.create_sheet("list")
    for row in table(ENGLISH).rows:
        shown.append(list(row))
    book.active = 1
    data = BytesIO()
    book.save(data)
    assert events(read_table(Path("list.xlsx"), data.getvalue())) == events(table(ENGLISH))
    named = read_table(Path("list.xlsx"), data.getvalue(), sheet="choices")
    booked = events(named)[0]
    assert isinstance(booked, ConsignmentBooked)
    assert booked.shipper == "义乌市星辰玩具商行"
    with pytest.raises(InvalidInput, match="has no sheet 'other'; it has choices, list"):
        read_table(Path("list.xlsx"), data.getvalue(), sheet="other")


def workbook(rows: Iterable[Iterable[object]]) -> BytesIO:
    """A list as a program writes it: formulas without values."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    data = BytesIO()
    book.save(data)
    return data


FORMULAS = (
    ("Shipper:", '="AC"&"ME"'),
    ("Marks", "Description", "Cartons", "Size (mm)", "G.W. (kg)", "CBM", "POD", "Checked"),
    ("M1", "Toys", "=4+6", "600x400x350", "=25/2", 0.84, "NLRTM", "=C3=10"),
    (None, None, "=C3", None, None, None, None),
    ("Total", None, "=SUM(C3:C4)", None, None, "=SUM(F3:F4)"),
)


def test_a_formula_without_a_saved_value_is_an_error() -> None:
    """The error names row and column; the totals row and unused columns may hold such formulas."""
    (entry,) = read(read_table(Path("list.xlsx"), workbook(FORMULAS).getvalue()))
    assert isinstance(entry, Rejected)
    assert [(problem.field, problem.value) for problem in entry.problems] == [
        ("row 1, column B", '="AC"&"ME"'),
        ("row 3, column C (Cartons)", "=4+6"),
        ("row 3, column E (G.W. (kg))", "=25/2"),
        ("row 4, column C (Cartons)", "=C3"),
    ]
    assert all("spreadsheet program" in problem.expected for problem in entry.problems)


def test_a_formula_with_its_value_is_that_value() -> None:
    """As Excel saves it; a formula that gave the empty text is an empty cell."""
    whole, saved = workbook(FORMULAS[:3]), BytesIO()
    values = {"B1": "ACME", "C3": "10", "E3": "12.5", "H3": ""}
    with ZipFile(whole) as read_from, ZipFile(saved, "w") as written:
        for name in read_from.namelist():
            text = read_from.read(name).decode()
            for cell, value in values.items():
                kind = "" if value[:1].isdigit() else ' t="str"'
                text = re.sub(
                    rf'<c r="{cell}">(<f>.*?</f>)<v ?/?>(</v>)?',
                    rf'<c r="{cell}"{kind}>\1<v>{value}</v>',
                    text,
                )
            written.writestr(name, text)
    found = read_table(Path("list.xlsx"), saved.getvalue())
    assert found.rows[2][7:] == ()
    booked, _ = events(found)
    assert isinstance(booked, ConsignmentBooked)
    assert booked.shipper == "ACME"
    assert [(line.pieces, line.gross_g) for line in booked.lines] == [(10, 12_500)]


def test_every_error_has_its_row_and_column() -> None:
    """The result lists all wrong cells, and nothing becomes a fact."""
    text = (
        "Marks,Description,HS code,Cartons,Size (mm),G.W. (kg),CBM,Shipper,POD,Trade mode\n"
        "M1,Toys,950300,10,600x400x350,12.5,9.9,ACME,NLRTM,1039\n"
        "M2,Dolls,95,-3,500x400,abc,9,ACME,Atlantis,7777\n"
    )
    found = errors(text)
    assert set(found) == {
        "row 2, column G (CBM)",
        "row 3, column C (HS code)",
        "row 3, column D (Cartons)",
        "row 3, column E (Size (mm))",
        "row 3, column F (G.W. (kg))",
        "row 3, column I (POD)",
        "row 3, column J (Trade mode)",
    }
    assert found["row 2, column G (CBM)"].startswith("0.840 m³")


def test_a_decimal_comma_is_no_number() -> None:
    """12,5 must not become 125; a comma between thousands is read."""
    head = "件数,长mm,宽mm,高mm,毛重kg,发货人,目的港\n"
    found = errors(head + '2,"600,5",400,350,"12,5",甲,NLRTM\n')
    assert set(found) == {"row 2, column B (长mm)", "row 2, column E (毛重kg)"}
    (booked, _) = events(table(head + '2,"1,200",400,350,12.5,甲,NLRTM\n'))
    assert isinstance(booked, ConsignmentBooked)
    assert booked.lines[0].size.length_mm == 1_200


def test_goods_that_begin_like_a_total_are_goods() -> None:
    """Summer hats of Total Sports are no sum; a totals row has no size."""
    text = (
        "品名,件数,尺寸cm,毛重kg,发货人,目的港\n"
        "Summer hats,2,60*40*35,5,甲,NLRTM\n"
        "Total Sports shoes,3,60*40*35,5,甲,NLRTM\n"
        "Total: 5 ctns,5,,,,\n"
    )
    (booked, _) = events(table(text))
    assert isinstance(booked, ConsignmentBooked)
    assert [line.pieces for line in booked.lines] == [2, 3]


def test_a_dangerous_class_without_its_number_is_an_error() -> None:
    """The booking cannot hold a class alone; a word in that column is not a class."""
    text = "件数,尺寸cm,毛重kg,发货人,目的港,危险品类别\n1,60*40*35,5,甲,NLRTM,{}\n"
    assert set(errors(text.format("3"))) == {"row 2, column F (危险品类别)"}
    assert events(table(text.format("普货")))


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (["X,100000000,"], "row 2, column B (箱数)"),
        (["X,1,1-99999999999999999999"], "row 2, column C (箱号)"),
        (["X,60000,", "Y,60000,"], "list.csv"),
        (["X,60000,"], "asn.received"),
    ],
)
def test_a_slip_in_a_number_fills_no_memory(rows: list[str], place: str) -> None:
    """Cartons are limited per row, per list, and per shipping notice."""
    head = "入仓号,箱数,箱号,尺寸cm,毛重kg,发货人,目的港\n"
    assert place in errors(head + "".join(f"{row},60*40*35,5,甲,NLRTM\n" for row in rows))


def test_a_row_total_in_the_column_of_one_carton_is_noticed() -> None:
    """500 kg in 0.084 m³ is too dense for a carton: the message names the column for a total."""
    found = errors("件数,尺寸cm,毛重kg,发货人,目的港\n40,60*40*35,500,甲,NLRTM\n")
    assert "总毛重" in found["row 2, column C (毛重kg)"]


def test_missing_columns_are_named() -> None:
    """The error names a missing column in both languages."""
    (entry,) = read(table("唛头,品名,件数,目的港\nA,B,3,NLRTM\n"))
    assert isinstance(entry, Rejected)
    assert [problem.expected for problem in entry.problems] == [
        "a column 尺寸 / Size, or 长, 宽, 高 / Length, Width, Height",
        "a column 毛重 / Gross weight",
    ]


def test_shipper_and_port_must_come_from_somewhere() -> None:
    """Without column, label or option both are errors; with options the list is accepted."""
    text = "件数,尺寸cm,毛重kg\n4,60*40*35,5\n"
    assert set(errors(text)) == {"shipper", "pod"}
    (entry,) = read(table(text), shipper="甲", pod="NLRTM")
    assert isinstance(entry, Accepted)
    assert "assumed: pol CNNGB" in entry.notes


def test_the_same_list_is_the_same_facts() -> None:
    """Reading a list twice gives the same ids; a changed cell gives another booking."""
    ids = []
    for text in (CHINESE, CHINESE, CHINESE.replace("12.5", "12.6")):
        defaults = Defaults(listed_at=NOW, ready_at=datetime.now(UTC))
        (entry,), _ = entries_of(table(text), defaults, recorded_at=NOW)
        assert isinstance(entry, Accepted)
        ids.append([fact.event_id for fact in entry.facts])
    assert ids[0] == ids[1]
    assert ids[0][0] != ids[2][0]


def test_carton_numbers_and_codes_name_the_units() -> None:
    """A range numbers the cartons, codes identify them; a repeated code is an error."""
    head = "入仓号,箱号,箱数,尺寸cm,毛重kg,发货人,目的港\n"
    announced = events(table(head + "CN-9,7-9,3,60*40*35,5,甲,NLRTM\n"))[1]
    assert isinstance(announced, AsnReceived)
    assert [unit.unit_id for unit in announced.units] == ["CN-9/0007", "CN-9/0008", "CN-9/0009"]
    twice = head + "CN-9,1-2,2,60*40*35,5,甲,NLRTM\nCN-9,2-3,2,60*40*35,5,甲,NLRTM\n"
    assert errors(twice) == {"row 3": "a carton number that no other carton has"}


@pytest.mark.parametrize(
    ("header", "field", "unit"),
    [
        ("毛重/G.W.(KG)", "gross", "kg"),
        ("总毛重（公斤）", "gross_total", "kg"),
        ("长（厘米）", "length", "cm"),
        ("L (mm)", "length", "mm"),
        ("Measurement (cm)", "size", "cm"),
        ("Meas. (CBM)", "volume", "m3"),
        ("外箱尺寸cm", "size", "cm"),
        ("外箱尺寸mm", "size", "mm"),
        ("毛重g", "gross", "g"),
        ("毛重 kg", "gross", "kg"),
        ("CBM", "volume", "m3"),
        ("总体积 m3", "volume", "m3"),
        ("G.W. KGS", "gross", "kg"),
        ("HS编码", "hs", ""),
        ("件数\nCTNS", "pieces", ""),
        ("Shipping Marks 唛头", "marks", ""),
        ("监管方式", "mode", ""),
        ("金额(美元)", "value", "USD"),
    ],
)
def test_headers(header: str, field: str, unit: str) -> None:
    """Headers in English, Chinese or both, with units in brackets or at the end."""
    assert recognise(header) == (field, unit)


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.xlsx", b"no zip"), ("a.xls", b"\xd0\xcf"), ("a.csv", b"\xff\xff\xff\x00")],
)
def test_other_content_is_not_a_list(name: str, data: bytes) -> None:
    """An error says so, without a traceback."""
    with pytest.raises(InvalidInput, match=name):
        read_table(Path(name), data)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet><oops"),
        ("xl/worksheets/sheet1.xml", b'<!DOCTYPE z [<!ENTITY a "x">]><z>&b;</z>'),
        ("xl/workbook.xml", b"<workbook/>"),
        ("[Content_Types].xml", b"<Types/>"),
    ],
)
def test_a_damaged_workbook_is_an_error(part: str, content: bytes) -> None:
    """So is a ZIP with the right names and the wrong content."""
    whole, broken = BytesIO(), BytesIO()
    Workbook().save(whole)
    with ZipFile(whole) as read_from, ZipFile(broken, "w") as written:
        for name in read_from.namelist():
            written.writestr(name, content if name == part else read_from.read(name))
    with pytest.raises(InvalidInput, match=r"list\.xlsx"):
        read_table(Path("list.xlsx"), broken.getvalue())


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00"])
def test_dates_beyond_the_calendar_are_none(text: str) -> None:
    """Reported like any other text that is not a date."""
    assert instant(text) is None
    assert instant("2026-03-01") is not None
