"""Decoded records on their way to the fold: facts by aggregate, ticks, dead letters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from groupage.domain.events.base import AggregateKind
from groupage.store.captured_events import StoredCapture
from groupage.store.writers import DeadLetterRow
from processors.kernel.corrections import Entry

AggregateKey: TypeAlias = tuple[AggregateKind, str]


class IncomingFact(Entry, frozen=True, gc=False):
    """A fact as decoded from a record.

    For speed only, `id_prefix` and `copy_line` are computed here, while the record's parts are in
    the processor's cache.
    """

    id_prefix: int
    """The first 64 bits of its id, by which `deduplication` recognizes new facts."""
    copy_line: bytes
    """The fact as a text line for COPY into table `fact` (`groupage.store.facts.line_of`)."""
    offset: int


@dataclass
class TickSegment:
    """The facts of a partition up to the next tick."""

    facts: dict[AggregateKey, list[IncomingFact]] = field(default_factory=dict)
    """By aggregate, each list in the order of the log."""
    tick_at: datetime | None = None
    """The clock's reading that follows them; None: no tick follows."""
    tick_offset: int = -1
    resets: bool = False
    """The reading counts even if the clock has passed it: ticks before it are void."""

    def from_offset(self, offset: int) -> "TickSegment":
        """Return the part that begins at that offset."""
        kept = {
            key: [incoming for incoming in facts if incoming.offset >= offset]
            for key, facts in self.facts.items()
        }
        return TickSegment(
            {key: facts for key, facts in kept.items() if facts},
            self.tick_at if self.tick_offset >= offset else None,
            self.tick_offset,
            self.resets,
        )


class Proposal(NamedTuple):
    """A plan that a record proposes."""

    record: Any
    """As aiokafka gave it."""
    plan_id: str
    digest: str


@dataclass
class PartitionBatch:
    """Consecutive records of one partition, decoded."""

    topic: str
    """Without the hub's prefix."""
    partition: int
    segments: list[TickSegment] = field(default_factory=lambda: [TickSegment()])
    dead_letters: list[DeadLetterRow] = field(default_factory=list)
    """Of records that cannot be decoded; on the dead letter topic, of all records."""
    captures: list[StoredCapture] = field(default_factory=list)
    """Captured EPCIS events, on their topic."""
    ahead: dict[int, timedelta] = field(default_factory=dict)
    """Offsets of events that are too far ahead of Kafka's time, on a hub with an external clock,
    with the tolerance of that time."""
    proposals: list[Proposal] = field(default_factory=list)
    """Plans that facts of this part propose."""
    records: int = 0
    value_bytes: int = 0
    """Sum over the records' values."""
    next_offset: int = 0
    oldest_ms: float = float("inf")
    """Kafka's timestamp of the oldest record."""

    def from_offset(self, offset: int) -> "PartitionBatch | None":
        """Return the part that begins at that offset; None: it ends before."""
        if self.next_offset <= offset:
            return None
        if self.next_offset - self.records >= offset:
            return self
        return PartitionBatch(
            self.topic,
            self.partition,
            [segment.from_offset(offset) for segment in self.segments],
            [row for row in self.dead_letters if row.record_offset >= offset],
            [capture for capture in self.captures if capture.position.offset >= offset],
            self.ahead,
            [proposal for proposal in self.proposals if proposal.record.offset >= offset],
            self.next_offset - offset,
            self.value_bytes,
            self.next_offset,
            self.oldest_ms,
        )

    def drop(self, offset: int) -> None:
        """Take the facts of a record out."""
        for segment in self.segments:
            for key, facts in list(segment.facts.items()):
                kept = [incoming for incoming in facts if incoming.offset != offset]
                if kept:
                    facts[:] = kept
                else:
                    del segment.facts[key]


class Batch(NamedTuple):
    """Records of several partitions, fetched together and committed in one transaction."""

    epoch: int
    parts: list[PartitionBatch]
    full: bool = False
    """More records may be waiting in Kafka."""


@dataclass(frozen=True)
class BatchLimits:
    """Limits of a batch, which its last run of records may exceed."""

    records_max: int
    bytes_max: int
    """Of values: a plan is a thousand times as large as a scan."""
    aggregates_max: int
    """The worker holds their states until they are committed."""

    def remaining_records(self, parts: Iterable[PartitionBatch]) -> int:
        """Return how many records still fit; 0: the batch is full."""
        records = size = aggregates = 0
        for part in parts:
            records += part.records
            size += part.value_bytes
            aggregates += sum(len(segment.facts) for segment in part.segments)
        if size >= self.bytes_max or aggregates >= self.aggregates_max:
            return 0
        return max(0, self.records_max - records)
