"""Import of a container-logistics log: a result for each of its rows, and counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec

from groupage.domain.events.equipment import ContainerBooked, ContainerEvent, ContainerOnBoard
from groupage.domain.events.schedule import LegDeparted
from groupage.domain.events.unit import UnitEvent
from producers.dead_letters import QuarantineCode
from producers.entries import Accepted, Entry, Quarantined, check_entry
from producers.ocel.log import LogEvent, read_log
from producers.ocel.mapping import FOUND_BY, Assumptions, Mapping, TransportDocuments
from producers.screening import CheckDigitRules

_RULES = CheckDigitRules(units="warn", containers="warn", free_names=True)
"""The log calls its containers ``cr1``, ``cr2`` …, which have no check digits."""


def source_of(path: Path) -> str:
    """Return the log's name as source, so that importing a file twice gives the same facts."""
    return f"/ocel/{path.stem}"


def entries_of(
    path: Path,
    *,
    recorded_at: datetime,
    source: str | None = None,
    assumptions: Assumptions | None = None,
    zone: tzinfo = UTC,
) -> Iterator[Entry]:
    """Yield a result for every row.

    The file is read twice, because a transport document may explain rows that stand before it.
    """
    documents = TransportDocuments()
    for row in read_log(path, zone=zone):
        documents.add(row)
    mapping = Mapping(
        source=source or source_of(path),
        assumptions=assumptions or Assumptions(),
        documents=documents,
    )
    for row in read_log(path, zone=zone):
        yield _entry(mapping, row, recorded_at)


def _entry(mapping: Mapping, row: LogEvent, recorded_at: datetime) -> Entry:
    entry = mapping.entry(row, recorded_at=recorded_at)
    return check_entry(entry, rules=_RULES, found_by=FOUND_BY, original=row.text.encode())


class Count(msgspec.Struct, kw_only=True):
    """Counts that can be compared with the published description of the log."""

    containers: set[str] = msgspec.field(default_factory=set)
    handling_units: set[str] = msgspec.field(default_factory=set)
    loaded: set[str] = msgspec.field(default_factory=set)
    rollovers: int = 0
    departures: int = 0
    objectless: int = 0

    def add(self, entry: Entry) -> None:
        """Count an entry's facts."""
        if isinstance(entry, Quarantined) and entry.dead_letter.code is QuarantineCode.NO_OBJECT:
            self.objectless += 1
        if not isinstance(entry, Accepted):
            return
        for fact in entry.facts:
            event = fact.data
            if isinstance(event, ContainerEvent):
                self.containers.add(event.equipment_ref)
            if isinstance(event, UnitEvent):
                self.handling_units.add(event.unit_id)
            if isinstance(event, ContainerOnBoard):
                self.loaded.add(event.equipment_ref)
            self.rollovers += isinstance(event, ContainerBooked) and event.rescheduled
            self.departures += isinstance(event, LegDeparted)

    def as_json(self) -> dict[str, int]:
        """Return the counts by name, for ``--json``."""
        return {
            "containers": len(self.containers),
            "handling_units": len(self.handling_units),
            "loaded": len(self.loaded),
            "rollovers": self.rollovers,
            "departures": self.departures,
            "objectless": self.objectless,
        }
