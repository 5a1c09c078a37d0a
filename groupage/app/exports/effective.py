"""The stored facts, aggregate by aggregate, each with whether it counts.

A correction stands in the place of what it corrects, and a retracted fact does not count: formats
of others know neither. The rule is the fold's own (`processors.kernel.corrections.sift`).
"""

from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg

from groupage.contracts.provenance import OWN_SOURCES
from groupage.store.facts import SELECTED, StoredFact, stored_fact
from processors.kernel.corrections import Entry, sift

_PREFETCH = 2_000
DECISIONS = frozenset(
    {
        "consignment.allocated",
        "consignment.deallocated",
        "consignment.rolled",
        "container.assigned",
    }
)
"""What the hub itself decided. Its other messages repeat states and requests."""


def says_something_new(stored: StoredFact) -> bool:
    """Tell whether no other stored fact says the same.

    An aggregate forwards facts to others as copies, and sends them snapshots of its state.
    """
    fact = stored.fact
    if fact.data.internal or fact.data.aggregate_kind in ("clock", "policy"):
        return fact.type in DECISIONS
    return fact.relayed_by is None or fact.source.startswith(OWN_SOURCES)


async def read_facts(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AsyncIterator[list[tuple[StoredFact, bool]]]:
    """Yield the facts that happened from `since` until before `until`.

    Those of an aggregate come at once; beside each stands whether it is effective. All facts are of
    one moment, whatever workers write meanwhile.
    """
    query = (
        f"select {SELECTED} from fact where (kind, key) in (select kind, key from fact "  # noqa: S608 - ours
        "where ($1::timestamptz is null or occurred_at >= $1) "
        "and ($2::timestamptz is null or occurred_at < $2)) "
        "order by kind, key, topic, partition, record_offset"
    )
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts: list[StoredFact] = []
        async for row in connection.cursor(query, since, until, prefetch=_PREFETCH):
            if facts and (row["kind"], row["key"]) != (facts[0].kind, facts[0].fact.key):
                yield _judge(facts, since, until)
                facts = []
            facts.append(stored_fact(row))
        if facts:
            yield _judge(facts, since, until)


def _judge(
    facts: list[StoredFact], since: datetime | None, until: datetime | None
) -> list[tuple[StoredFact, bool]]:
    effective = {
        entry.fact_id
        for entry in sift(Entry(stored.fact_id, stored.fact) for stored in facts).effective
    }
    return [
        (stored, stored.fact_id in effective)
        for stored in facts
        if (since is None or stored.fact.occurred_at >= since)
        and (until is None or stored.fact.occurred_at < until)
    ]
