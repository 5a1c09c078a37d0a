"""What records hold once they are read: facts with their rows, ticks, dead letters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from groupage.domain.events.base import AggregateKind
from groupage.store.writers import DeadLetterRow
from processors.kernel.corrections import Entry

OwnerKey: TypeAlias = tuple[AggregateKind, str]


class Incoming(Entry, frozen=True, gc=False):
    """A fact as it came in."""

    number: int
    """The first 64 bits of its id, by which `deduplication` tells new facts from known ones."""
    line: str
    """For table `fact` (`groupage.store.facts.line_of`)."""
    offset: int


@dataclass
class Stretch:
    """The facts up to a tick, by owner and in the order of the log."""

    owners: dict[OwnerKey, list[Incoming]] = field(default_factory=dict)
    tick_at: datetime | None = None
    """The clock's word after them; None: the slice ends here."""
    tick_offset: int = -1


@dataclass
class Slice:
    """Consecutive records of one partition, read."""

    topic: str
    """Without the hub's prefix."""
    partition: int
    stretches: list[Stretch] = field(default_factory=lambda: [Stretch()])
    letters: list[DeadLetterRow] = field(default_factory=list)
    """Of records that are no facts of this hub, or that are letters themselves."""
    records: int = 0
    value_bytes: int = 0
    """Of the records' values together."""
    next_offset: int = 0
    oldest_ms: float = float("inf")
    """Kafka's time of the oldest record."""

    def behind(self, offset: int) -> "Slice | None":
        """The part from that offset on; None when there is nothing."""
        if self.next_offset <= offset:
            return None
        if self.next_offset - self.records >= offset:
            return self
        return Slice(
            self.topic,
            self.partition,
            [_behind(stretch, offset) for stretch in self.stretches],
            [letter for letter in self.letters if letter.record_offset >= offset],
            self.next_offset - offset,
            self.value_bytes,
            self.next_offset,
            self.oldest_ms,
        )


def _behind(stretch: Stretch, offset: int) -> Stretch:
    kept = {
        key: [item for item in items if item.offset >= offset]
        for key, items in stretch.owners.items()
    }
    ticks = stretch.tick_offset >= offset
    return Stretch(
        {key: items for key, items in kept.items() if items},
        stretch.tick_at if ticks else None,
        stretch.tick_offset,
    )


class Batch(NamedTuple):
    """What was fetched at one time, of several partitions; committed as one."""

    epoch: int
    slices: list[Slice]
    full: bool = False
    """There may be more at once."""


@dataclass(frozen=True)
class Room:
    """How much a batch may hold; the last run of records may bring more than that."""

    records_max: int
    bytes_max: int
    """Of values: a plan is a thousand times as large as a scan."""
    owners_max: int
    """Their states are held until they are committed."""

    def left(self, slices: Iterable[Slice]) -> int:
        """How many records may still come to these; 0: it is full."""
        records = size = owners = 0
        for piece in slices:
            records += piece.records
            size += piece.value_bytes
            owners += sum(len(stretch.owners) for stretch in piece.stretches)
        if size >= self.bytes_max or owners >= self.owners_max:
            return 0
        return max(0, self.records_max - records)
