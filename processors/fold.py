"""Fold: from a batch of records to everything that one transaction will write.

Decode, drop what is known, load the states that are not at hand, advance them in the order of the
log, and compare what each owner says with what it said before. Domain rules are the cores'.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import structlog
from aiokafka.partitioner import murmur2

from groupage.contracts.decoding import fact_from_json
from groupage.contracts.encoding import encode
from groupage.contracts.topics import BY_NAME
from groupage.domain.events.alerts import AlertCleared, AlertRaised
from groupage.domain.events.base import Kind
from groupage.domain.fact import Fact
from groupage.store import writers
from groupage.store.bodies import pack, unpack
from groupage.store.writers import AlertRow, OutboxRow, pack_headers
from groupage.telemetry import metrics
from processors import records
from processors.assignment import Assignment, Batch, Position, Slice
from processors.cache import Owner, OwnerKey, StateCache
from processors.core import Core, advance, encode_state, fold, tick
from processors.effects import Effects
from processors.facts import Entry
from processors.outputs import Change, change_id, changes
from processors.records import Incoming, Tick

_YIELD_EVERY = 500
"""Facts after which other tasks get a turn: the commit of the batch before, the heartbeat."""

log = structlog.get_logger(__name__)


class _NeedsHistory(Exception):
    pass


def _not_at_hand() -> Iterable[Entry]:
    raise _NeedsHistory


class Folder:
    """Turns batches into effects. One at a time; the states it changes are its own until committed."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        cores: Mapping[Kind, Core[Any]],
        cache: StateCache,
        assignment: Assignment,
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        self._pool = pool
        self._cores = cores
        self._decoders = {
            kind: msgspec.json.Decoder(core.state_type) for kind, core in cores.items()
        }
        self._cache = cache
        self._assignment = assignment
        self._settled = settled
        self._ahead: Effects | None = None
        """The batch that is being committed while the next one is folded."""
        self._next_due: dict[tuple[Kind, int], datetime | None] = {}

    def forget(self) -> None:
        """Start anew from what is stored."""
        self._cache.clear()
        self._ahead = None
        self._next_due.clear()

    def committing(self, effects: Effects) -> None:
        """These effects are on their way into the database."""
        self._ahead = effects

    async def fold(self, batch: Batch) -> Effects:
        """Everything to be written for the batch. On any error call `forget`."""
        effects = Effects(epoch=batch.epoch, oldest_ms=float("inf"))
        read: list[tuple[Slice, list[Incoming | Tick]]] = []
        for piece in batch.slices:
            if (ours := self._next(piece)) is None:
                continue
            items, letters = records.read(ours)
            self._bury(effects, ours, letters)
            read.append((ours, items))
            await asyncio.sleep(0)
        read = await self._new_ones(effects, read)
        await self._load(
            {
                (item.kind, item.entry.fact.key): piece.partition
                for piece, items in read
                for item in items
                if isinstance(item, Incoming)
            }
        )
        for piece, items in read:
            await self._advance_slice(effects, piece, items)
        await self._conclude(effects)
        return effects

    # --- reading ------------------------------------------------------------------------------

    def _next(self, piece: Slice) -> Slice | None:
        """The part of the slice that was not taken in yet."""
        position = self._assignment.positions.get((piece.topic, piece.partition))
        if position is None:
            return None
        kept = piece.records
        if kept[0].offset < position.next_offset:
            kept = [record for record in kept if record.offset >= position.next_offset]
        return piece._replace(records=kept) if kept else None

    async def _new_ones(
        self, effects: Effects, read: list[tuple[Slice, list[Incoming | Tick]]]
    ) -> list[tuple[Slice, list[Incoming | Tick]]]:
        """Without duplicates, and without records that lie in another partition than their owner's."""
        ids = [item.fact_id for _, items in read for item in items if isinstance(item, Incoming)]
        known = await writers.known_facts(self._pool, ids) if ids else set()
        if self._ahead:
            known |= self._ahead.fact_ids
        kept: list[tuple[Slice, list[Incoming | Tick]]] = []
        for piece, items in read:
            new: list[Incoming | Tick] = []
            duplicates = 0
            for item in items:
                if isinstance(item, Tick):
                    new.append(item)
                elif item.fact_id in known:
                    duplicates += 1
                elif self._strayed(piece, item):
                    effects.outbox.append(_forwarded(piece, item))
                else:
                    known.add(item.fact_id)
                    effects.fact_ids.add(item.fact_id)
                    effects.facts.append(records.fact_row(piece, item))
                    new.append(item)
            metrics.EVENTS_CONSUMED.labels(piece.topic).inc(len(piece.records))
            metrics.EVENTS_DUPLICATE.labels(piece.topic).inc(duplicates)
            kept.append((piece, new))
            effects.records += len(piece.records)
            effects.oldest_ms = min(effects.oldest_ms, piece.records[0].timestamp)
            await asyncio.sleep(0)
        return kept

    def _strayed(self, piece: Slice, item: Incoming) -> bool:
        """A client with another partitioner sent it: its owner lives elsewhere."""
        owner = self._cache.get((item.kind, item.entry.fact.key))
        if owner is not None:
            return owner.partition != piece.partition
        return partition_of(item.entry.fact.key, piece.topic) != piece.partition

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
        """In the order of the log: facts by owner, up to each tick, then what the tick makes due."""
        position = self._assignment.positions[(piece.topic, piece.partition)]
        expected = position.next_offset
        waiting: dict[OwnerKey, list[Incoming]] = {}
        ticked: datetime | None = None
        for item in items:
            if isinstance(item, Incoming):
                waiting.setdefault((item.kind, item.entry.fact.key), []).append(item)
                continue
            if position.clock_at is not None and item.at <= position.clock_at:
                continue
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
            owner = self._cache.get(owner_key)
            assert owner is not None, owner_key
            entries = [item.entry for item in incoming]
            effects.entries.setdefault(owner_key, []).extend(entries)
            effects.touched[owner_key] = owner
            refused = set(owner.state.refused)
            try:
                owner.state = advance(
                    owner.core, owner.state, entries, _not_at_hand, clock_at=position.clock_at
                ).state
            except _NeedsHistory:
                owner.state = await self._fold_anew(effects, owner_key, owner, position.clock_at)
            except Exception:
                first = incoming[0].record
                log.exception(
                    "core_failed",
                    topic=piece.topic,
                    partition=piece.partition,
                    first_offset=first.offset,
                    kind=owner_key[0],
                    key=owner_key[1],
                    types=sorted({entry.fact.type for entry in entries}),
                )
                raise
            if owner.state.refused.keys() - refused:
                await self._bury_refused(effects, piece, owner, incoming, refused)
            since_yield += len(incoming)
            if since_yield >= _YIELD_EVERY:
                since_yield = 0
                await asyncio.sleep(0)

    async def _fold_anew(
        self, effects: Effects, owner_key: OwnerKey, owner: Owner, clock_at: datetime | None
    ) -> Any:
        """From all facts of the owner: those stored, and those of this batch so far."""
        await self._settled()
        kind, key = owner_key
        entries = {
            fact_id.hex: Entry(fact_id.hex, fact_from_json(envelope))
            for fact_id, envelope in await writers.facts_of(self._pool, kind, key)
        }
        entries |= {entry.fact_id: entry for entry in effects.entries[owner_key]}
        return fold(owner.core, key, entries.values(), clock_at=clock_at)

    async def _tick(self, effects: Effects, piece: Slice, at: datetime) -> None:
        for kind in BY_NAME[piece.topic].kinds:
            if kind not in self._cores or BY_NAME[piece.topic] is not _home(kind):
                continue
            due = await self._due(effects, kind, piece.partition, at)
            await self._load({(kind, key): piece.partition for key in due})
            for key in due:
                owner = self._cache.get((kind, key))
                assert owner is not None, key
                owner.state = tick(owner.core, owner.state, at)
                owner.deadline = owner.core.deadline(owner.state)
                effects.touched[(kind, key)] = owner

    async def _due(self, effects: Effects, kind: Kind, partition: int, at: datetime) -> list[str]:
        """Owners with a deadline until `at`: by the database, and by what it does not have yet."""
        unwritten = {
            key: owner.core.deadline(owner.state)
            for batch in (self._ahead, effects)
            if batch is not None
            for (owner_kind, key), owner in batch.touched.items()
            if owner_kind == kind and owner.partition == partition
        }
        due = {key for key, deadline in unwritten.items() if deadline and deadline <= at}
        place = (kind, partition)
        bound = self._next_due.get(place, datetime.min.replace(tzinfo=UTC))
        if bound is not None and bound <= at:
            stored = await writers.due_keys(self._pool, kind, partition=partition, at=at)
            due.update(key for key in stored if key not in unwritten)
            later = [deadline for deadline in unwritten.values() if deadline and deadline > at]
            first = await writers.next_deadline(self._pool, kind, partition=partition, after=at)
            self._next_due[place] = min(filter(None, (first, *later)), default=None)
        return sorted(due)

    # --- concluding ---------------------------------------------------------------------------

    async def _conclude(self, effects: Effects) -> None:
        """Rows of all touched states, and what their owners say that they did not say before."""
        recorded_at = datetime.now(UTC)
        for number, ((kind, key), owner) in enumerate(effects.touched.items()):
            state, core = owner.state, owner.core
            owner.deadline = core.deadline(state)
            said = core.outputs(state)
            position = self._assignment.positions[(_home(kind).name, owner.partition)]
            if said != owner.said:
                at = max(filter(None, (state.changed_at, position.clock_at)), default=recorded_at)
                for change in changes(owner.said, said, state=state, at=at):
                    self._say(effects, owner, change, recorded_at)
                owner.said = said
            body = encode_state(state)
            self._cache.resize(owner, len(body))
            body = pack(body)
            effects.states.setdefault(kind, []).append(
                (
                    key,
                    owner.partition,
                    state.revision,
                    state.changed_at,
                    owner.deadline,
                    body,
                    *core.columns(state),
                )
            )
            if owner.deadline is not None:
                self._note_deadline(kind, owner)
            metrics.EVENTS_APPLIED.labels(kind).inc(len(effects.entries.get((kind, key), ())))
            if number % 50 == 0:
                await asyncio.sleep(0)
        self._cache.shrink(effects.touched.keys())

    def _note_deadline(self, kind: Kind, owner: Owner) -> None:
        place = (kind, owner.partition)
        if place in self._next_due:
            known = self._next_due[place]
            assert owner.deadline is not None
            if known is None or owner.deadline < known:
                self._next_due[place] = owner.deadline

    def _say(self, effects: Effects, owner: Owner, change: Change, recorded_at: datetime) -> None:
        kind, key = owner.core.kind, owner.state.key
        event = change.event
        if isinstance(event, AlertRaised):
            effects.alerts[event.alert_id] = AlertRow(
                event.alert_id,
                event.about,
                event.about_kind,
                event.code,
                event.severity,
                event.message,
                event.due_at,
                change.at,
            )
        elif isinstance(event, AlertCleared):
            effects.cleared[event.alert_id] = change.at
        record = encode(
            Fact(
                event_id=change_id(kind, key, change, owner.state.revision),
                source=f"/groupage/{kind}",
                key=event.key,
                occurred_at=change.at,
                recorded_at=recorded_at,
                data=event,
                relayed_by=kind,
            )
        )
        effects.outbox.append(
            OutboxRow(
                origin_topic=_home(kind).name,
                origin_partition=owner.partition,
                topic=record.topic,
                key=event.key,
                headers=pack_headers(record.headers),
                value=record.value,
            )
        )

    # --- dead letters -------------------------------------------------------------------------

    def _bury(
        self, effects: Effects, piece: Slice, letters: Iterable[writers.DeadLetterRow]
    ) -> None:
        for letter in letters:
            effects.letters[letter.letter_id] = letter
            headers = writers.unpack_headers(letter.headers)
            effects.outbox.append(records.letter_message(letter, headers))
            log.warning(
                "record_dead_lettered",
                topic=piece.topic,
                partition=piece.partition,
                offset=letter.record_offset,
                code=letter.code,
                reason=letter.reason,
            )

    async def _bury_refused(
        self,
        effects: Effects,
        piece: Slice,
        owner: Owner,
        incoming: list[Incoming],
        known: set[str],
    ) -> None:
        """Facts that the state machine refuses: kept, without effect, and told with the reason."""
        by_id = {item.entry.fact_id: item for item in incoming}
        for fact_id in sorted(owner.state.refused.keys() - known):
            refusal = owner.state.refused[fact_id]
            if item := by_id.get(fact_id):
                letter = records.dead_letter(
                    item.record,
                    piece.topic,
                    piece.partition,
                    code=refusal.code,
                    reason=refusal.reason,
                )
            else:
                origin = await writers.fact_origin(self._pool, fact_id)
                if origin is None:
                    continue
                letter = records.refused_letter(origin, code=refusal.code, reason=refusal.reason)
            self._bury(effects, piece, [letter])


def partition_of(key: str, topic: str) -> int:
    """Where Kafka's own partitioner puts the key."""
    digest: int = murmur2(key.encode()) & 0x7FFFFFFF
    return digest % BY_NAME[topic].partitions


def _home(kind: Kind) -> Any:
    return _HOMES[kind]


_HOMES = {kind: topic for topic in reversed(BY_NAME.values()) for kind in topic.kinds}
_HOMES["unit"] = BY_NAME["hub.unit.v1"]


def _forwarded(piece: Slice, item: Incoming) -> OutboxRow:
    """The same record again, so that Kafka's partitioner puts it where its owner lives."""
    return OutboxRow(
        origin_topic=piece.topic,
        origin_partition=piece.partition,
        topic=piece.topic,
        key=item.entry.fact.key,
        headers=pack_headers(item.record.headers),
        value=item.record.value,
    )
