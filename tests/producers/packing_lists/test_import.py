"""Whole lists from their bytes to events, as the importer reads them."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Dimensions, Money
from groupage.domain.events.consignment import AsnReceived, CartonLine, ConsignmentBooked
from producers.packing_lists.booking import Times
from producers.packing_lists.model import Field, Unit
from producers.packing_lists.naming import read_name
from tests.producers.packing_lists.made_lists import NOW, events_of, imported

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


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a list."""
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text else ","))


def errors(text: str | bytes, name: str = "list.csv") -> dict[str, str]:
    """Return cell → text of each error of a list that must be wrong."""
    booking = imported(text, name).booking
    assert booking.facts == ()
    assert booking.questions == ()
    return {error.cell: error.text for error in booking.errors}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_list(encoding: str) -> None:
    """Title, labels above the table, trade terms, units in headers, a totals row."""
    booked, announced = events_of(imported(CHINESE.encode(encoding)))
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
    first, _, second, _ = events_of(imported(ENGLISH))
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
    for row in rows_of(ENGLISH):
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
    data = BytesIO()
    book.save(data)
    in_excel = imported(data.getvalue(), "list.xlsx")
    assert events_of(in_excel) == events_of(imported(ENGLISH))
    ids = [fact.event_id for fact in in_excel.booking.facts]
    assert ids == [fact.event_id for fact in imported(ENGLISH).booking.facts]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_read(state: Literal["hidden", "veryHidden"]) -> None:
    """Templates keep lists of choices there; its name still reads it, and so a person's wish."""
    book = Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title, hidden.sheet_state = "choices", state
    for row in rows_of(CHINESE):
        hidden.append(list(row))
    shown = book.create_sheet("list")
    for row in rows_of(ENGLISH):
        shown.append(list(row))
    book.active = 1
    data = BytesIO()
    book.save(data)
    assert events_of(imported(data.getvalue(), "list.xlsx")) == events_of(imported(ENGLISH))
    booked = events_of(imported(data.getvalue(), "list.xlsx", sheet="choices"))[0]
    assert isinstance(booked, ConsignmentBooked)
    assert booked.shipper == "义乌市星辰玩具商行"
    found = imported(data.getvalue(), "list.xlsx", sheet="other").booking.errors
    assert [word for word in ("other", "choices", "list") if word not in found[0].text] == []


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
    """The error names the cell; the totals row and unused columns may hold such formulas."""
    found = errors(workbook(FORMULAS).getvalue(), "list.xlsx")
    assert {"B1", "C3", "E3"} <= set(found)
    assert '="AC"&"ME"' in found["B1"]
    assert all("spreadsheet program" in found[cell] for cell in ("B1", "E3"))


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
    found = imported(saved.getvalue(), "list.xlsx", answers={"E2.per": "carton"})
    assert not found.workbook.sheets[0].cell(2, 7)
    booked, _ = events_of(found)
    assert isinstance(booked, ConsignmentBooked)
    assert booked.shipper == "ACME"
    assert [(line.pieces, line.gross_g) for line in booked.lines] == [(10, 12_500)]


HEAD = "Marks,Description,HS code,Cartons,Size (mm),G.W./CTN (kg),CBM,Shipper,POD,Trade mode\n"


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("M1,Toys,950300,-3,600x400x350,abc,9,ACME,NLRTM,1039", {"D2", "F2"}),
        ("M1,Toys,950300,10,500x400,12.5,0.84,ACME,NLRTM,1039", {"E2"}),
        ("M1,Toys,95,10,600x400x350,12.5,0.84,ACME,Atlantis,7777", {"C2", "I2", "J2"}),
    ],
)
def test_every_error_has_its_cell(row: str, cells: set[str]) -> None:
    """Nothing becomes a fact."""
    assert set(errors(HEAD + row + "\n")) == cells


def test_all_errors_are_told_at_once() -> None:
    """Also those in rows whose figures cannot be read; a totals row and notes have none."""
    rows = (
        "M1,Toys,950300,10,600x400x350,12.5,0.84,ACME,NLRTM,1039\n"
        "M2,Dolls,95,-3,500x400,abc,9,ACME,Atlantis,7777\n"
        "Total,,,7,,,9.84,,,\n"
        "Signed,,,,,,,,by Li,\n"
    )
    found = errors(HEAD + rows)
    assert {"C3", "D3", "F3", "I3", "J3"} <= set(found)
    assert not {cell for cell in found if cell.endswith(("2", "4", "5"))}


