"""`groupage bench packing-lists`: each list of the corpus against its truth."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from groupage.app.bench.packing_lists.case import Case, load_families
from groupage.app.bench.packing_lists.compare import Comparison, compare, refusal
from groupage.app.bench.packing_lists.files import write_case
from groupage.domain.errors import GroupageError
from producers.packing_lists.booking import Booking, Times, book
from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.packing_lists.shared import Options
from producers.screening import CheckDigitRules
from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Workbook


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The confusion table's row of one family of lists."""

    name: str
    lists: int
    readable: int
    """Lists whose sheet has an answer; about the others, a question or an error is right."""
    right: int
    asked: int
    """With a question that somebody who reads the sheet would ask, too."""
    refused: int
    """With an error at the right place."""
    needless: int
    """Questions and errors where the sheet has an answer."""
    wrong_silently: int


def run(*, files: Path | None, report: Callable[[str], None]) -> tuple[Row, ...]:
    """Read every list, report each that is not right, and return the table; its last row sums up.

    `files` is the folder of the reported lists, whose files are kept apart.
    """
    comparisons: dict[str, list[Comparison]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for family, cases in load_families().items():
            for case in cases:
                path = _path_of(case, Path(folder), files)
                if path is not None:
                    comparisons.setdefault(family, []).append(judge(case, path))
    everything = [comparison for family in comparisons.values() for comparison in family]
    for text in describe(everything):
        report(text)
    held_out = [comparison for comparison in everything if comparison.case.held_out]
    rows = [_row(name, family) for name, family in comparisons.items()]
    return (*rows, _row("held out, of all", held_out), _row("all", everything))


def judge(case: Case, path: Path) -> Comparison:
    """Read the list's file as the import does, and compare it with the truth."""
    try:
        workbook = read_workbook(path.name, path.read_bytes())
        read = understand(workbook)
    except GroupageError as error:
        return refusal(case, str(error))
    if read.questions or read.errors:
        return compare(case, read)
    booking = _book(case, read, workbook)
    comparison = compare(case, msgspec.structs.replace(read, remarks=booking.remarks))
    unbooked = tuple(
        f"the booking needs: {found.cell} {found.text}"
        for found in (*booking.questions, *booking.errors)
    )
    return msgspec.structs.replace(comparison, missing=(*comparison.missing, *unbooked))


def _book(case: Case, read: PackingList, workbook: Workbook) -> Booking:
    """Book the list; its clerk gives what the sheet does not say."""
    stated = {*case.labels, *(part.split("=")[0] for part in case.lines.split() if "=" in part)}
    listed_at = datetime(2026, 3, 5, tzinfo=UTC)
    return book(
        read,
        workbook,
        options=Options(
            shipper=None if "shipper" in stated else "S", pod=None if "pod" in stated else "NLRTM"
        ),
        answers={},
        times=Times(listed_at=listed_at, recorded_at=listed_at),
        rules=CheckDigitRules(),
    )


def describe(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield a paragraph for each list that is not simply right, the worst last."""
    ranked = ("right", "asked", "refused", "asked needlessly", "refused needlessly")
    order = {outcome: place for place, outcome in enumerate(ranked)}
    for found in sorted(comparisons, key=lambda found: order.get(found.outcome, len(order))):
        details = (*found.details, *(f"missing: {text}" for text in found.missing))
        if details:
            yield f"{found.case.name}: {found.outcome}\n" + "\n".join(f"  {d}" for d in details)


def _path_of(case: Case, folder: Path, files: Path | None) -> Path | None:
    if not case.file:
        return write_case(case, folder)
    path = files / case.file if files else None
    return path if path and path.is_file() else None


def _row(name: str, comparisons: Sequence[Comparison]) -> Row:
    counts = Counter(comparison.outcome for comparison in comparisons)
    return Row(
        name=name,
        lists=len(comparisons),
        readable=sum(
            bool(comparison.case.lines or comparison.case.declared) for comparison in comparisons
        ),
        right=counts["right"],
        asked=counts["asked"],
        refused=counts["refused"],
        needless=counts["asked needlessly"] + counts["refused needlessly"],
        wrong_silently=counts["wrong silently"],
    )
