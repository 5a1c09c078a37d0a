"""Which facts are new: each owner at hand knows the ids of its facts.

Only their first 64 bits, sorted: what is not among them is new for certain, and nearly everything
is. What is among them (sent twice, fetched again) is looked up in full.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from uuid import UUID

import asyncpg

from groupage.store.facts import known_of
from processors.cache import StateCache
from processors.effects import Effects
from processors.records import Incoming, Item, Slice

_YIELD_EVERY = 500


def numbers_of(ids: Iterable[UUID]) -> "array[int]":
    """What an owner with these facts knows."""
    return array("Q", sorted(int.from_bytes(fact_id.bytes[:8], "big") for fact_id in ids))


def _note(known: "array[int]", number: int) -> bool:
    """Add it. False: it is there already."""
    at = bisect_left(known, number)
    if at < len(known) and known[at] == number:
        return False
    known.insert(at, number)
    return True


async def leave_new(
    effects: Effects,
    slices: Iterable[Slice],
    *,
    cache: StateCache,
    ahead: Effects | None,
    pool: asyncpg.Pool,
) -> None:
    """Take known facts out of the slices; the new ones' ids and rows are among the effects then.

    `ahead` is being committed: the database may know its facts, or not yet.
    """
    for piece in slices:
        doubtful = await _doubtful(piece, cache)
        known = await _known(doubtful, ahead, pool) if doubtful else set()
        kept: list[Item] = []
        for item in piece.items:
            if isinstance(item, Incoming):
                fact_id = item.entry.fact_id
                if fact_id in known or (doubtful and fact_id in effects.fact_ids):
                    continue
                effects.fact_ids.add(fact_id)
                effects.facts.append(item.row)
            kept.append(item)
        effects.duplicate(piece, len(piece.items) - len(kept))
        piece.items = kept


async def _doubtful(piece: Slice, cache: StateCache) -> list[Incoming]:
    """Those whose number their owner knows already."""
    doubtful: list[Incoming] = []
    for place, item in enumerate(piece.items):
        if place % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
        if isinstance(item, Incoming) and not _note(cache.at_hand(item.owner).numbers, item.number):
            doubtful.append(item)
    return doubtful


async def _known(
    doubtful: Iterable[Incoming], ahead: Effects | None, pool: asyncpg.Pool
) -> set[str]:
    asked = [(*item.owner, UUID(hex=item.entry.fact_id)) for item in doubtful]
    known = {fact_id.hex for fact_id in await known_of(pool, asked)}
    return known | ahead.fact_ids if ahead else known
