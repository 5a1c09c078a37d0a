"""Tell the consignments of a list apart: by their number, or by their parties and ports."""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.model import CartonLine, Choice, Field, PackingList
from producers.packing_lists.shared import Options
from producers.packing_lists.terms import plain_text
from producers.sheets.workbook import Workbook, cell_name

SPLIT = "split"
"""The answer to `consignments` that makes a consignment of each shipper, consignee and port."""
SPLIT_BY: tuple[Field, ...] = ("shipper", "consignee", "pol", "pod")


class Grouping:
    """Tells the consignments of a list apart."""

    def __init__(
        self,
        packing_list: PackingList,
        options: Options,
        answers: Mapping[str, str],
        cells: Cells,
        findings: Findings,
    ) -> None:
        self._list = packing_list
        self._chosen = answers.get("consignment_id", "")
        self._split = answers.get("consignments") == SPLIT
        self._option = options.consignment_id or ""
        self._cells = cells
        self._findings = findings

    def groups(self, workbook: Workbook) -> dict[str, tuple[CartonLine, ...]]:
        """Group lines by consignment; a line without its number follows the line above."""
        labels = [label for label in self._list.labels if label.field == "consignment_id"]
        names = list(dict.fromkeys(plain_text(label.value) for label in labels))
        named = next(iter(names), "")
        if len(names) > 1 and not self._chosen:
            self._ask(cell_name(labels[0].row, labels[0].column), names)
        current = self._chosen or named or self._option or _content_id(workbook, self._list.sheets)
        groups: dict[str, list[CartonLine]] = {}
        parties = _Parties(current)
        for line in self._list.lines:
            if not self._chosen:
                current = line.shared.get("consignment_id") or current
            each = parties.completed(line) if self._split else line
            if self._split:
                current = parties.consignment_of(each)
            groups.setdefault(current, []).append(each)
        if not self._list.lines:
            groups[current] = []
        elsewhere = [each for each in groups if each != self._option]
        in_list = bool(named) or any(line.shared.get("consignment_id") for line in self._list.lines)
        if self._option and not self._chosen and in_list and elsewhere:
            row = self._list.lines[0].rows[0] if self._list.lines else 0
            cell = self._cells.name("consignment_id", row)
            if labels and not self._cells.has("consignment_id"):
                cell = cell_name(labels[0].row, labels[0].column)
            self._contradict(cell, elsewhere)
        return {name: tuple(lines) for name, lines in groups.items()}

    def _contradict(self, cell: str, in_list: list[str]) -> None:
        names = ", ".join(in_list[:5])
        if len(in_list) > 1:
            expected = f"no option --consignment-id beside {names}, which the list names"
            self._findings.refuse(cell, "contradiction", self._option, expected)
            return
        choices = [
            Choice(answer=f"consignment_id={names}", text=f"{names}, as {cell} says"),
            Choice(
                answer=f"consignment_id={self._option}",
                text=f"{self._option}, as --consignment-id says",
            ),
        ]
        text = "which consignment_id is right? " + ", or ".join(each.text for each in choices)
        self._findings.ask(cell, "contradiction", text, choices)

    def _ask(self, cell: str, names: list[str]) -> None:
        """Ask which of several numbers before all cartons is right."""
        choices = [
            Choice(answer=f"consignment_id={name}", text=f"{name} for all") for name in names
        ]
        text = f"which consignment_id is right? {', or '.join(names)}"
        self._findings.ask(cell, "contradiction", text, choices)


class _Parties:
    """Makes one consignment of the lines with the same parties and ports."""

    def __init__(self, list_id: str) -> None:
        self._list_id = list_id
        self._known: dict[tuple[str, ...], str] = {}
        self._now: dict[Field, str] = {}

    def completed(self, line: CartonLine) -> CartonLine:
        """Return the line with the parties of the line above, where it names none."""
        for field in SPLIT_BY:
            self._now[field] = line.shared.get(field) or self._now.get(field, "")
        named = {field: text for field, text in self._now.items() if text}
        return msgspec.structs.replace(line, shared={**line.shared, **named})

    def consignment_of(self, line: CartonLine) -> str:
        """Name the consignment of a completed line."""
        key = tuple(line.shared.get(field, "") for field in SPLIT_BY)
        return self._known.setdefault(key, f"{self._list_id}-{len(self._known) + 1}")


def _content_id(workbook: Workbook, sheets: tuple[str, ...]) -> str:
    """Derive an id from the content, so that the same list has the same id."""
    digest = blake2b(digest_size=6)
    for sheet in workbook.sheets:
        if sheet.name in sheets or len(workbook.sheets) == 1:
            for row in sheet.rows:
                digest.update("\x1f".join(map(plain_text, row)).encode() + b"\n")
    return f"PL-{digest.hexdigest().upper()}"
