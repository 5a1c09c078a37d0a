"""Everything that one batch will write to the database, gathered before the first statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from groupage.contracts.topics import INTERNAL_TOPICS
from groupage.domain.events.base import AggregateKind
from groupage.store.aggregates_by_offset import RELAYED_BY, AggregateList
from groupage.store.alerts import AlertChanges
from groupage.store.captured_events import StoredCapture
from groupage.store.dead_letters import Settlement
from groupage.store.facts import LogPosition
from groupage.store.writers import DeadLetterRow, OffsetAdvance, OutboxRow, StateRow
from groupage.telemetry import metrics
from processors.worker.assignment import Partition, PartitionProgress
from processors.worker.batch import AggregateKey, IncomingFact, PartitionBatch
from processors.worker.cache import CachedAggregate


@dataclass
class WriteBatch:
    """The rows of one transaction, and what the worker must know until it is committed."""

    epoch: int
    partitions: dict[Partition, PartitionProgress]
    """Those of the epoch. If the assignment has moved on, this batch is void."""
    offsets: list[OffsetAdvance] = field(default_factory=list)
    fact_lines: list[bytes] = field(default_factory=list)
    """Of new facts, as `groupage.store.facts.line_of` makes them."""
    aggregate_lists: list[AggregateList] = field(default_factory=list)
    """Those with facts from outside."""
    states: dict[AggregateKind, list[StateRow]] = field(default_factory=dict)
    dead_letters: dict[UUID, DeadLetterRow] = field(default_factory=dict)
    captures: list[StoredCapture] = field(default_factory=list)
    """In the order of the log, partition by partition."""
    settled: dict[tuple[UUID, str], Settlement] = field(default_factory=dict)
    """By fact id and rejection code: facts that are no longer rejected with that code."""
    acknowledged: list[LogPosition] = field(default_factory=list)
    """Of records that void ticks: the refused ticks before them need nobody any more."""
    alerts: AlertChanges = field(default_factory=AlertChanges)
    outbox: list[OutboxRow] = field(default_factory=list)

    dirty: dict[AggregateKey, CachedAggregate] = field(default_factory=dict)
    """Aggregates whose state this batch may have changed; add them by `mark_dirty`."""
    with_clock: dict[tuple[AggregateKind, int], dict[str, CachedAggregate]] = field(
        default_factory=dict
    )
    """Those of them that may have a deadline, by kind, partition and key."""
    new_facts: dict[AggregateKey, list[IncomingFact]] = field(default_factory=dict)
    """New facts of this batch, until `release_facts`; add them by `add_facts`."""
    new_fact_ids: dict[AggregateKey, list[str]] = field(default_factory=dict)
    """Their ids in hex."""
    records: int = 0
    oldest_ms: float = float("inf")
    """Kafka's timestamp of the oldest record."""

    def mark_dirty(self, aggregate_key: AggregateKey, cached: CachedAggregate) -> None:
        """Note that this batch may have changed the aggregate's state."""
        self.dirty[aggregate_key] = cached
        if cached.aggregate.has_clock:
            kind, key = aggregate_key
            self.with_clock.setdefault((kind, cached.partition), {})[key] = cached

    def add_facts(self, aggregate_key: AggregateKey, facts: Sequence[IncomingFact]) -> None:
        """Note that these facts of the aggregate are new: they are to be stored.

        All at once, for speed: each pass over the facts of a batch reads them from memory again.
        """
        self.new_facts.setdefault(aggregate_key, []).extend(facts)
        ids = [incoming.fact_id for incoming in facts]
        self.new_fact_ids.setdefault(aggregate_key, []).extend(ids)
        self.fact_lines += [incoming.copy_line for incoming in facts]

    def list_aggregates(self, part: PartitionBatch) -> None:
        """List the aggregates for which the part has facts from outside.

        On a public topic all count: only versions before 0.3.0 sent the hub's own messages there.
        Nothing looks at each fact there, for speed.
        """
        internal = part.topic in INTERNAL_TOPICS
        keys: dict[AggregateKind, list[str]] = {}
        number, first, last = 0, part.next_offset, 0
        for segment in part.segments:
            for (kind, key), facts in segment.facts.items():
                listed = facts
                if internal:
                    listed = [each for each in facts if each.fact.relayed_by in RELAYED_BY]
                if listed:
                    keys.setdefault(kind, []).append(key)
                    number += len(listed)
                    first, last = min(first, listed[0].offset), max(last, listed[-1].offset)
        if keys:
            place = (part.topic, part.partition)
            self.aggregate_lists.append(AggregateList(*place, first, last, number, keys))

    def count_records(self, part: PartitionBatch) -> None:
        """Add the part's records to the figures of the batch."""
        self.records += part.records
        self.oldest_ms = min(self.oldest_ms, part.oldest_ms)
        metrics.EVENTS_CONSUMED.labels(part.topic).inc(part.records)

    def count_duplicates(self, part: PartitionBatch, count: int) -> None:
        """Count facts that deduplication dropped."""
        metrics.EVENTS_DUPLICATE.labels(part.topic).inc(count)

    def release_facts(self) -> None:
        """Keep only the ids of the new facts: a commit holds the batch in memory for a while."""
        self.new_facts.clear()
