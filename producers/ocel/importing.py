"""A container-logistics log, accounted for to its last event."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec

from groupage.domain.events.equipment import ContainerBooked, ContainerEvent, ContainerOnBoard
from groupage.domain.events.schedule import LegDeparted
from groupage.domain.events.unit import UnitEvent
from producers.entries import Accepted, Entry, Quarantined, check_entry
from producers.ocel.log import LogEvent, read_log
from producers.ocel.mapping import FOUND_BY, Assumed, Mapping, Papers
from producers.screening import CheckDigitRules

_RULES = CheckDigitRules(units="warn", containers="warn", free_names=True)
"""The log calls its containers ``cr1``, ``cr2`` …: names, no numbers with check digits."""


def source_of(path: Path) -> str:
    """The log's name as source: the same file again gives the same facts."""
    return f"/ocel/{path.stem}"


def entries_of(
    path: Path,
    *,
    recorded_at: datetime,
    source: str | None = None,
    assumed: Assumed | None = None,
    zone: tzinfo = UTC,
) -> Iterator[Entry]:
    """The fate of every row. The file is read twice: papers explain rows that stand before them."""
    papers = Papers()
    for row in read_log(path, zone=zone):
        papers.learn(row)
    mapping = Mapping(source=source or source_of(path), assumed=assumed or Assumed(), papers=papers)
    for row in read_log(path, zone=zone):
        yield _entry(mapping, row, recorded_at)


def _entry(mapping: Mapping, row: LogEvent, recorded_at: datetime) -> Entry:
    entry = mapping.entry(row, recorded_at=recorded_at)
    return check_entry(entry, rules=_RULES, found_by=FOUND_BY, original=row.text.encode())


class Count(msgspec.Struct, kw_only=True):
    """Figures of the log that anybody can check against its description."""

    containers: set[str] = msgspec.field(default_factory=set)
    handling_units: set[str] = msgspec.field(default_factory=set)
    loaded: set[str] = msgspec.field(default_factory=set)
    rollovers: int = 0
    departures: int = 0
    objectless: int = 0

    def add(self, entry: Entry) -> None:
        """Count an entry's facts."""
        if isinstance(entry, Quarantined) and entry.dead_letter.code == "no_object":
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
        """The figures."""
        return {
            "containers": len(self.containers),
            "handling_units": len(self.handling_units),
            "loaded": len(self.loaded),
            "rollovers": self.rollovers,
            "departures": self.departures,
            "objectless": self.objectless,
        }
