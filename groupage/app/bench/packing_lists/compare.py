"""Comparison of a packing list as it was read with the truth about it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from groupage.app.bench.packing_lists.case import Case, Line, true_lines, true_totals
from producers.packing_lists.model import CartonLine, Finding, PackingList

Outcome = Literal[
    "right", "asked", "refused", "asked needlessly", "refused needlessly", "wrong silently"
]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one list."""

    case: Case
    outcome: Outcome
    details: tuple[str, ...]
    """Each difference with both values; or the questions and errors."""
    missing: tuple[str, ...] = ()
    """Labels that were not found and remarks that were not made: no figure is wrong."""


def compare(case: Case, read: PackingList) -> Comparison:
    """Tell what became of the list."""
    if read.errors:
        wanted = _is_about(read.errors, case.refuses)
        return Comparison(
            case=case,
            outcome="refused" if wanted else "refused needlessly",
            details=_sentences("error", read.errors),
        )
    if read.questions:
        wanted = _is_about(read.questions, case.asks)
        return Comparison(
            case=case,
            outcome="asked" if wanted else "asked needlessly",
            details=_sentences("question", read.questions),
        )
    differences = (*_figures(case, read), *_wrong_labels(case, read))
    return Comparison(
        case=case,
        outcome="wrong silently" if differences else "right",
        details=differences,
        missing=(*_missing_labels(case, read), *_missing_remarks(case, read)),
    )


def refusal(case: Case, reason: str) -> Comparison:
    """Tell what became of a list whose file was not taken at all."""
    wanted = case.refuses == "*"
    return Comparison(
        case=case,
        outcome="refused" if wanted else "refused needlessly",
        details=(f"error: {reason}",),
    )


def _is_about(findings: Iterable[Finding], places: str) -> bool:
    wanted = {place.strip() for place in places.split(",") if place.strip()}
    if "*" in wanted:
        return True
    cells = {finding.cell for finding in findings}
    return bool(wanted & (cells | {cell.rstrip("0123456789") for cell in cells}))


def _sentences(kind: str, findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(f"{kind} at {found.cell or 'the list'}: {found.text}" for found in findings)


def _figures(case: Case, read: PackingList) -> tuple[str, ...]:
    lines = true_lines(case)
    totals = true_totals(case)
    if not lines and totals is None:
        return ("read, but the sheet allows no answer",)
    if totals is not None:
        declared = read.declared_totals
        found = (declared.cartons, declared.volume_cm3, declared.gross_g) if declared else None
        return () if found == totals else (f"totals: read {found}, true {totals}",)
    if read.declared_totals is not None and not read.lines:
        return (f"totals only: read {read.declared_totals}, true {len(lines)} lines",)
    names = {name for line in lines for name in line.goods}
    shared = {part.split("=")[0] for line in lines for part in line.shared}
    true = Counter[_Key]()
    for line in lines:
        true[_true_key(line)] += line.cartons
    rows: dict[_Key, list[int]] = {}
    seen = Counter[_Key]()
    for cartons in read.lines:
        key = _key(cartons, names, shared)
        seen[key] += cartons.cartons
        rows.setdefault(key, []).append(cartons.rows[0] + 1)
    differences = [f"row {rows[key]}: read {count} × {key}" for key, count in (seen - true).items()]
    differences += [f"true: {count} × {key}" for key, count in (true - seen).items()]
    return (*differences, *_numbers(lines, read.lines))


_Key = tuple[tuple[int, int, int], int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Edges, grams, goods, handling, shared fields of a carton."""


def _true_key(line: Line) -> _Key:
    goods = tuple(sorted(map(_plain, line.goods)))
    handling, shared = tuple(sorted(line.handling)), tuple(sorted(line.shared))
    return _base(*line.edges_mm), line.gross_g, goods, handling, shared


def _key(line: CartonLine, names: set[str], shared: set[str]) -> _Key:
    articles = (article.goods or article.article for article in line.articles)
    goods = {_true_name(text, names) for text in articles if text}
    return (
        _base(line.length_mm, line.width_mm, line.height_mm),
        line.gross_g,
        tuple(sorted(goods)),
        tuple(sorted(_handling(line))),
        tuple(sorted(f"{name}={text}" for name, text in line.shared.items() if name in shared)),
    )


def _base(length: int, width: int, height: int) -> tuple[int, int, int]:
    """Turn the carton about its upright axis: it makes no difference which base edge is which."""
    return max(length, width), min(length, width), height


def _true_name(text: str, names: set[str]) -> str:
    """Return the true name that the text holds: an article number before it does no harm."""
    plain = _plain(text)
    held = [_plain(name) for name in names if _plain(name) in plain]
    return max(held, key=len, default=plain)


def _handling(line: CartonLine) -> Iterable[str]:
    handling = line.handling
    if handling.this_side_up:
        yield "up"
    if handling.fragile:
        yield "fragile"
    if handling.keep_dry:
        yield "dry"
    if handling.max_top_load_g is not None:
        yield f"top={handling.max_top_load_g}"
    if handling.un_number:
        yield f"un={handling.un_number.upper().removeprefix('UN').strip()}"
    if handling.imo_class:
        yield f"class={handling.imo_class}"
    if handling.packing_group:
        yield f"pg={handling.packing_group}"


def _numbers(lines: tuple[Line, ...], read: tuple[CartonLine, ...]) -> tuple[str, ...]:
    true = {_bare(number) for line in lines for number in line.numbers}
    seen = {_bare(number) for line in read for number in (*line.numbers, *line.unit_ids)}
    if not true or not seen or true == seen:
        return ()
    return (f"carton numbers: read {sorted(seen - true)}, true {sorted(true - seen)}",)


def _bare(number: str) -> str:
    return re.sub(r"\b0+(?=\d)", "", number.strip())


def _wrong_labels(case: Case, read: PackingList) -> tuple[str, ...]:
    differences = []
    for field, text in case.labels.items():
        true = {_plain(part) for part in text.split("||")}
        seen = {_plain(_label_text(label.value)) for label in read.labels if label.field == field}
        if seen - true:
            differences.append(f"label {field}: read {sorted(seen)}, true {sorted(true)}")
    return tuple(differences)


def _missing_labels(case: Case, read: PackingList) -> tuple[str, ...]:
    seen = {label.field for label in read.labels}
    return tuple(f"label {field} was not found" for field in case.labels if field not in seen)


def _missing_remarks(case: Case, read: PackingList) -> tuple[str, ...]:
    texts = [remark.text for remark in read.remarks]
    return tuple(
        f"no remark names {words}"
        for words in case.tells
        if not any(word.strip() in text for word in words.split("||") for text in texts)
    )


def _label_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
