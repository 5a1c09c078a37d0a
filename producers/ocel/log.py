"""Reader of OCEL 2.0 logs in CSV: each row is an event with its objects, by object type."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec

from groupage.contracts.instants import in_calendar, read_instant
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
    """A row. A cell may list several objects (``cr16,cr2,cr3``)."""

    line: int
    event_id: str
    activity: str
    time: str
    at: datetime | None
    """UTC; None when `time` cannot be read."""
    objects: dict[str, tuple[str, ...]]
    text: str
    """The cells of the row as JSON, for the dead letter."""

    def objects_of(self, object_type: str) -> tuple[str, ...]:
        """Return the objects of a type; the tuple may be empty."""
        return self.objects.get(object_type, ())

    def single_object(self, object_type: str) -> str | None:
        """Return the only object of a type; None when there are none or several."""
        found = self.objects_of(object_type)
        return found[0] if len(found) == 1 else None


def read_log(path: Path, *, zone: tzinfo = UTC) -> Iterator[LogEvent]:
    """Yield the events of a log, line by line. Times without an offset are in `zone`.

    Raises InvalidInput when the file is not such a log.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            _check_header(path, reader.fieldnames or ())
            for row in reader:
                yield _event(row, reader.line_num, zone)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: line {_undecodable_line(path)} is not UTF-8 text") from error
    except (OSError, csv.Error) as error:
        raise InvalidInput(f"{path}: {error}") from error


def _undecodable_line(path: Path) -> int:
    """Find the first line that is not UTF-8; the decoder only counts within its block."""
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
    at = read_instant(text)
    if at is None:
        return None
    return in_calendar(at if at.tzinfo else at.replace(tzinfo=zone))
