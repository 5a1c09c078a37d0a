"""Whatever a list holds: an explanation comes back, and facts only without questions or errors."""

import csv
import io
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from groupage.domain.errors import InvalidInput
from producers.entries import Accepted, Rejected
from producers.packing_lists.explaining import explain
from producers.packing_lists.importing import entry_of
from producers.packing_lists.report import as_json, report_lines
from tests.producers.packing_lists.made_lists import imported

_HEADERS = """
品名 箱数 箱号 外箱尺寸(cm) 长 宽 高 单箱毛重(KG) 总毛重 体积 货值(USD) 币种 HS编码 UN_No Class
是否带电 目的港 起运港 发货人 收货人 入仓号 贸易方式 送货日期 SSCC 易碎
Stackable Max_load_on_top_(kg) 数量 唛头
"""
HEADERS = tuple(name.replace("_", " ") for name in _HEADERS.split())
CELLS = st.one_of(
    st.sampled_from(
        (
            *("", "10", "1-10", "F1-F3", "60*40*35", "0.84", "12.5", "125", "1,200", "12,5", "1e9"),
            *("NLRTM", "鹿特丹", "ITALY", "Atlantis", "1039", "一般贸易", "2026-03-01", "24:00"),
            *(
                "锂电池玩具",
                "toy",
                "UN3481",
                "9",
                "是",
                "no",
                "350000000000000020",
                "合计",
                "Total",
            ),
            *(
                "=1+1",
                "#N/A",
                "-3",
                "0",
                "USD",
                "¥",
                "CN-1",
                "CN-2",
                "950300",
                "95",
                "\u202e",
                "a\x00b",
            ),
        )
    ),
    st.text(max_size=12),
    st.integers(-(10**6), 10**18).map(str),
)
ROWS = st.lists(st.sampled_from(HEADERS), min_size=2, max_size=9, unique=True).flatmap(
    lambda head: st.lists(
        st.lists(CELLS, min_size=len(head), max_size=len(head)), min_size=1, max_size=6
    ).map(lambda rows: [head, *rows])
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "shipper": st.sampled_from(("S", "")),
        "pod": st.sampled_from(("NLRTM", "ITALY", "x")),
        "consignment_id": st.sampled_from(("CN-1", " ", "a\nb")),
        "ready_at": st.sampled_from(("2026-03-01", "soon")),
    },
)
ANSWERS = st.dictionaries(
    st.sampled_from(("dangerous", "consignments", "numbers", "pod", "C1.unit", "consignment_id")),
    st.sampled_from(("no", "split", "point", "NLRTM", "cm", "")),
    max_size=2,
)


def csv_of(rows: list[list[str]]) -> bytes:
    """Write rows as a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(ROWS, OPTIONS, ANSWERS)
def test_any_cells_under_any_headers(
    rows: list[list[str]], options: dict[str, Any], answers: dict[str, str]
) -> None:
    """The report, its JSON and the explained workbook can be made of each."""
    try:
        found = imported(csv_of(rows), answers=answers, **options)
    except InvalidInput:
        return
    booking = found.booking
    assert bool(booking.facts) != bool(booking.questions or booking.errors)
    assert list(report_lines(found.packing_list, booking))
    assert msgspec.json.encode(as_json(found.packing_list, booking))
    assert explain(found.workbook, found.packing_list, booking)
    entry = entry_of("list.csv", booking)
    assert isinstance(entry, Accepted if booking.facts else Rejected)


def whole_workbook() -> bytes:
    """A list as an .xlsx file."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("品名", "箱数", "外箱尺寸(cm)", "单箱毛重(KG)"), ("玩具", 10, "60*40*35", 12.5)):
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


WORKBOOK = whole_workbook()


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6
    ),
    st.integers(0, 200),
)
def test_a_workbook_with_changed_bytes(changes: list[tuple[int, int]], cut: int) -> None:
    """A clear refusal, or a reading."""
    data = bytearray(WORKBOOK)
    for at, value in changes:
        data[at] = value
    try:
        booking = imported(bytes(data[: len(data) - cut]), "list.xlsx", shipper="S").booking
    except InvalidInput as error:
        assert "list.xlsx" in str(error)  # noqa: PT017 - a reading is right, too
    else:
        assert bool(booking.facts) != bool(booking.questions or booking.errors)
