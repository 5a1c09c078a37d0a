"""Drop facts that their aggregate already has.

For speed, a cached aggregate holds only the first 64 bits of each fact id, sorted. A fact whose
prefix is not among them is new for certain, and nearly every fact is. The others are suspects,
looked up in full: the same fact sent or fetched again changes nothing, and another fact under the
id of an earlier one goes to the dead letter queue.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg

from groupage.domain.fact import Fact
from groupage.store.facts import find_stored
from processors.worker import dead_letters
from processors.worker.batch import AggregateKey, IncomingFact, PartitionBatch
from processors.worker.cache import StateCache
from processors.worker.write_batch import WriteBatch

_YIELD_EVERY = 500
_FEW = 8
"""Inserting so few prefixes is faster than merging; so is inserting one for each `_FEW` known."""


def id_prefixes_of(ids: Iterable[UUID]) -> "array[int]":
    """Return the sorted prefixes of an aggregate's fact ids."""
    return array("Q", sorted(int.from_bytes(fact_id.bytes[:8], "big") for fact_id in ids))


async def drop_duplicates(
    writes: WriteBatch,
    parts: Sequence[PartitionBatch],
    *,
    cache: StateCache,
    in_commit: WriteBatch | None,
    wait_for_commit: Callable[[], Awaitable[None]],
    pool: asyncpg.Pool,
) -> None:
    """Take duplicates out of the parts.

    `in_commit` is the batch that is being committed; once it is, the database has its facts.
    """
    suspects = await _find_suspects(parts, cache)
    if suspects:
        if in_commit and _has_any(in_commit, suspects):
            await wait_for_commit()
        known = await _load_known(suspects, pool)
        for part in parts:
            _drop(writes, part, known)


async def _find_suspects(
    parts: Sequence[PartitionBatch], cache: StateCache
) -> dict[AggregateKey, list[IncomingFact]]:
    """Find the facts that may be duplicates; note the id prefixes of all others."""
    suspects: dict[AggregateKey, list[IncomingFact]] = {}
    since_yield = 0
    for part in parts:
        for segment in part.segments:
            for aggregate_key, facts in segment.facts.items():
                if seen := _note(cache[aggregate_key].id_prefixes, facts):
                    suspects.setdefault(aggregate_key, []).extend(seen)
                since_yield += len(facts)
                if since_yield >= _YIELD_EVERY:
                    since_yield = 0
                    await asyncio.sleep(0)
    return suspects


def _note(known: "array[int]", facts: Sequence[IncomingFact]) -> list[IncomingFact]:
    """Add the facts' prefixes; return the facts whose prefix was there already."""
    if len(facts) > _FEW and len(facts) * _FEW > len(known):
        merged = {*known, *[incoming.id_prefix for incoming in facts]}
        if len(merged) == len(known) + len(facts):
            known[:] = array("Q", sorted(merged))
            return []
    suspects: list[IncomingFact] = []
    for incoming in facts:
        prefix = incoming.id_prefix
        at = bisect_left(known, prefix)
        if at < len(known) and known[at] == prefix:
            suspects.append(incoming)
        else:
            known.insert(at, prefix)
    return suspects


def _has_any(in_commit: WriteBatch, suspects: Mapping[AggregateKey, list[IncomingFact]]) -> bool:
    return any(
        incoming.fact_id in in_commit.new_fact_ids.get(aggregate_key, ())
        for aggregate_key, facts in suspects.items()
        for incoming in facts
    )


async def _load_known(
    suspects: Mapping[AggregateKey, list[IncomingFact]], pool: asyncpg.Pool
) -> dict[AggregateKey, dict[str, Fact]]:
    """Load the stored facts that have the suspects' ids; by id in hex."""
    known: dict[AggregateKey, dict[str, Fact]] = {key: {} for key in suspects}
    wanted = [
        (*aggregate_key, UUID(hex=incoming.fact_id))
        for aggregate_key, facts in suspects.items()
        for incoming in facts
    ]
    for stored in await find_stored(pool, wanted):
        known[stored.kind, stored.fact.key][stored.fact_id] = stored.fact
    return known


def _drop(
    writes: WriteBatch, part: PartitionBatch, known: Mapping[AggregateKey, dict[str, Fact]]
) -> None:
    """Drop facts that are stored, or that came earlier in this batch."""
    for segment in part.segments:
        for aggregate_key in known.keys() & segment.facts.keys():
            facts, earlier = segment.facts[aggregate_key], known[aggregate_key]
            kept = []
            for incoming in facts:
                first = earlier.setdefault(incoming.fact_id, incoming.fact)
                if first is incoming.fact:
                    kept.append(incoming)
                elif difference := _difference(first, incoming.fact):
                    dead_letters.reject_reused_id(writes, part, incoming, difference)
            writes.count_duplicates(part, len(facts) - len(kept))
            facts[:] = kept


def _difference(first: Fact, again: Fact) -> str:
    """Name the fields in which two facts with one id differ; empty: they are the same fact.

    Processors derive the id of a fact from its content, and may publish it again at another time.
    """
    if again.relayed_by is not None:
        return ""
    names = ("data", "occurred_at", "classifier", "correction_of", "retracted")
    return ", ".join(name for name in names if getattr(first, name) != getattr(again, name))
