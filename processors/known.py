"""Which facts are new: each owner at hand knows the ids of its facts.

Only their first 64 bits, sorted: what is not among them is new for certain, and nearly everything
is. What is among them (sent twice, fetched again) is looked up in full.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg

from groupage.store.facts import known_of
from processors.cache import StateCache
from processors.effects import Effects
from processors.records import Incoming, OwnerKey, Slice

_YIELD_EVERY = 500


def numbers_of(ids: Iterable[UUID]) -> "array[int]":
    """What an owner with these facts knows."""
    return array("Q", sorted(int.from_bytes(fact_id.bytes[:8], "big") for fact_id in ids))


async def leave_new(
    effects: Effects,
    slices: Sequence[Slice],
    *,
    cache: StateCache,
    ahead: Effects | None,
    pool: asyncpg.Pool,
) -> None:
    """Take known facts out of the slices; the lines of the new ones are among the effects then.

    `ahead` is being committed: the database may know its facts, or not yet.
    """
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
    known = await _known(doubtful, ahead, pool) if doubtful else {}
    for piece in slices:
        effects.duplicate(piece, _drop(piece, known))
        for stretch in piece.stretches:
            for items in stretch.owners.values():
                effects.facts += [item.line for item in items]


def _note(known: "array[int]", items: Iterable[Incoming]) -> list[Incoming]:
    """Add the facts' numbers; those that were there already are doubtful."""
    doubtful: list[Incoming] = []
    for item in items:
        number = item.number
        at = bisect_left(known, number)
        if at < len(known) and known[at] == number:
            doubtful.append(item)
        else:
            known.insert(at, number)
    return doubtful


async def _known(
    doubtful: Mapping[OwnerKey, list[Incoming]], ahead: Effects | None, pool: asyncpg.Pool
) -> dict[OwnerKey, set[str]]:
    """The ids in hex that the owners of doubtful facts know of them."""
    asked = {
        UUID(hex=item.fact_id): owner_key for owner_key, items in doubtful.items() for item in items
    }
    known: dict[OwnerKey, set[str]] = {owner_key: set() for owner_key in doubtful}
    if ahead:
        for owner_key, ids in known.items():
            ids.update(ahead.fact_ids.get(owner_key, ()))
    for fact_id in await known_of(pool, [(*owner_key, one) for one, owner_key in asked.items()]):
        known[asked[fact_id]].add(fact_id.hex)
    return known


def _drop(piece: Slice, known: Mapping[OwnerKey, set[str]]) -> int:
    """Take out what its owner knows, or has met before in this batch. Returns how many."""
    dropped = 0
    for stretch in piece.stretches:
        for owner_key in known.keys() & stretch.owners.keys():
            items, ids = stretch.owners[owner_key], known[owner_key]
            kept = []
            for item in items:
                if item.fact_id not in ids:
                    ids.add(item.fact_id)
                    kept.append(item)
            dropped += len(items) - len(kept)
            items[:] = kept
    return dropped
