"""Fold: from a batch of records to everything that one transaction will write.

Load the owners that are not at hand, drop what they know, advance them in the order of the log,
conclude what is to be written. Domain rules are the cores'.
"""

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
import msgspec

from groupage.contracts.encoding import headers_of
from groupage.contracts.partitioning import partition_of
from groupage.contracts.topics import BY_NAME
from groupage.domain.events.base import AggregateKind
from groupage.store import facts, writers
from groupage.store.bodies import unpack
from groupage.store.facts import StoredFact
from groupage.store.writers import OutboxRow, pack_headers
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, refold, tick
from processors.worker import dead_letters, deduplication, rejections
from processors.worker.assignment import Assignment, PartitionProgress
from processors.worker.batch import Batch, Incoming, OwnerKey, Slice
from processors.worker.cache import Owner, StateCache
from processors.worker.timers import Deadlines, home_of
from processors.worker.write_batch import Effects
from processors.worker.writes import conclude

_YIELD_EVERY = 100
"""Facts after which other tasks get a turn.

The commit of the batch before makes a dozen round trips meanwhile, and each waits for one.
"""


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
        cores: Mapping[AggregateKind, Aggregate[Any]],
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
        effects.forget_facts()
        self._ahead = effects

    async def fold(self, batch: Batch) -> Effects:
        """Everything to be written for the batch. On any error call `forget`."""
        effects = Effects(epoch=batch.epoch, places=self._assignment.positions)
        slices = [
            ours
            for piece in batch.slices
            if (place := effects.places.get((piece.topic, piece.partition))) is not None
            and (ours := piece.behind(place.next_offset)) is not None
        ]
        wanted: dict[OwnerKey, int] = {}
        for piece in slices:
            effects.count(piece)
            dead_letters.take_in(effects, piece)
            self._send_home(effects, piece, wanted)
        await self._load(wanted)
        await deduplication.leave_new(
            effects,
            slices,
            cache=self._cache,
            ahead=self._ahead,
            settled=self._settled,
            pool=self._pool,
        )
        for piece in slices:
            await self._advance_slice(effects, piece)
        await conclude(effects, self._pool, self._deadlines, self._cache)
        return effects

    # --- owners -------------------------------------------------------------------------------

    def _send_home(self, effects: Effects, piece: Slice, wanted: dict[OwnerKey, int]) -> None:
        """Note the owners; a client with another partitioner sent their facts where they are not.

        Such facts leave the slice: they go on to where their owner lives.
        """
        for stretch in piece.stretches:
            for owner_key in list(stretch.owners):
                home = wanted.get(owner_key)
                if home is None:
                    owner = self._cache.get(owner_key)
                    key = owner_key[1]
                    home = partition_of(key, piece.topic) if owner is None else owner.partition
                if home == piece.partition:
                    wanted[owner_key] = home
                else:
                    strays = stretch.owners.pop(owner_key)
                    effects.outbox += [_forwarded(piece, item) for item in strays]

    async def _load(self, wanted: Mapping[OwnerKey, int]) -> None:
        missing: dict[AggregateKind, dict[str, int]] = {}
        for (kind, key), partition in wanted.items():
            if self._cache.get((kind, key)) is None:
                missing.setdefault(kind, {})[key] = partition
        for kind, partitions in missing.items():
            core = self._cores[kind]
            stored = await writers.load_states(self._pool, kind, list(partitions))
            ids = await facts.ids_of(self._pool, kind, [row.key for row in stored])
            for row in stored:
                del partitions[row.key]
                state = self._decoders[kind].decode(unpack(row.body))
                numbers = deduplication.numbers_of(ids.get(row.key, ()))
                self._keep(core, state, row.partition, len(row.body), numbers)
            for key, partition in partitions.items():
                self._keep(core, core.new(key), partition, 0, array("Q"))

    def _keep(
        self,
        core: Aggregate[Any],
        state: Any,
        partition: int,
        body_bytes: int,
        numbers: "array[int]",
    ) -> None:
        self._cache.put(
            (core.kind, state.key),
            Owner(
                core=core, state=state, partition=partition, body_bytes=body_bytes, numbers=numbers
            ),
        )

    # --- advancing ----------------------------------------------------------------------------

    async def _advance_slice(self, effects: Effects, piece: Slice) -> None:
        """In the order of the log: facts by owner up to each tick, then what the tick makes due."""
        position = effects.places[(piece.topic, piece.partition)]
        expected = position.next_offset
        ticked: datetime | None = None
        for stretch in piece.stretches:
            await self._advance_owners(effects, piece, stretch.owners, position)
            at = stretch.tick_at
            if at is not None and (position.clock_at is None or at > position.clock_at):
                position.clock_at = ticked = at
                await self._tick(effects, piece, at)
        position.next_offset = piece.next_offset
        effects.positions.append(
            writers.OffsetAdvance(
                piece.topic, piece.partition, expected, position.next_offset, ticked
            )
        )

    async def _advance_owners(
        self,
        effects: Effects,
        piece: Slice,
        owners: Mapping[OwnerKey, list[Incoming]],
        position: PartitionProgress,
    ) -> None:
        since_yield = 0
        for owner_key, incoming in owners.items():
            if not incoming:
                continue  # every fact was known
            owner = self._cache.at_hand(owner_key)
            effects.entries.setdefault(owner_key, []).extend(incoming)
            effects.touched[owner_key] = owner
            refused = rejections.codes(owner.state)
            try:
                await self._advance(effects, owner_key, owner, incoming, position.clock_at)
            except Exception as error:
                types = [item.fact.type for item in incoming]
                error.add_note(
                    f"while {owner_key[0]} {owner_key[1]!r} took {types} "
                    f"of {piece.topic}[{piece.partition}] from offset {incoming[0].offset}"
                )
                raise
            if rejections.codes(owner.state) != refused:
                stored = partial(self._stored, owner_key)
                await rejections.follow(effects, piece, owner_key, owner, refused, stored)
            since_yield += len(incoming)
            if since_yield >= _YIELD_EVERY:
                since_yield = 0
                await asyncio.sleep(0)

    async def _advance(
        self,
        effects: Effects,
        owner_key: OwnerKey,
        owner: Owner,
        entries: Sequence[Entry],
        clock_at: datetime | None,
    ) -> None:
        try:
            owner.state = advance(
                owner.core, owner.state, entries, _not_at_hand, clock_at=clock_at
            ).state
        except _NeedsHistory:
            # From all facts of the owner: those stored, and those of this batch so far.
            every = {
                stored.fact_id: Entry(stored.fact_id, stored.fact)
                for stored in await self._stored(owner_key)
            }
            every |= {entry.fact_id: entry for entry in effects.entries[owner_key]}
            owner.state = refold(owner.core, owner.state, every.values(), clock_at=clock_at)

    async def _stored(self, owner_key: OwnerKey) -> tuple[StoredFact, ...]:
        """The owner's facts of the batches before."""
        await self._settled()
        kind, key = owner_key
        return await facts.facts_of(self._pool, kind, [key])

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
                owner = self._cache.at_hand((kind, key))
                owner.state = tick(owner.core, owner.state, at)
                effects.touched[(kind, key)] = owner


def _forwarded(piece: Slice, item: Incoming) -> OutboxRow:
    """The same fact again, so that Kafka's partitioner puts it where its owner lives."""
    fact = item.fact
    return OutboxRow(
        origin_topic=piece.topic,
        origin_partition=piece.partition,
        topic=piece.topic,
        key=fact.key,
        headers=pack_headers(headers_of(fact)),
        value=facts.data_json_of(item.line),
    )
