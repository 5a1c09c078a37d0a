"""What one batch does to the database, gathered before any of it is written."""

from dataclasses import dataclass, field
from uuid import UUID

from groupage.domain.events.base import AggregateKind
from groupage.store.alerts import AlertChanges
from groupage.store.dead_letters import Settlement
from groupage.store.writers import DeadLetterRow, OffsetAdvance, OutboxRow, StateRow
from groupage.telemetry import metrics
from processors.worker.assignment import Partition, PartitionProgress
from processors.worker.batch import Incoming, OwnerKey, Slice
from processors.worker.cache import Owner


@dataclass
class Effects:
    """Rows of one transaction, and what must be known until it is committed."""

    epoch: int
    places: dict[Partition, PartitionProgress]
    """Those of the epoch, also when the assignment has others meanwhile: then all this is void."""
    positions: list[OffsetAdvance] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    """Lines of `groupage.store.facts.line_of`."""
    states: dict[AggregateKind, list[StateRow]] = field(default_factory=dict)
    letters: dict[UUID, DeadLetterRow] = field(default_factory=dict)
    settled: dict[tuple[UUID, str], Settlement] = field(default_factory=dict)
    """Facts, by id and code, that are not refused with that code any more."""
    alerts: AlertChanges = field(default_factory=AlertChanges)
    outbox: list[OutboxRow] = field(default_factory=list)

    touched: dict[OwnerKey, Owner] = field(default_factory=dict)
    entries: dict[OwnerKey, list[Incoming]] = field(default_factory=dict)
    """New facts of this batch by owner, until it is concluded."""
    fact_ids: dict[OwnerKey, list[str]] = field(default_factory=dict)
    """Their ids in hex, from then on."""
    records: int = 0
    oldest_ms: float = float("inf")
    """Kafka's time of the oldest record."""

    def count(self, piece: Slice) -> None:
        """A slice is taken in."""
        self.records += piece.records
        self.oldest_ms = min(self.oldest_ms, piece.oldest_ms)
        metrics.EVENTS_CONSUMED.labels(piece.topic).inc(piece.records)

    def forget_facts(self) -> None:
        """Keep their ids and lines only: a commit holds a batch in memory for long enough."""
        self.fact_ids = {
            owner_key: [entry.fact_id for entry in entries]
            for owner_key, entries in self.entries.items()
        }
        self.entries.clear()

    def duplicate(self, piece: Slice, count: int) -> None:
        """So many of its facts were known."""
        metrics.EVENTS_DUPLICATE.labels(piece.topic).inc(count)
