"""Packing lists as the reading of sheets gives them, made by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from groupage.domain.policy import Policy
from producers.packing_lists.booking import Booking, Times, book
from producers.packing_lists.importing import ListReading, ListRequest, read_list
from producers.packing_lists.model import (
    Article,
    CartonLine,
    ColumnReading,
    Field,
    Label,
    PackingList,
)
from producers.packing_lists.shared import Options
from producers.screening import CheckDigitRules
from producers.sheets.workbook import Cell, Sheet, Workbook

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TIMES = Times(listed_at=NOW, recorded_at=NOW)
WORKBOOK = Workbook(
    name="list.xlsx",
    sheets=(Sheet(name="PL", rows=(("品名", "件数"), ("玩具", 10))),),
    format="xlsx",
)
OPTIONS = Options(consignment_id="CN-1", shipper="甲", pod="NLRTM")


def line(row: int = 1, **more: Any) -> CartonLine:
    """Ten cartons of toys, 600 × 400 × 350 mm and 12.5 kg each."""
    fields: dict[str, Any] = {
        "rows": (row,),
        "cartons": 10,
        "length_mm": 600,
        "width_mm": 400,
        "height_mm": 350,
        "gross_g": 12_500,
        "articles": (article(row),),
    }
    return CartonLine(**{**fields, **more})


def article(row: int = 1, **more: Any) -> Article:
    """Toys for 1,200 of the list's currency."""
    fields: dict[str, Any] = {
        "row": row,
        "goods": "玩具",
        "hs": "95030089",
        "amount": Decimal(1_200),
    }
    return Article(**{**fields, **more})


def label(field: Field, value: Cell, row: int = 0, column: int = 1) -> Label:
    """A label above the table with its value."""
    return Label(field=field, value=value, row=row, column=column, text=field)


def packing_list(
    *lines: CartonLine, columns: dict[str, Field] | None = None, **more: Any
) -> PackingList:
    """A list of these lines; `columns` gives the field of each column."""
    readings = tuple(
        ColumnReading(
            cell=f"{column}1", header=field, field=field, unit=None, per=None, why="header"
        )
        for column, field in (columns or {"A": "goods", "B": "cartons"}).items()
    )
    fields: dict[str, Any] = {"workbook": "list.xlsx", "sheets": ("PL",), "header_rows": (0,)}
    return PackingList(**{**fields, "columns": readings, "lines": lines, **more})


def booked(
    found: PackingList,
    options: Options = OPTIONS,
    answers: dict[str, str] | None = None,
    *,
    workbook: Workbook = WORKBOOK,
    times: Times = TIMES,
    units: Any = "quarantine",
) -> Booking:
    """Book a list."""
    return book(
        found,
        workbook,
        options=options,
        answers=answers or {},
        times=times,
        rules=CheckDigitRules(units=units),
    )


def imported(
    data: bytes | str,
    name: str = "list.csv",
    *,
    answers: dict[str, str] | None = None,
    times: Times = TIMES,
    sheet: str | None = None,
    **options: Any,
) -> ListReading:
    """Read a file as the importer does."""
    request = ListRequest(options=Options(**options), answers=answers or {}, sheet=sheet)
    content = data.encode() if isinstance(data, str) else data
    return read_list(name, content, request, times=times, policy=Policy())


def events_of(found: ListReading) -> list[Any]:
    """Return the events of a list that must be right."""
    booking = found.booking
    assert (booking.questions, booking.errors) == ((), ())
    return [fact.data for fact in booking.facts]


def errors(found: Booking) -> list[tuple[str, str]]:
    """Return cell and code of each error."""
    return [(each.cell, each.code) for each in found.errors]
