"""What was understood of a list, as text for people and as JSON for scripts."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from groupage.domain.words import cubic_metres, number_of
from producers.packing_lists.booking import BookedConsignment, Booking
from producers.packing_lists.cargo import goods_of
from producers.packing_lists.model import CartonLine, ColumnReading, Finding, PackingList, Totals

_SHOWN_MAX = 60
_GOODS_SHOWN = 8
_UNITS = {"jin": "斤", "m3": "m³", "cm3": "cm³", "ft3": "ft³"}


def totals_of(packing_list: PackingList) -> Totals:
    """Return the sums of the lines; of a list without sizes, the totals that it declares."""
    if not packing_list.lines and packing_list.declared_totals is not None:
        return packing_list.declared_totals
    return Totals(
        cartons=sum(line.cartons for line in packing_list.lines),
        volume_cm3=sum(map(_volume_cm3, packing_list.lines)),
        gross_g=sum(line.cartons * line.gross_g for line in packing_list.lines),
    )


def _volume_cm3(line: CartonLine) -> int:
    """Return the volume of a line's cartons, rounded up once: edges are in whole millimetres."""
    return -(-line.cartons * line.length_mm * line.width_mm * line.height_mm // 1_000)


def as_json(packing_list: PackingList, booking: Booking) -> dict[str, Any]:
    """Return the documented keys of ``--json`` and of the gateway's answer."""
    totals = totals_of(packing_list)
    return {
        "cartons": totals.cartons,
        "volume_cm3": totals.volume_cm3,
        "gross_g": totals.gross_g,
        "lines": [_line(line) for line in packing_list.lines],
        "sheets": list(packing_list.sheets),
        "columns": [msgspec.to_builtins(column) for column in packing_list.columns],
        "consignments": [msgspec.to_builtins(each) for each in booking.consignments],
        "confirmed": list(packing_list.confirmed),
        "questions": [finding_json(each) for each in booking.questions],
        "errors": [finding_json(each) for each in booking.errors],
        "remarks": [finding_json(each) for each in booking.remarks],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return cell, code and text; the sheet and the choices where there are any."""
    found: dict[str, Any] = {"cell": finding.cell, "code": finding.code, "text": finding.text}
    if finding.sheet:
        found["sheet"] = finding.sheet
    if finding.beside:
        found["beside"] = list(finding.beside)
    if finding.choices:
        found["choices"] = [msgspec.to_builtins(choice) for choice in finding.choices]
    return found


def _line(line: CartonLine) -> dict[str, Any]:
    handling = {
        name: value
        for name, value in msgspec.to_builtins(line.handling).items()
        if value not in (None, "")
    }
    return {
        "rows": [row + 1 for row in line.rows],
        "cartons": line.cartons,
        "length_mm": line.length_mm,
        "width_mm": line.width_mm,
        "height_mm": line.height_mm,
        "gross_g": line.gross_g,
        "goods": goods_of(line),
        "articles": [
            msgspec.to_builtins(article) | {"row": article.row + 1} for article in line.articles
        ],
        "numbers": list(line.numbers),
        "unit_ids": list(line.unit_ids),
        "marks": line.marks,
        "handling": handling,
    }


def report_lines(packing_list: PackingList, booking: Booking) -> Iterator[str]:
    """Yield what was understood, then remarks, then questions and errors, line by line."""
    yield from _sheet(packing_list)
    yield from _table(packing_list.columns)
    yield ""
    if packing_list.lines or packing_list.declared_totals is not None:
        yield from _cargo(packing_list, booking.consignments)
    yield from _findings("remarks", booking.remarks)
    yield from _findings("questions", booking.questions)
    yield from _findings("errors", booking.errors)


def _sheet(packing_list: PackingList) -> Iterator[str]:
    sheets = ", ".join(packing_list.sheets)
    text = f"{packing_list.workbook}: " + (f"sheet {sheets}" if sheets else "no table found")
    if rows := [str(row + 1) for row in packing_list.header_rows]:
        text += f", header in row{'s' * (len(rows) > 1)} {', '.join(rows)}"
    yield text


def _table(columns: Iterable[ColumnReading]) -> Iterator[str]:
    rows = [(each.cell, cut(each.header), meaning_of(each), each.why) for each in columns]
    if not rows:
        return
    rows.insert(0, ("cell", "header", "is", "why"))
    widths = [max(_width(row[number]) for row in rows) for number in range(3)]
    for row in rows:
        padded = [text + " " * (widths[at] - _width(text)) for at, text in enumerate(row[:3])]
        yield "  " + "  ".join((*padded, row[3])).rstrip()


def meaning_of(column: ColumnReading) -> str:
    """Say in words what a column was taken for: ``gross, kg, of the row``."""
    words = [column.field.replace("_", " ")]
    if column.unit:
        words.append(_UNITS.get(column.unit, column.unit))
    if column.per:
        words.append({"carton": "of one carton", "row": "of the row"}[column.per])
    return ", ".join(words)


def cut(text: str, most: int = _SHOWN_MAX) -> str:
    """Shorten a text for a table."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _width(text: str) -> int:
    """Return the columns of a terminal that a text takes: Chinese characters take two."""
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in text)


def _amounts(cartons: int, volume_cm3: int, gross_g: int) -> str:
    mass = f"{gross_g / 1_000:,.1f} kg"
    return f"{number_of(cartons, 'carton')}, {cubic_metres(volume_cm3)}, {mass}"


def _cargo(packing_list: PackingList, consignments: tuple[BookedConsignment, ...]) -> Iterator[str]:
    for each in consignments:
        yield (
            f"consignment {each.consignment_id}: {each.shipper} for {each.consignee}, "
            f"{each.pol} to {each.pod}, customs mode {each.mode}, value {each.value}"
        )
        if len(consignments) > 1:
            yield f"  {_amounts(each.cartons, each.volume_cm3, each.gross_g)}"
    totals = totals_of(packing_list)
    sizes = "" if packing_list.lines else "; declared totals, sizes to follow"
    yield f"in all: {_amounts(totals.cartons, totals.volume_cm3, totals.gross_g)}{sizes}"
    goods = list(
        dict.fromkeys(
            name
            for line in packing_list.lines
            for article in line.articles
            if (name := article.goods or article.article)
        )
    )
    if goods:
        more = f" and {len(goods) - _GOODS_SHOWN} more" if len(goods) > _GOODS_SHOWN else ""
        yield "goods: " + ", ".join(cut(name, 30) for name in goods[:_GOODS_SHOWN]) + more
    for text in packing_list.confirmed:
        yield f"agrees: {text}"


def _findings(title: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    if not findings:
        return
    yield f"{title}:"
    width = max(len(_place(each)) for each in findings)
    for each in findings:
        yield f"  {_place(each):<{width}}  {each.text}"
        for choice in each.choices:
            yield f"  {'':<{width}}    --answer {choice.answer}: {choice.text}"


def _place(finding: Finding) -> str:
    return ", ".join((finding.cell, *finding.beside[:1])) or "list"
