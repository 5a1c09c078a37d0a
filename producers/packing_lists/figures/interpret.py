"""The interpretation of a table that its own figures confirm, or the questions that are left."""

from collections.abc import Sequence

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.assignments import list_assignments
from producers.packing_lists.figures.cells import Style
from producers.packing_lists.figures.doubted_counts import doubt_by_figures, settle_doubted_counts
from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.solver import Interpretation, check_unread, solve
from producers.packing_lists.figures.table import Assignment, FigureTable, TableReading
from producers.packing_lists.model import CartonLine, Field

_MISSING = frozenset(("cartons", "size", "mass"))
"""Codes of errors that say that the list lacks what another meaning of a column may give."""

_FIELD_TEXTS: dict[Field, str] = {
    "ignored": "of something else than the cartons",
    "pieces_per_carton": "pieces in a carton",
    "size": "the size of the cartons",
    "gross": "the gross weight",
}


def interpret(
    table: FigureTable,
    styles: Sequence[Style],
    *,
    answers: Answers,
    limits: CartonLimits,
) -> Interpretation:
    """Try the meanings that headers and cells allow, and take the one that the figures confirm."""
    found = _interpret(table, styles, answers, limits)
    check_unread(found, answers)
    return found


def _interpret(
    table: FigureTable, styles: Sequence[Style], answers: Answers, limits: CartonLimits
) -> Interpretation:
    """Return the best interpretation of the headers, after doubts about its counts."""
    best = _interpret_meanings(table, styles, answers, limits)
    doubted = best.notes.doubted_counts or doubt_by_figures(table, best, answers)
    if not doubted:
        return best

    def solve_again(reading: TableReading) -> Interpretation:
        return solve(reading, answers, limits)

    return settle_doubted_counts(table, best, doubted, answers, solve_again, _summary)


def _interpret_meanings(
    table: FigureTable, styles: Sequence[Style], answers: Answers, limits: CartonLimits
) -> Interpretation:
    near = list_assignments(table, answers, far=False)
    best = _choose(_solve_all(table, near.tried, styles, answers, limits))
    if near.is_cut and not best.notes.confirmed:
        best.notes.ask(
            "",
            "fields",
            f"the headers allow more than {len(near.tried)} combinations of meanings, and no "
            "figures decide: name the columns more clearly",
            [],
        )
    if not best.notes.problems:
        return best
    far = list_assignments(table, answers, far=True)
    rest = [assignment for assignment in far.tried if assignment not in near.tried]
    return _prefer_proved(best, _solve_all(table, rest, styles, answers, limits))


def _solve_all(
    table: FigureTable,
    assignments: Sequence[Assignment],
    styles: Sequence[Style],
    answers: Answers,
    limits: CartonLimits,
) -> list[Interpretation]:
    return [
        solve(TableReading(table, assignment, style), answers, limits)
        for assignment in assignments
        for style in styles or ("point",)
    ]


def _choose(found: Sequence[Interpretation]) -> Interpretation:
    """Take the interpretation with the fewest contradictions and most proofs; ask on a draw."""
    best = min(found, key=_rank)
    near = [each for each in found if _rank(each)[:2] == _rank(best)[:2]]
    rivals = [each for each in near if not _is_near(each, best)]
    if rivals:
        _ask(best, rivals[0])
    return best


def _rank(found: Interpretation) -> tuple[int, int, int]:
    return found.notes.problems, -len(found.notes.confirmed), found.digits


def _prefer_proved(best: Interpretation, others: Sequence[Interpretation]) -> Interpretation:
    """Take a meaning that the header hardly allows if figures prove it; ask if it only fits."""
    sound = [each for each in others if not each.notes.problems and (each.lines or each.totals)]
    proved = [each for each in sound if len(each.notes.confirmed) > len(best.notes.confirmed)]
    if proved and not _changes_counts(proved[0], best):
        taken = _choose(proved)
        for column, other in zip(taken.columns, best.columns, strict=True):
            if column.field != other.field:
                taken.notes.remark(
                    column.cell,
                    "field_by_figures",
                    f"{column.header!r} is taken for {column.field}: {taken.notes.confirmed[0]}",
                )
        return taken
    lacks = all(error.code in _MISSING for error in best.notes.errors) and best.notes.errors
    if not lacks:
        return best
    if not sound:
        return _ask_about_missing(best, others)
    fewest = min(_count_changes(each, best) for each in sound)
    taken = _choose([each for each in sound if _count_changes(each, best) == fewest])
    if not taken.notes.problems:
        _ask(taken, best)
    return taken


