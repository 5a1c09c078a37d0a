"""Facts for workers, and the states that must follow from them."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from groupage.contracts.encoding import fact_id
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.store.state_codec import unpack
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry
from processors.kernel.fold import encode_state, fold
from tests.processors.stream.hub import StreamHub

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


EVENTS = 3_000


def fact_of(data: Any, *, event_id: str, at: datetime = NOON, source: str = "/wms/t") -> Fact:
    """Make a fact from outside."""
    return Fact(
        event_id=event_id, source=source, key=data.key, occurred_at=at, recorded_at=at, data=data
    )


def folded_in_memory(facts: list[Fact]) -> dict[str, bytes]:
    """Return the states that the consignments must have, by key."""
    aggregate = all_aggregates(Policy())["consignment"]
    by_owner: dict[str, dict[str, Entry]] = defaultdict(dict)
    for fact in facts:
        entry = Entry(fact_id(fact).hex, fact)
        by_owner[fact.key][entry.fact_id] = entry
    return {key: encode_state(fold(aggregate, key, own.values())) for key, own in by_owner.items()}


async def stored_consignments(hub: StreamHub) -> dict[str, bytes]:
    """Read the stored states of the consignments, by key."""
    rows = await hub.pool.fetch("select key, body from consignment")
    return {row[0]: unpack(row[1]) for row in rows}
