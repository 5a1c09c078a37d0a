"""Labels above and below a table, with their values."""

from datetime import datetime

import pytest

from producers.packing_lists.labels import read_labels
from producers.sheets.workbook import Cell, Sheet

DAY = datetime(2026, 3, 5)  # noqa: DTZ001 - cells hold no zone


def labels(*rows: list[Cell]) -> list[tuple[str, Cell]]:
    """Return fields and values of the labels in rows."""
    sheet = Sheet(name="PL", rows=tuple(tuple(row) for row in rows))
    return [(label.field, label.value) for label in read_labels(sheet, range(len(rows)))]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("From: NINGBO To: ROTTERDAM", [("pol", "NINGBO"), ("pod", "ROTTERDAM")]),
        ("FROM NINGBO TO ROTTERDAM BY SEA", [("pol", "NINGBO"), ("pod", "ROTTERDAM")]),
        ("从宁波至汉堡", [("pol", "宁波"), ("pod", "汉堡")]),
        ("Shipper: NINGBO SUNRISE CO., LTD.", [("shipper", "NINGBO SUNRISE CO., LTD.")]),
        ("发 货 人：金华市晨光", [("shipper", "金华市晨光")]),
        ("Invoice No.: NS26-118", [("invoice_no", "NS26-118")]),
        ("目的港:鹿特丹", [("pod", "鹿特丹")]),
        ("POL: NINGBO  POD: HAMBURG", [("pol", "NINGBO"), ("pod", "HAMBURG")]),
        (
            "Date: 2026-03-05\nBooking No: S1234",
            [("listed_at", "2026-03-05"), ("consignment_id", "S1234")],
        ),
        (
            "POD: Los Angeles / Final destination: Chicago",
            [("pod", "Los Angeles"), ("pod", "Chicago")],
        ),
        ("Port of Discharge : VALENCIA, SPAIN", [("pod", "VALENCIA, SPAIN")]),
        ("贸易方式：市场采购(1039)", [("mode", "市场采购(1039)")]),
        ("Cargo ready date: 3/6/2026", [("ready_at", "3/6/2026")]),
        ("NINGBO SUNRISE IMP. & EXP. CO., LTD.", []),
    ],
)
def test_labels_with_their_value_in_the_same_cell(cell: str, found: list[tuple[str, str]]) -> None:
    """One or several, with any colon, with none."""
    assert labels([cell]) == found


def test_the_value_stands_in_the_next_cell_as_text_or_date() -> None:
    """Empty cells and a colon alone may lie between."""
    assert labels(
        ["Exporter", None, "Guangzhou Leather", None, "Date", ":", DAY],
        ["目的港：", "安特卫普"],
    ) == [("shipper", "Guangzhou Leather"), ("listed_at", DAY), ("pod", "安特卫普")]


def test_the_value_stands_below() -> None:
    """As in the boxes of a form."""
    found = labels(["SHIPPER", None, "PORT OF DISCHARGE"], ["Happy Toys", None, "GOTHENBURG"])
    assert found == [("shipper", "Happy Toys"), ("pod", "GOTHENBURG")]


def test_another_label_is_no_value() -> None:
    """The value's cell is empty, and the next one holds a label."""
    found = labels(["Destination:", None, "ETD:", DAY], ["To port:", "Felixstowe"])
    assert [label for label in found if label[0] == "pod"] == [("pod", "Felixstowe")]


def test_to_a_company_is_no_port() -> None:
    """``To`` stands before the buyer as well as before the port."""
    assert labels(["To: ABC TRADING CO., LTD."], ["To: HAMBURG"], ["To:", "Casa Moderna S.L."]) == [
        ("buyer", "ABC TRADING CO., LTD."),
        ("pod", "HAMBURG"),
        ("buyer", "Casa Moderna S.L."),
    ]


def test_the_header_of_the_table_is_not_the_value_of_a_label_above_it() -> None:
    """An empty Destination: right above the table; its rows are not read as labels."""
    rows: tuple[tuple[Cell, ...], ...] = (("Destination:",), ("C/No.", "Goods"))
    assert read_labels(Sheet(name="PL", rows=rows), [0]) == ()