def _count_changes(first: Interpretation, second: Interpretation) -> int:
    """Count the columns that two interpretations take for different fields."""
    pairs = zip(first.columns, second.columns, strict=True)
    return sum(one.field != other.field for one, other in pairs)


def _ask_about_missing(best: Interpretation, others: Sequence[Interpretation]) -> Interpretation:
    """Ask about a column that may give a missing count, size or weight, and else has questions."""
    sound = [each for each in others if not each.notes.errors]
    if any(error.code == "cartons" for error in best.notes.errors):
        sound = [each for each in sound if _counts(each) and not _counts(best)]
    if not sound or len({error.code for error in best.notes.errors}) > 1:
        return best
    taken = min(sound, key=lambda each: (_count_changes(each, best), _rank(each)))
    _ask(taken, best)
    return taken


def _counts(found: Interpretation) -> bool:
    return any(column.field == "cartons" for column in found.columns)


def _changes_counts(taken: Interpretation, best: Interpretation) -> bool:
    """Tell whether a column became or ceased to be the count against its name, without a proof.

    Dropping a count would hide that it contradicts the carton numbers.
    """
    changed = any(
        (column.field == "cartons") != (other.field == "cartons")
        for column, other in zip(taken.columns, best.columns, strict=True)
    )
    return changed and not taken.notes.counts_proved


def _ask(best: Interpretation, other: Interpretation) -> None:
    """Ask which of two interpretations is right: a column's field, or the style of numbers."""
    for one, rival in zip(best.columns, other.columns, strict=True):
        if one.field != rival.field:
            fields = ((one, best), (rival, other))
            choices = [(f"{each.cell}.field={each.field}", _summary(of)) for each, of in fields]
            if {one.field, rival.field} == {"cartons", "pieces_per_carton"} and not (
                best.lines and other.lines
            ):
                text = "it counts pieces, and each row is one carton"
                choices.append((f"{one.cell}.rows=cartons", text))
            best.notes.ask(
                one.cell,
                "field",
                f"{one.header!r} may be {_FIELD_TEXTS.get(one.field, one.field)} or "
                f"{_FIELD_TEXTS.get(rival.field, rival.field)}, and nothing decides",
                choices,
            )
            return
    best.notes.ask(
        "",
        "numbers",
        "a comma or a point in numbers may separate thousands or decimals, and nothing decides",
        [(f"numbers={each.style}", _summary(each)) for each in (best, other)],
    )


def _summary(found: Interpretation) -> str:
    if not found.lines:
        texts = [error.text for error in found.notes.errors]
        texts += [
            " or ".join(choice.text for choice in question.choices[:2]) or question.text
            for question in found.notes.questions
        ]
        return texts[0] if texts else "no cartons"
    cartons = sum(line.cartons for line in found.lines)
    grams = sum(line.cartons * line.gross_g for line in found.lines)
    mm3 = sum(
        line.cartons * line.length_mm * line.width_mm * line.height_mm for line in found.lines
    )
    return f"{cartons} cartons, {mm3 / 10**9:.3f} m³, {grams / 1_000:g} kg"


def _is_near(first: Interpretation, second: Interpretation) -> bool:
    """Tell whether two interpretations say the same, but for the rounding of two columns.

    Pieces are no part of it: nothing in the hub depends on them.
    """
    if first.totals != second.totals or len(first.lines) != len(second.lines):
        return False
    return all(map(_is_near_line, first.lines, second.lines))


def _is_near_line(first: CartonLine, second: CartonLine) -> bool:
    values = [
        (line.rows, line.cartons, line.handling, [(a.amount, a.currency) for a in line.articles])
        for line in (first, second)
    ]
    edges = [(line.length_mm, line.width_mm, line.height_mm) for line in (first, second)]
    close = all(abs(one - other) <= max(6, one // 100) for one, other in zip(*edges, strict=True))
    masses = first.gross_g, second.gross_g
    return values[0] == values[1] and close and abs(masses[0] - masses[1]) <= max(masses) // 100
