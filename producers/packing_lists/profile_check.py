"""Remembered answers against the figures of the list at hand.

A profile answers what the figures of an earlier list left open. Where those of this list decide
otherwise, somebody is asked which is right, and from where the answer comes.
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from producers.packing_lists.model import Choice, ColumnReading, Finding, PackingList

_CELL = re.compile(r"(?:.*!)?([A-Z]{1,3})[1-9][0-9]*")


def check_profile(
    name: str,
    remembered: Mapping[str, str],
    read: PackingList,
    read_without: Callable[[], PackingList],
) -> PackingList:
    """Return the list with a question where the figures contradict the profile's answers."""
    if not remembered:
        return read
    without = read_without()
    is_clear = not (without.questions or without.errors)
    if not is_clear or (_figures(without) == _figures(read) and not read.questions):
        return _name_profile(name, remembered, read)
    changed = [
        (key, answer, one, other)
        for key, answer in remembered.items()
        for one, other in zip(read.columns, without.columns, strict=False)
        if _column_of(key) == _column_of(one.cell) and _meaning(one) != _meaning(other)
    ]
    stated = ", ".join(f"{key}={answer}" for key, answer, _, _ in changed) or ", ".join(
        f"{key}={answer}" for key, answer in remembered.items()
    )
    proofs = [text for text in without.confirmed if text not in read.confirmed]
    figures = "; ".join(proofs[:2] or without.confirmed[:2]) or _sum_of(without)
    asked = Finding(
        cell=next((one.cell for _, _, one, _ in changed), ""),
        code="profile_contradiction",
        text=f"profile {name} says {stated}, but the figures of this list say otherwise "
        f"({figures}): which is right?",
        choices=tuple(
            Choice(answer=f"{key}={value}", text=text)
            for key, answer, one, other in changed
            for value, text in (
                (answer, f"as the profile says{_sums(read)}"),
                (_value(key, other), f"as the figures say{_sums(without)}"),
            )
            if value
        ),
    )
    return msgspec.structs.replace(read, questions=(asked,), errors=())


def _name_profile(name: str, remembered: Mapping[str, str], read: PackingList) -> PackingList:
    """Say at a question about a column that the profile has an answer about it."""
    questions = []
    for question in read.questions:
        stated = [
            f"{key}={answer}"
            for key, answer in remembered.items()
            if question.cell and _column_of(key) == _column_of(question.cell)
        ]
        more = f" (profile {name} says {', '.join(stated)})" if stated else ""
        questions.append(msgspec.structs.replace(question, text=f"{question.text}{more}"))
    return msgspec.structs.replace(read, questions=tuple(questions))


def _figures(read: PackingList) -> list[tuple[int, ...]]:
    return [
        (line.cartons, line.length_mm, line.width_mm, line.height_mm, line.gross_g)
        for line in read.lines
    ]


def _meaning(column: ColumnReading) -> tuple[str, str | None, str | None]:
    return column.field, column.unit, column.per


def _column_of(cell: str) -> str:
    match = _CELL.match(cell.partition(".")[0])
    return match[1] if match else ""


def _value(key: str, column: ColumnReading) -> str:
    """Return the answer to a key that gives the meaning that a column has."""
    aspect = key.rpartition(".")[2]
    values = {"per": column.per, "unit": column.unit, "field": column.field}
    return values.get(aspect) or ""


def _sum_of(read: PackingList) -> str:
    cartons = sum(line.cartons for line in read.lines)
    kg = sum(line.cartons * line.gross_g for line in read.lines) / 1_000
    return f"{cartons} cartons, {kg:,.1f} kg"


def _sums(read: PackingList) -> str:
    return f": {_sum_of(read)}" if read.lines else ""
