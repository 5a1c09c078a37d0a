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
from processors.records import Incoming, Slice

_YIELD_EVERY = 500


def numbers_of(ids: Iterable[UUID]) -> "array[int]":
    """What an owner with these facts knows."""
    return array("Q", sorted(int.from_bytes(fact_id.bytes[:8], "big") for fact_id in ids))


async def leave_new(
    effects: Effects,
    slices: Iterable[Slice],
    *,
    cache: StateCache,
    ahead: Effects | None,
    pool: asyncpg.Pool,
) -> None:
    """Take known facts out of the slices; the new ones' ids and lines are among the effects then.

    `ahead` is being committed: the database may know its facts, or not yet.
    """
    doubts: list[tuple[Slice, list[Incoming], list[Incoming]]] = []
    since_yield = 0
    for piece in slices:
        for stretch in piece.stretches:
            for owner_key, items in stretch.owners.items():
                doubtful = _note(cache.at_hand(owner_key).numbers, items)
                if doubtful:
                    doubts.append((piece, items, doubtful))
                else:
                    for item in items:
                        effects.fact_ids.add(item.entry.fact_id)
                        effects.facts.append(item.line)
                since_yield += len(items)
                if since_yield >= _YIELD_EVERY:
                    since_yield = 0
                    await asyncio.sleep(0)
    if doubts:
        known = await _known([item for _, _, doubtful in doubts for item in doubtful], ahead, pool)
        for piece, items, doubtful in doubts:
            effects.duplicate(piece, _leave_new(effects, items, doubtful, known))


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
    doubtful: Iterable[Incoming], ahead: Effects | None, pool: asyncpg.Pool
) -> set[str]:
    asked = [(*item.owner, UUID(hex=item.entry.fact_id)) for item in doubtful]
    known = {fact_id.hex for fact_id in await known_of(pool, asked)}
    return known | ahead.fact_ids if ahead else known


def _leave_new(
    effects: Effects, items: list[Incoming], doubtful: list[Incoming], known: set[str]
) -> int:
    """As `leave_new`, for one owner with doubtful facts. Returns how many were known."""
    in_doubt = {id(item) for item in doubtful}
    kept: list[Incoming] = []
    for item in items:
        fact_id = item.entry.fact_id
        if id(item) in in_doubt and (fact_id in known or fact_id in effects.fact_ids):
            continue
        effects.fact_ids.add(fact_id)
        effects.facts.append(item.line)
        kept.append(item)
    left_out = len(items) - len(kept)
    items[:] = kept
    return left_out
