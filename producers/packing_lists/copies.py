"""The same cartons twice in a list: translated, as labels, as an older version, as a copy below.

Nobody can know whether two tables of the same cartons count once or twice, so it is asked. Their
goods may be named in another language: the cartons by size, with their weights or their numbers,
show a copy.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.solver import Interpretation
from producers.packing_lists.figures.table import FigureTable
from producers.packing_lists.model import CartonLine, Choice, Finding
from producers.sheets.workbook import cell_name

_OLD = re.compile(
    r"作废|作廢|旧版|舊版|旧的|备份|備份|副本|\b(?:old|void|copy|backup|obsolete)\b", re.IGNORECASE
)
"""Names of sheets that do not count."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MASSES_DIFFER = 50
"""Masses of two versions are alike within a fiftieth."""


def find_copies(
    names: Sequence[str], read: Sequence[Interpretation], answers: Answers
) -> list[Finding]:
    """Ask which sheets count where one is a copy, or another version, of an earlier one."""
    allowed = (*names, "all")
    found = []
    for index in range(len(read)):
        first = next((place for place in range(index) if _is_copy(names, read, place, index)), None)
        if first is None or answers.find("sheets", "", allowed):
            continue
        sums = [_count(read[place].lines) for place in (first, index)]
        text = (
            f"sheet {names[index]!r} ({sums[1]} cartons) lists the same cartons as "
            f"{names[first]!r} ({sums[0]} cartons): is it a copy or another version of it?"
        )
        choices = [
            Choice(answer=f"sheets={names[first]}", text=f"{sums[0]} cartons"),
            Choice(answer=f"sheets={names[index]}", text=f"{sums[1]} cartons"),
            Choice(answer="sheets=all", text=f"both count: {sum(sums)} cartons"),
        ]
        if names[first] == names[index]:
            text = f"two tables of {names[index]!r} list the same cartons: do both count?"
            choices.pop(1)
        found.append(
            Finding(
                cell="", code="copied_sheet", sheet=names[index], text=text, choices=tuple(choices)
            )
        )
    return found


def skipped_copies(
    names: Sequence[str], read: Sequence[Interpretation], answers: Answers
) -> set[int]:
    """Return the tables that an answer does not let count."""
    chosen = answers.find("sheets", "", names)
    if chosen is None:
        return set()
    kept = names.index(chosen)
    return {
        index
        for index in range(len(read))
        if index != kept and _is_copy(names, read, min(index, kept), max(index, kept))
    }


def settle_copied_blocks(
    tables: Sequence[FigureTable], read: Sequence[Interpretation], answers: Answers
) -> tuple[list[Interpretation], list[Finding]]:
    """Ask whether a block of rows below another one with the same cartons counts, too.

    Return the tables, without the blocks of which an answer says that they do not.
    """
    kept, found = [], []
    for table, each in zip(tables, read, strict=True):
        taken = each
        if (place := _copied_from(each.lines)) is not None:
            first, second = each.lines[:place], each.lines[place:]
            cell = cell_name(second[0].rows[0], table.layout.columns[0].index)
            answer = answers.find(f"{cell}.copy", table.sheet.name, ("once", "both"))
            if answer == "once":
                taken = msgspec.structs.replace(each, lines=first)
            elif answer is None:
                found.append(_ask_about_block(table, cell, first, second, answers))
        kept.append(taken)
    return kept, found


def _ask_about_block(
    table: FigureTable,
    cell: str,
    first: Sequence[CartonLine],
    second: Sequence[CartonLine],
    answers: Answers,
) -> Finding:
    rows = [f"{block[0].rows[0] + 1} to {block[-1].rows[-1] + 1}" for block in (first, second)]
    name = table.sheet.name
    follows = {
        "once": f"a copy: {_count(first)} cartons",
        "both": f"both count: {_count([*first, *second])} cartons",
    }
    return Finding(
        cell=cell,
        code="copied_rows",
        sheet=name,
        text=f"rows {rows[1]} have the same cartons as rows {rows[0]}: do they count, too?",
        choices=tuple(
            Choice(answer=answers.key(f"{cell}.copy={answer}", name), text=text)
            for answer, text in follows.items()
        ),
    )


