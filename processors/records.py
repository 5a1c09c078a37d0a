"""What records hold once they are read: facts with their rows, ticks, dead letters."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec

from groupage.domain.events.base import Kind
from groupage.store.writers import DeadLetterRow
from processors.facts import Entry

OwnerKey: TypeAlias = tuple[Kind, str]


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """A fact as it came in."""

    owner: OwnerKey
    entry: Entry
    number: int
    """The first 64 bits of its id: `processors.known` tells new facts from known ones by it."""
    row: tuple[Any, ...]
    """Of table `fact`, in the order of `groupage.store.facts.COLUMNS`."""
    offset: int


class Tick(NamedTuple):
    """The clock's word, in its place among the facts."""

    at: datetime
    offset: int


Item: TypeAlias = Incoming | Tick


@dataclass
class Slice:
    """Consecutive records of one partition, read."""

    topic: str
    """Without the hub's prefix."""
    partition: int
    items: list[Item] = field(default_factory=list)
    """In the order of the log."""
    letters: list[DeadLetterRow] = field(default_factory=list)
    """Of records that are no facts of this hub, or that are letters themselves."""
    records: int = 0
    next_offset: int = 0
    oldest_ms: float = float("inf")
    """Kafka's time of the oldest record."""

    def behind(self, offset: int) -> "Slice | None":
        """The part from that offset on; None when there is nothing."""
        if self.next_offset <= offset:
            return None
        items = [item for item in self.items if item.offset >= offset]
        letters = [letter for letter in self.letters if letter.record_offset >= offset]
        records = min(self.records, self.next_offset - offset)
        return Slice(
            self.topic, self.partition, items, letters, records, self.next_offset, self.oldest_ms
        )


class Batch(NamedTuple):
    """What was fetched at one time, of several partitions; committed as one."""

    epoch: int
    slices: list[Slice]
