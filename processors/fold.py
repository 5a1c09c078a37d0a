"""Fold: from a batch of records to everything that one transaction will write.

Decode, drop what is known, load the states that are not at hand, advance them in the order of the
log, conclude what is to be written. Domain rules are the cores'.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import structlog

from groupage.contracts.decoding import fact_from_json
from groupage.contracts.partitioning import partition_of
from groupage.contracts.topics import BY_NAME
from groupage.domain.events.base import Kind
from groupage.store import writers
from groupage.store.bodies import unpack
from processors import letters, records
from processors.assignment import Assignment, Batch, Position, Slice
from processors.cache import Owner, OwnerKey, StateCache
from processors.conclude import conclude
from processors.core import Core, advance, refold, tick
from processors.due import Deadlines, home_of
from processors.effects import Effects
from processors.facts import Entry
from processors.records import Incoming, Read, Tick

_YIELD_EVERY = 100
"""Facts after which other tasks get a turn.

The commit of the batch before makes a dozen round trips meanwhile, and each waits for one.
"""

log = structlog.get_logger(__name__)


class _NeedsHistory(Exception):
    pass


def _not_at_hand() -> Iterable[Entry]:
    raise _NeedsHistory


class Folder:
    """Turns batches into effects, one at a time. Its states are ahead of what is stored."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        cores: Mapping[Kind, Core[Any]],
        cache: StateCache,
        assignment: Assignment,
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        """`settled` waits for the commit that is under way."""
        self._pool = pool
        self._cores = cores
        self._decoders = {
            kind: msgspec.json.Decoder(core.state_type) for kind, core in cores.items()
        }
        self._cache = cache
        self._assignment = assignment
        self._settled = settled
        self._deadlines = Deadlines(pool)
        self._ahead: Effects | None = None
        """The batch that is being committed while the next one is folded."""

    def forget(self) -> None:
        """Start anew from what is stored."""
        self._cache.clear()
        self._deadlines.forget()
        self._ahead = None

    def committing(self, effects: Effects) -> None:
        """These effects are on their way into the database."""
        self._ahead = effects

    async def fold(self, batch: Batch) -> Effects:
        """Everything to be written for the batch. On any error call `forget`."""
        effects = Effects(epoch=batch.epoch, places=self._assignment.positions)
        read = [
            Read(ours, await self._read(effects, ours))
            for piece in batch.slices
            if (ours := _next(effects, piece)) is not None
        ]
        new = await self._new_ones(effects, read)
        await self._load(
            {
                (item.kind, item.entry.fact.key): piece.partition
                for piece, items in new
                for item in items
                if isinstance(item, Incoming)
            }
        )
        for piece, items in new:
            await self._advance_slice(effects, piece, items)
        await conclude(effects, self._pool, self._deadlines, self._cache)
        return effects

    # --- reading ------------------------------------------------------------------------------

    async def _read(self, effects: Effects, piece: Slice) -> list[Incoming | Tick]:
        items: list[Incoming | Tick] = []
        if piece.topic == letters.TOPIC:
            letters.take_in(effects, piece)
            return items
        for start in range(0, len(piece.records), _YIELD_EVERY):
            part = piece._replace(records=piece.records[start : start + _YIELD_EVERY])
            found, unread = records.read(part)
            items += found
            if unread:
                letters.bury_unread(effects, piece, unread)
            await asyncio.sleep(0)
        return items

    async def _new_ones(self, effects: Effects, read: list[Read]) -> list[Read]:
        """Without duplicates, and without records that lie in another partition than their owner.

        What is left is written into `effects` as facts.
        """
        ids = [item.fact_id for _, items in read for item in items if isinstance(item, Incoming)]
        known = await writers.known_facts(self._pool, ids) if ids else set()
        if self._ahead:
            known |= self._ahead.fact_ids
        kept: list[Read] = []
        for piece, items in read:
            new: list[Incoming | Tick] = []
            for number, item in enumerate(items):
                if number % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)
                if isinstance(item, Tick):
                    new.append(item)
                elif item.fact_id not in known and not self._strayed(effects, piece, item):
                    known.add(item.fact_id)
                    effects.fact_ids.add(item.fact_id)
                    effects.facts.append(records.fact_row(piece, item))
                    new.append(item)
            kept.append(Read(piece, new))
            effects.count(piece, duplicates=len(items) - len(new))
        return kept

    def _strayed(self, effects: Effects, piece: Slice, item: Incoming) -> bool:
        """A client with another partitioner sent it: it goes to where its owner lives."""
        key = item.entry.fact.key
        owner = self._cache.get((item.kind, key))
        right = owner.partition if owner is not None else partition_of(key, piece.topic)
        if right == piece.partition:
            return False
        effects.outbox.append(records.forwarded(piece, item))
        return True

    async def _load(self, wanted: dict[OwnerKey, int]) -> None:
        missing: dict[Kind, dict[str, int]] = {}
        for (kind, key), partition in wanted.items():
            if self._cache.get((kind, key)) is None:
                missing.setdefault(kind, {})[key] = partition
        for kind, keys in missing.items():
            core = self._cores[kind]
            for row in await writers.load_states(self._pool, kind, list(keys)):
                state = self._decoders[kind].decode(unpack(row.body))
                del keys[row.key]
                self._keep(core, state, row.partition, len(row.body))
            for key, partition in keys.items():
                self._keep(core, core.new(key), partition, 0)

    def _keep(self, core: Core[Any], state: Any, partition: int, body_bytes: int) -> None:
        self._cache.put(
            (core.kind, state.key),
            Owner(core=core, state=state, partition=partition, body_bytes=body_bytes),
        )

    # --- advancing ----------------------------------------------------------------------------

    async def _advance_slice(
        self, effects: Effects, piece: Slice, items: list[Incoming | Tick]
    ) -> None:
        """In the order of the log: facts by owner up to each tick, then what the tick makes due."""
        position = effects.places[(piece.topic, piece.partition)]
        expected = position.next_offset
        waiting: dict[OwnerKey, list[Incoming]] = {}
        ticked: datetime | None = None
        for item in items:
            if isinstance(item, Incoming):
                waiting.setdefault((item.kind, item.entry.fact.key), []).append(item)
            elif position.clock_at is None or item.at > position.clock_at:
                await self._advance_owners(effects, piece, waiting, position)
                waiting = {}
                position.clock_at = ticked = item.at
                await self._tick(effects, piece, item.at)
        await self._advance_owners(effects, piece, waiting, position)
        position.next_offset = piece.records[-1].offset + 1
        effects.positions.append(
            writers.Position(piece.topic, piece.partition, expected, position.next_offset, ticked)
        )

    async def _advance_owners(
        self,
        effects: Effects,
        piece: Slice,
        waiting: dict[OwnerKey, list[Incoming]],
        position: Position,
    ) -> None:
        since_yield = 0
        for owner_key, incoming in waiting.items():
            owner = self._at_hand(owner_key)
            entries = [item.entry for item in incoming]
            effects.entries.setdefault(owner_key, []).extend(entries)
            effects.touched[owner_key] = owner
            known = set(owner.state.refused)
            try:
                await self._advance(effects, owner_key, owner, entries, position.clock_at)
            except Exception as error:
                error.add_note(
                    f"while {owner_key[0]} {owner_key[1]!r} took {[e.fact.type for e in entries]} "
                    f"of {piece.topic}[{piece.partition}] from offset {incoming[0].record.offset}"
                )
                raise
            if owner.state.refused.keys() - known:
                await letters.bury_refused(effects, self._pool, piece, owner, incoming, known)
            since_yield += len(incoming)
            if since_yield >= _YIELD_EVERY:
                since_yield = 0
                await asyncio.sleep(0)

    async def _advance(
        self,
        effects: Effects,
        owner_key: OwnerKey,
        owner: Owner,
        entries: list[Entry],
        clock_at: datetime | None,
    ) -> None:
        try:
            owner.state = advance(
                owner.core, owner.state, entries, _not_at_hand, clock_at=clock_at
            ).state
        except _NeedsHistory:
            # From all facts of the owner: those stored, and those of this batch so far.
            await self._settled()
            kind, key = owner_key
            known = {
                fact_id.hex: Entry(fact_id.hex, fact_from_json(envelope))
                for fact_id, envelope in await writers.facts_of(self._pool, kind, key)
            }
            known |= {entry.fact_id: entry for entry in effects.entries[owner_key]}
            owner.state = refold(owner.core, owner.state, known.values(), clock_at=clock_at)

    async def _tick(self, effects: Effects, piece: Slice, at: datetime) -> None:
        topic = BY_NAME[piece.topic]
        for kind in topic.kinds:
            if kind not in self._cores or home_of(kind) is not topic:
                continue
            due = await self._deadlines.due(
                kind, partition=piece.partition, at=at, unwritten=(self._ahead, effects)
            )
            await self._load({(kind, key): piece.partition for key in due})
            for key in due:
                owner = self._at_hand((kind, key))
                owner.state = tick(owner.core, owner.state, at)
                effects.touched[(kind, key)] = owner

    def _at_hand(self, owner_key: OwnerKey) -> Owner:
        owner = self._cache.get(owner_key)
        assert owner is not None, owner_key
        return owner


def _next(effects: Effects, piece: Slice) -> Slice | None:
    """The part of the slice that was not taken in yet."""
    position = effects.places.get((piece.topic, piece.partition))
    if position is None:
        return None
    kept = piece.records
    if kept[0].offset < position.next_offset:
        kept = [record for record in kept if record.offset >= position.next_offset]
    return piece._replace(records=kept) if kept else None
