"""Members of a DCSA event, each under all its names, and what is wrong with them."""

from datetime import datetime
from typing import Any

from groupage.contracts.instants import in_calendar, read_instant
from producers.problems import FieldProblem, abbreviate

TEXT_LENGTH_MAX = 500
ITEMS_MAX = 200
_A_TIME = "a date and time with offset, like 2026-03-01T08:00:00+08:00"
_A_TEXT = f"a text of at most {TEXT_LENGTH_MAX} characters"


class MemberReader:
    """Looks members up under several names, and collects what is wrong."""

    def __init__(self, event: dict[str, Any], path: str) -> None:
        self.event = event
        self._path = path
        self.problems: list[FieldProblem] = []

    def add_problem(self, field: str, value: object, expected: str) -> None:
        """Note an error, the first of each field."""
        path = f"{self._path}.{field}" if self._path else field
        if all(path != problem.field for problem in self.problems):
            problem = FieldProblem(field=path, value=abbreviate(value), expected=expected)
            self.problems.append(problem)

    def find(self, *names: str) -> tuple[str, Any]:
        """Return name and value of the first of these members that is present and not null."""
        for name in names:
            node: Any = self.event
            for part in name.split("."):
                if not isinstance(node, dict):
                    self.add_problem(name.rpartition(".")[0], node, "an object")
                    node = None
                    break
                node = node.get(part)
                if node is None:
                    break
            if node is not None:
                return name, node
        return names[0], None

    def text(self, *names: str, required: bool = False) -> str:
        """Return a text; empty: there is none."""
        name, value = self.find(*names)
        if value is None:
            if required:
                self.add_problem(name, None, _A_TEXT)
            return ""
        if isinstance(value, int) and not isinstance(value, bool) and "Sequence" in name:
            return str(value)
        if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX:
            self.add_problem(name, value, _A_TEXT)
            return ""
        if required and not value.strip():
            self.add_problem(name, value, _A_TEXT)
        return value.strip()

    def instant(self, *names: str, required: bool) -> datetime | None:
        """Return a date and time with offset."""
        name, value = self.find(*names)
        if value is None and not required:
            return None
        at = read_instant(value) if isinstance(value, str) else None
        at = in_calendar(at) if at is not None and at.tzinfo is not None else None
        if at is None:
            self.add_problem(name, value, _A_TIME)
        return at

    def objects(self, *names: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the objects in a list with their paths."""
        name, value = self.find(*names)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > ITEMS_MAX:
            self.add_problem(name, value, f"a list of at most {ITEMS_MAX} objects")
            return []
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append((f"{name}[{index}]", item))
            else:
                self.add_problem(f"{name}[{index}]", item, "an object")
        return found

    def member(self, path: str, item: dict[str, Any], *names: str) -> str:
        """Return a text of an object in a list, under the first of these names that it has."""
        for name in names:
            value = item.get(name)
            if value is None:
                continue
            if isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX:
                return value.strip()
            self.add_problem(f"{path}.{name}", value, _A_TEXT)
        return ""
