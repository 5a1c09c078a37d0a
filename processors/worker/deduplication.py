"""Which facts are new: each owner at hand knows the ids of its facts.

Only their first 64 bits, sorted: what is not among them is new for certain, and nearly everything
is. What is among them (sent twice, fetched again) is looked up in full: the same fact again changes
nothing, and another fact under the id of an earlier one goes to the dead letters.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg

from groupage.domain.fact import Fact
from groupage.store.facts import facts_under
from processors.worker import dead_letters
from processors.worker.batch import Incoming, OwnerKey, Slice
from processors.worker.cache import StateCache
from processors.worker.write_batch import Effects

_YIELD_EVERY = 500
_FEW = 8
"""To insert so many is faster than to merge; so is to insert one among so many."""


def numbers_of(ids: Iterable[UUID]) -> "array[int]":
    """What an owner with these facts knows."""
    return array("Q", sorted(int.from_bytes(fact_id.bytes[:8], "big") for fact_id in ids))


async def leave_new(
    effects: Effects,
    slices: Sequence[Slice],
    *,
    cache: StateCache,
    ahead: Effects | None,
    settled: Callable[[], Awaitable[None]],
    pool: asyncpg.Pool,
) -> None:
    """Take known facts out of the slices; the lines of the new ones are among the effects then.

    `ahead` is being committed, `settled` waits for that: the database knows its facts afterwards.
    """
    doubtful = await _doubtful(slices, cache)
    if doubtful:
        if ahead and _any_in(ahead, doubtful):
            await settled()
        known = await _known(doubtful, pool)
        for piece in slices:
            _drop(effects, piece, known)
    for piece in slices:
        for stretch in piece.stretches:
            for items in stretch.owners.values():
                effects.facts += [item.line for item in items]


async def _doubtful(slices: Sequence[Slice], cache: StateCache) -> dict[OwnerKey, list[Incoming]]:
    """The facts that may be known, by owner; the others are new, and noted."""
    doubtful: dict[OwnerKey, list[Incoming]] = {}
    since_yield = 0
    for piece in slices:
        for stretch in piece.stretches:
            for owner_key, items in stretch.owners.items():
                if seen := _note(cache.at_hand(owner_key).numbers, items):
                    doubtful.setdefault(owner_key, []).extend(seen)
                since_yield += len(items)
                if since_yield >= _YIELD_EVERY:
                    since_yield = 0
                    await asyncio.sleep(0)
    return doubtful


def _note(known: "array[int]", items: Sequence[Incoming]) -> list[Incoming]:
    """Add the facts' numbers; those that were there already are doubtful."""
    if len(items) > _FEW and len(items) * _FEW > len(known):
        merged = {*known, *[item.number for item in items]}
        if len(merged) == len(known) + len(items):
            known[:] = array("Q", sorted(merged))
            return []
    doubtful: list[Incoming] = []
    for item in items:
        number = item.number
        at = bisect_left(known, number)
        if at < len(known) and known[at] == number:
            doubtful.append(item)
        else:
            known.insert(at, number)
    return doubtful


def _any_in(ahead: Effects, doubtful: Mapping[OwnerKey, list[Incoming]]) -> bool:
    return any(
        item.fact_id in ahead.fact_ids.get(owner_key, ())
        for owner_key, items in doubtful.items()
        for item in items
    )


async def _known(
    doubtful: Mapping[OwnerKey, list[Incoming]], pool: asyncpg.Pool
) -> dict[OwnerKey, dict[str, Fact]]:
    """What the owners of doubtful facts know under the ids of these, by id in hex."""
    known: dict[OwnerKey, dict[str, Fact]] = {owner_key: {} for owner_key in doubtful}
    asked = [
        (*owner_key, UUID(hex=item.fact_id))
        for owner_key, items in doubtful.items()
        for item in items
    ]
    for stored in await facts_under(pool, asked):
        known[stored.kind, stored.fact.key][stored.fact_id] = stored.fact
    return known


def _drop(effects: Effects, piece: Slice, known: Mapping[OwnerKey, dict[str, Fact]]) -> None:
    """Take out what its owner knows, or has met before in this batch."""
    for stretch in piece.stretches:
        for owner_key in known.keys() & stretch.owners.keys():
            items, facts = stretch.owners[owner_key], known[owner_key]
            kept = []
            for item in items:
                first = facts.setdefault(item.fact_id, item.fact)
                if first is item.fact:
                    kept.append(item)
                elif difference := _difference(first, item.fact):
                    dead_letters.bury_reused(effects, piece, item, difference)
            effects.duplicate(piece, len(items) - len(kept))
            items[:] = kept


def _difference(first: Fact, again: Fact) -> str:
    """In what a fact is another one than the first under its id; "" when it is the same again.

    What processors derive has its content in its id, and may be said again at another time.
    """
    if again.relayed_by is not None:
        return ""
    names = ("data", "occurred_at", "classifier", "correction_of", "retracted")
    return ", ".join(name for name in names if getattr(first, name) != getattr(again, name))