def test_a_volume_that_the_sizes_contradict_is_not_taken() -> None:
    """9.9 m³ beside ten cartons of 0.084 m³: an error or a question names the column."""
    booking = imported(HEAD + "M1,Toys,950300,10,600x400x350,12.5,9.9,A,NLRTM,1039\n").booking
    assert booking.facts == ()
    assert any("0.84" in each.text for each in (*booking.errors, *booking.questions))


def test_a_decimal_comma_is_decided_by_the_whole_file() -> None:
    """12,5 must not become 125: no thousands have one digit behind them."""
    head = "件数,长mm,宽mm,高mm,单箱毛重kg,发货人,目的港\n"
    (booked, _) = events_of(imported(head + '2,"600,5",400,350,"12,5",甲,NLRTM\n'))
    assert isinstance(booked, ConsignmentBooked)
    assert (booked.lines[0].size.length_mm, booked.lines[0].gross_g) == (601, 12_500)
    (booked, _) = events_of(imported(head + '2,"1,200",400,350,12.5,甲,NLRTM\n'))
    assert isinstance(booked, ConsignmentBooked)
    assert booked.lines[0].size.length_mm == 1_200


def test_goods_that_begin_like_a_total_are_goods() -> None:
    """Summer hats of Total Sports are no sum; a totals row has no size."""
    text = (
        "品名,件数,尺寸cm,单箱毛重kg,发货人,目的港\n"
        "Summer hats,2,60*40*35,5,甲,NLRTM\n"
        "Total Sports shoes,3,60*40*35,5,甲,NLRTM\n"
        "Total: 5 ctns,5,,,,\n"
    )
    (booked, _) = events_of(imported(text))
    assert isinstance(booked, ConsignmentBooked)
    assert [line.pieces for line in booked.lines] == [2, 3]


def test_a_dangerous_class_without_its_number_is_an_error() -> None:
    """The booking cannot hold a class alone; a word in that column is not a class."""
    text = "件数,尺寸cm,毛重kg,发货人,目的港,危险品类别\n1,60*40*35,5,甲,NLRTM,{}\n"
    assert set(errors(text.format("3"))) == {"F2"}
    assert events_of(imported(text.format("普货")))


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (["X,100000000,"], "B2"),
        (["X,60000,"], ""),
    ],
)
def test_a_slip_in_a_number_fills_no_memory(rows: list[str], place: str) -> None:
    """Cartons are limited per row and per shipping notice; made_lists tests the whole list."""
    head = "入仓号,箱数,箱号,尺寸cm,单箱毛重kg,发货人,目的港\n"
    assert place in errors(head + "".join(f"{row},60*40*35,5,甲,NLRTM\n" for row in rows))


def test_a_weight_that_may_be_the_rows_total_is_a_question() -> None:
    """5 kg for 40 cartons may be either; 500 kg in 0.084 m³ is too dense for one carton."""
    head = "件数,尺寸cm,毛重kg,发货人,目的港\n"
    (line,) = imported(head + "40,60*40*35,500,甲,NLRTM\n").packing_list.lines
    assert line.gross_g == 12_500
    (question,) = imported(head + "4,60*40*35,40,甲,NLRTM\n").booking.questions
    assert question.cell == "C1"
    assert [choice.answer for choice in question.choices] == ["C1.per=carton", "C1.per=row"]


@pytest.mark.parametrize(
    ("head", "row", "word"),
    [
        ("唛头,品名,件数,目的港", "A,B,3,NLRTM", "尺寸 / Size"),
        ("唛头,品名,件数,尺寸cm,目的港", "A,B,3,60*40*35,NLRTM", "毛重"),
    ],
)
def test_missing_columns_are_named(head: str, row: str, word: str) -> None:
    """The error names a missing column in both languages."""
    booking = imported(f"{head}\n{row}\n", shipper="S").booking
    assert booking.facts == ()
    assert word in booking.errors[0].text


