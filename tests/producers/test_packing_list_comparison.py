"""The bench of packing lists tells a wrong figure from a right one, and a right question too."""

from collections.abc import Iterable

import msgspec
import pytest

from groupage.app.bench.packing_lists.case import Case
from groupage.app.bench.packing_lists.compare import compare, refusal
from producers.packing_lists.model import (
    Article,
    CartonLine,
    Finding,
    Handling,
    Label,
    PackingList,
    Totals,
)

CASE = Case(
    name="cups",
    hard="nothing",
    lines="""
        10 | 600x400x350 | 12500 | cups | 1..10 | fragile, top=0
        2 | 500x400x400 | 8000 | plates; bowls
    """,
    labels={"pod": "ROTTERDAM || NLRTM"},
    asks="C, D7",
    refuses="E9",
    tells=("hidden",),
)
CUPS = CartonLine(
    rows=(1,),
    cartons=10,
    length_mm=400,
    width_mm=600,
    height_mm=350,
    gross_g=12_500,
    numbers=tuple(f"{number:03}" for number in range(1, 11)),
    articles=(Article(row=1, goods="CUPS (red)"),),
    handling=Handling(fragile=True, max_top_load_g=0),
)
PLATES = CartonLine(
    rows=(2, 3),
    cartons=2,
    length_mm=500,
    width_mm=400,
    height_mm=400,
    gross_g=8_000,
    articles=(Article(row=2, goods="plates"), Article(row=3, goods="bowls")),
)
POD = Label(field="pod", value="Rotterdam", row=0, column=1, text="To")
HIDDEN = Finding(cell="", code="hidden_sheet", text="sheet old is hidden")


def read(
    lines: Iterable[CartonLine] = (CUPS, PLATES),
    *,
    questions: tuple[Finding, ...] = (),
    errors: tuple[Finding, ...] = (),
    declared: Totals | None = None,
    labels: tuple[Label, ...] = (POD,),
) -> PackingList:
    """Return a list as a reader returns it; it is right by default."""
    return PackingList(
        workbook="cups.xlsx",
        sheets=("PL",),
        columns=(),
        lines=tuple(lines),
        declared_totals=declared,
        labels=labels,
        questions=questions,
        errors=errors,
        remarks=(HIDDEN,),
    )


def test_the_same_figures_are_right_whatever_the_order() -> None:
    """Lines may come in another order, base edges turned, names with more words than the truth."""
    comparison = compare(CASE, read((PLATES, CUPS)))
    assert (comparison.outcome, comparison.details, comparison.missing) == ("right", (), ())


@pytest.mark.parametrize(
    "changed",
    [
        {"cartons": 11},
        {"height_mm": 351},
        {"gross_g": 125_000},
        {"articles": ()},
        {"handling": Handling(fragile=True)},
        {"numbers": ("1", "2")},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_any_other_figure_is_wrong_silently(changed: dict[str, object]) -> None:
    """Counts, edges, masses, goods, handling and carton numbers all count."""
    line = msgspec.structs.replace(CUPS, **changed)
    comparison = compare(CASE, read((line, PLATES)))
    assert comparison.outcome == "wrong silently"
    assert comparison.details


def test_a_wrong_label_is_wrong_and_one_that_was_not_found_is_missing() -> None:
    """A port that nobody found will be asked for; a wrong one sends the goods elsewhere."""
    wrong = Label(field="pod", value="Hamburg", row=0, column=1, text="To")
    assert compare(CASE, read(labels=(wrong,))).outcome == "wrong silently"
    unfound = compare(CASE, read(labels=()))
    assert (unfound.outcome, unfound.missing) == ("right", ("label pod was not found",))


@pytest.mark.parametrize(
    ("cell", "asked", "refused"),
    [
        ("C1", "asked", "refused needlessly"),
        ("D7", "asked", "refused needlessly"),
        ("D8", "asked needlessly", "refused needlessly"),
        ("E9", "asked needlessly", "refused"),
    ],
)
def test_questions_and_errors_are_judged_by_their_cells(
    cell: str, asked: str, refused: str
) -> None:
    """A column stands for all its cells."""
    finding = Finding(cell=cell, code="unit", text="cm or in?")
    assert compare(CASE, read((), questions=(finding,))).outcome == asked
    assert compare(CASE, read((), errors=(finding,))).outcome == refused


def test_an_answer_where_the_sheet_has_none_is_wrong() -> None:
    """A silent default is wrong even where it happens to be what the merchant meant."""
    case = Case(name="unit", hard="no unit", asks="C")
    assert compare(case, read()).outcome == "wrong silently"


def test_totals_only() -> None:
    """Declared totals are compared whole."""
    case = Case(name="booking", hard="no sizes", declared="430 | 40.6 | 3650")
    right = Totals(cartons=430, volume_cm3=40_600_000, gross_g=3_650_000)
    assert compare(case, read((), declared=right, labels=())).outcome == "right"
    wrong = msgspec.structs.replace(right, gross_g=3_650)
    assert compare(case, read((), declared=wrong, labels=())).outcome == "wrong silently"
    assert compare(CASE, read((), declared=right)).outcome == "wrong silently"


def test_a_file_that_is_not_taken_at_all() -> None:
    """It is refused rightly only where the whole file is what the error is right about."""
    assert refusal(CASE, "neither a workbook nor text").outcome == "refused needlessly"
    anything = msgspec.structs.replace(CASE, refuses="*")
    assert refusal(anything, "neither a workbook nor text").outcome == "refused"
