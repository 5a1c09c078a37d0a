"""Rows of an OCEL 2.0 log in CSV: one event each, with the objects it touched, by object type."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec

from groupage.contracts.instants import in_calendar
from groupage.domain.errors import InvalidInput

COLUMNS = ("id", "type", "time")
OBJECT_TYPES = (
    "Customer_Order",
    "Transport_Document",
    "Vehicle",
    "Container",
    "Handling_Unit",
    "Truck",
    "Forklift",
)


class LogEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One row. A cell may list several objects (``cr16,cr2,cr3``)."""

    line: int
    event_id: str
    activity: str
    time: str
    at: datetime | None
    """UTC; None when `time` is no time."""
    objects: dict[str, tuple[str, ...]]
    text: str
    """The row as it stands in the file."""

    def all(self, object_type: str) -> tuple[str, ...]:
        """The objects of a type, maybe none."""
        return self.objects.get(object_type, ())

    def one(self, object_type: str) -> str | None:
        """The only object of a type; None when there is none or more than one."""
        found = self.all(object_type)
        return found[0] if len(found) == 1 else None


def read_log(path: Path, *, zone: tzinfo = UTC) -> Iterator[LogEvent]:
    """The events of a log, line by line. Times without an offset are in `zone`.

    Raises InvalidInput when the file is no such log.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            _check_header(path, reader.fieldnames or ())
            for row in reader:
                yield _event(row, reader.line_num, zone)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: line {_undecodable(path)} is no text in UTF-8") from error
    except (OSError, csv.Error) as error:
        raise InvalidInput(f"{path}: {error}") from error


def _undecodable(path: Path) -> int:
    """The line: what the decoder counts begins anew with each block of the file."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):  # noqa: B007 - the last one is wanted
            try:
                line.decode()
            except UnicodeDecodeError:
                break
    return number


def _check_header(path: Path, names: object) -> None:
    columns = tuple(names) if isinstance(names, list | tuple) else ()
    missing = [name for name in COLUMNS if name not in columns]
    if missing or not set(columns) & set(OBJECT_TYPES):
        raise InvalidInput(
            f"{path}: the first line is {', '.join(map(str, columns))[:200]!r}; expected columns "
            f"{', '.join(COLUMNS)} and object types such as {', '.join(OBJECT_TYPES)}"
        )


def _event(row: dict[str, str], line: int, zone: tzinfo) -> LogEvent:
    cells = {name: value or "" for name, value in row.items() if name}
    objects = {
        name: tuple(part.strip() for part in cells[name].split(",") if part.strip())
        for name in OBJECT_TYPES
        if cells.get(name)
    }
    return LogEvent(
        line=line,
        event_id=cells.get("id", ""),
        activity=cells.get("type", ""),
        time=cells.get("time", ""),
        at=_instant(cells.get("time", ""), zone),
        objects=objects,
        text=msgspec.json.encode(cells).decode(),
    )


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return in_calendar(at if at.tzinfo else at.replace(tzinfo=zone))