def test_shipper_and_port_must_come_from_somewhere() -> None:
    """Without column, label or option both are errors; with options the list is accepted."""
    text = "件数,尺寸cm,单箱毛重kg\n4,60*40*35,5\n"
    booking = imported(text).booking
    assert [error.code for error in booking.errors] == ["no_shipper", "no_pod"]
    found = imported(text, shipper="甲", pod="NLRTM")
    assert events_of(found)
    assert any(remark.text.startswith("pol CNNGB") for remark in found.booking.remarks)


def test_the_same_list_is_the_same_facts() -> None:
    """Reading a list twice gives the same ids; a changed cell gives another booking."""
    ids = []
    for text in (CHINESE, CHINESE, CHINESE.replace("12.5", "12.6")):
        times = Times(listed_at=NOW, recorded_at=datetime.now(UTC))
        ids.append([fact.event_id for fact in imported(text, times=times).booking.facts])
    assert ids[0] == ids[1]
    assert ids[0][0] != ids[2][0]


def test_carton_numbers_and_codes_name_the_units() -> None:
    """A range numbers the cartons, codes identify them; a repeated code is an error."""
    head = "入仓号,箱号,箱数,尺寸cm,单箱毛重kg,发货人,目的港\n"
    announced = events_of(imported(head + "CN-9,7-9,3,60*40*35,5,甲,NLRTM\n"))[1]
    assert isinstance(announced, AsnReceived)
    assert [unit.unit_id for unit in announced.units] == ["CN-9/0007", "CN-9/0008", "CN-9/0009"]
    twice = head + "CN-9,1-2,2,60*40*35,5,甲,NLRTM\nCN-9,2-3,2,60*40*35,5,甲,NLRTM\n"
    assert "B3" in errors(twice)


@pytest.mark.parametrize(
    ("header", "field", "unit"),
    [
        ("毛重/G.W.(KG)", "gross", "kg"),
        ("总毛重（公斤）", "gross", "kg"),
        ("长（厘米）", "length", "cm"),
        ("L (mm)", "length", "mm"),
        ("Meas. (CBM)", "volume", "m3"),
        ("外箱尺寸cm", "size", "cm"),
        ("外箱尺寸mm", "size", "mm"),
        ("毛重g", "gross", "g"),
        ("毛重 kg", "gross", "kg"),
        ("CBM", "volume", "m3"),
        ("总体积 m3", "volume", "m3"),
        ("G.W. KGS", "gross", "kg"),
        ("HS编码", "hs", None),
        ("件数\nCTNS", "cartons", None),
        ("Shipping Marks 唛头", "marks", None),
        ("监管方式", "mode", None),
        ("金额(美元)", "amount", None),
    ],
)
def test_headers(header: str, field: Field, unit: Unit | None) -> None:
    """Headers in English, Chinese or both, with units in brackets or at the end."""
    name = read_name(header)
    assert max(name.scores, key=name.scores.__getitem__) == field
    assert (name.units[0] if name.units else None) == unit


def test_a_measurement_in_cm_lists_edges() -> None:
    """In m³ it is a volume."""
    found = imported("品名,件数,Measurement (cm),单箱毛重kg\n玩具,2,60*40*35,5\n").packing_list
    assert [(each.field, each.unit) for each in found.columns][2] == ("size", "cm")
    assert found.lines[0].length_mm == 600


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.xlsx", b"no zip"), ("a.xls", b"\xd0\xcf"), ("a.csv", b"\xff\xff\xff\x00")],
)
def test_other_content_is_not_a_list(name: str, data: bytes) -> None:
    """An error says so, without a traceback; the content tells the format, not the name."""
    try:
        booking = imported(data, name).booking
    except InvalidInput as error:
        assert name in str(error)  # noqa: PT017 - either is right
    else:
        assert booking.facts == ()
        assert booking.errors


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
    try:
        booking = imported(broken.getvalue(), "list.xlsx").booking
    except InvalidInput as error:
        assert "list.xlsx" in str(error)  # noqa: PT017 - either is right
    else:
        assert booking.facts == ()
        assert booking.errors