def _copied_from(lines: Sequence[CartonLine]) -> int | None:
    """Return the line at which a table begins again with the same cartons, if it does.

    A row of totals, a header or a gap stands before it.
    """
    half = len(lines) // 2
    if not half or len(lines) % 2:
        return None
    first, second = lines[:half], lines[half:]
    last, begin = first[-1].rows[-1], second[0].rows[0]
    if begin - last < 2:
        return None
    same_order = [_figures(line) for line in first] == [_figures(line) for line in second]
    return half if same_order and _are_same_cartons(first, second) else None


def _is_copy(names: Sequence[str], read: Sequence[Interpretation], first: int, second: int) -> bool:
    lines = read[first].lines, read[second].lines
    if _numbers_go_on(*lines):
        return False
    is_old = names[first] != names[second] and any(
        _OLD.search(names[place]) for place in (first, second)
    )
    if is_old and all(lines):
        return True
    return _have_same_goods(*lines) or _are_same_cartons(*lines)


def _have_same_goods(first: Sequence[CartonLine], second: Sequence[CartonLine]) -> bool:
    """Tell whether most lines of the shorter table have goods and size of a line of the other."""

    def kinds_of(lines: Iterable[CartonLine]) -> set[tuple[object, ...]]:
        return {(tuple(_goods(line)), _edges(line), line.marks) for line in lines}

    kinds = kinds_of(first), kinds_of(second)
    shared = kinds[0] & kinds[1]
    return bool(shared) and 2 * len(shared) >= min(map(len, kinds))


def _are_same_cartons(first: Sequence[CartonLine], second: Sequence[CartonLine]) -> bool:
    """Tell whether two tables have as many cartons of each size, and the same numbers or masses.

    Cartons of a single size are usual: they show a copy if the goods are in another language.
    """
    sizes = _sizes(first), _sizes(second)
    if not sizes[0] or sizes[0] != sizes[1]:
        return False
    numbers = _numbers(first), _numbers(second)
    same_numbers = bool(numbers[0]) and numbers[0] == numbers[1]
    masses = [sum(line.cartons * line.gross_g for line in lines) for lines in (first, second)]
    same_mass = abs(masses[0] - masses[1]) * _MASSES_DIFFER <= max(masses)
    if not (same_numbers or same_mass):
        return False
    return len(sizes[0]) > 1 or _is_translated(first, second)


def _is_translated(first: Iterable[CartonLine], second: Iterable[CartonLine]) -> bool:
    """Tell whether one of two tables names its goods in Chinese, and the other one does not."""
    texts = ["".join(text for line in lines for text in _goods(line)) for lines in (first, second)]
    return all(texts) and bool(_HAN.search(texts[0])) != bool(_HAN.search(texts[1]))


def _numbers_go_on(first: Iterable[CartonLine], second: Iterable[CartonLine]) -> bool:
    numbers = _numbers(first), _numbers(second)
    return all(numbers) and not numbers[0] & numbers[1]


def _numbers(lines: Iterable[CartonLine]) -> set[str]:
    return {number for line in lines for number in line.numbers}


def _sizes(lines: Iterable[CartonLine]) -> Counter[tuple[int, ...]]:
    sizes: Counter[tuple[int, ...]] = Counter()
    for line in lines:
        sizes[_edges(line)] += line.cartons
    return sizes


def _figures(line: CartonLine) -> tuple[object, ...]:
    return line.cartons, _edges(line)


def _edges(line: CartonLine) -> tuple[int, ...]:
    return tuple(sorted((line.length_mm, line.width_mm, line.height_mm)))


def _goods(line: CartonLine) -> list[str]:
    return [article.goods or article.article for article in line.articles]


def _count(lines: Iterable[CartonLine]) -> int:
    return sum(line.cartons for line in lines)
