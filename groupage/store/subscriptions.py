"""Table `subscription`: webhook subscriptions of named queries, and how far each has come."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from groupage.domain.errors import InvalidInput, NotFound
from groupage.store.locks import DELIVERY_LOCK, Session
from groupage.store.pool import Connection
from groupage.store.readers.captured_log import LogPlace, ends_of_log

Places = Mapping[tuple[str, int], LogPlace]
"""Where a subscription is, by topic and partition."""

ERROR_LENGTH_MAX = 500
_BEGINNING = LogPlace(-1)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Events that are delivered together."""

    batch_id: UUID
    made_at: datetime
    events: tuple[UUID, ...]
    """Captured ids."""
    places: Places
    due_at: datetime | None
    """The next run of the schedule, if the batch ends one."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription with its progress."""

    subscription_id: UUID
    query_name: str
    dest: str
    signature_token: str | None
    schedule: bytes | None
    report_if_empty: bool
    initial_record_time: datetime | None
    created_at: datetime
    due_at: datetime | None
    executed_at: datetime | None
    last_notified_at: datetime | None
    delivered: int
    failures: int
    failing_since: datetime | None
    last_error: str
    batch_events_max: int | None
    stopped_at: datetime | None
    stop_reason: str
    places: Places
    batch: Batch | None

    @property
    def state(self) -> str:
        """How it fares: `active`, `failing` or `stopped`."""
        if self.stopped_at is not None:
            return "stopped"
        return "failing" if self.failures else "active"


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as a client asks for it."""

    query_name: str
    dest: str
    signature_token: str | None
    schedule: bytes | None
    report_if_empty: bool
    initial_record_time: datetime | None
    due_at: datetime | None
    places: Places


async def insert_subscription(
    connection: Connection, new: NewSubscription, *, limit: int
) -> Subscription:
    """Store a subscription.

    Raises NotFound without such a query, InvalidInput when there are `limit` subscriptions.
    """
    try:
        row = await connection.fetchrow(
            "insert into subscription (query_name, dest, signature_token, schedule, "
            "report_if_empty, initial_record_time, due_at, places) "
            "select $1, $2, $3, $4, $5, $6, $7, $8 "
            "where (select count(*) from subscription) < $9 returning *",
            new.query_name,
            new.dest,
            new.signature_token,
            new.schedule,
            new.report_if_empty,
            new.initial_record_time,
            new.due_at,
            _pack(new.places),
            limit,
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound(f"no query is called {new.query_name[:200]!r}") from None
    if row is None:
        raise InvalidInput(f"there are {limit} subscriptions: delete one of them first")
    return _subscription(row)


async def read_subscription(
    connection: Connection, subscription_id: UUID, query_name: str | None = None
) -> Subscription | None:
    """Read a subscription; None: there is none, or it is of another query."""
    row = await connection.fetchrow(
        "select * from subscription "
        "where subscription_id = $1 and ($2::text is null or query_name = $2)",
        subscription_id,
        query_name,
    )
    return None if row is None else _subscription(row)


async def list_subscriptions(
    connection: Connection,
    query_name: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    *,
    limit: int,
) -> Sequence[Subscription]:
    """Read the next subscriptions of a query, or of all, the oldest first."""
    rows = await connection.fetch(
        "select * from subscription where ($1::text is null or query_name = $1) "
        "and ($2::timestamptz is null or (created_at, subscription_id) > ($2, $3)) "
        "order by created_at, subscription_id limit $4",
        query_name,
        *(after or (None, None)),
        limit,
    )
    return [_subscription(row) for row in rows]


async def list_running(connection: Connection) -> Sequence[UUID]:
    """Return the ids of the subscriptions that are not stopped."""
    rows = await connection.fetch(
        "select subscription_id from subscription where stopped_at is null order by 1"
    )
    return [row[0] for row in rows]


async def delete_subscription(connection: Connection, query_name: str, key: UUID) -> bool:
    """Delete a subscription; False: there is none."""
    deleted = await connection.fetchval(
        "delete from subscription where subscription_id = $1 and query_name = $2 returning 1",
        key,
        query_name,
    )
    return deleted is not None


async def store_batch(connection: Connection, key: UUID, batch: Batch) -> bool:
    """Note what is delivered next; False: another process has done so, or it is gone or stopped."""
    stored = await connection.fetchval(
        "update subscription set batch_id = $2, batch_made_at = $3, batch_events = $4, "
        "batch_places = $5, batch_due_at = $6 "
        "where subscription_id = $1 and batch_id is null and stopped_at is null returning 1",
        key,
        batch.batch_id,
        batch.made_at,
        batch.events,
        _pack(batch.places),
        batch.due_at,
    )
    return stored is not None


async def drop_batch(
    connection: Connection, key: UUID, batch_id: UUID, *, limit: int | None
) -> None:
    """Give up a batch; the next one begins where it began, and has `limit` events at most."""
    await connection.execute(
        "update subscription set batch_id = null, "
        "batch_events_max = coalesce($3, batch_events_max) "
        "where subscription_id = $1 and batch_id = $2",
        key,
        batch_id,
        limit,
    )


async def complete_batch(connection: Connection, key: UUID, batch_id: UUID) -> bool:
    """Advance behind a batch that the receiver confirmed; False: another process has done so."""
    done = await connection.fetchval(
        "update subscription set batch_id = null, places = batch_places, "
        "due_at = coalesce(batch_due_at, due_at), "
        "executed_at = case when schedule is null or batch_due_at is not null "
        "then batch_made_at else executed_at end, "
        "last_notified_at = now(), delivered = delivered + cardinality(batch_events), "
        "failures = 0, failing_since = null, last_error = '' "
        "where subscription_id = $1 and batch_id = $2 returning 1",
        key,
        batch_id,
    )
    return done is not None


async def advance(
    connection: Connection, key: UUID, places: Places, due_at: datetime | None
) -> None:
    """Advance a subscription for which there was nothing to deliver."""
    await connection.execute(
        "update subscription set places = $2, due_at = coalesce($3, due_at), "
        "executed_at = case when $3::timestamptz is null then executed_at else now() end "
        "where subscription_id = $1 and batch_id is null",
        key,
        _pack(places),
        due_at,
    )


async def note_failure(connection: Connection, key: UUID, batch_id: UUID, error: str) -> bool:
    """Count a failed delivery; False: the subscription is gone, stopped or further."""
    noted = await connection.fetchval(
        "update subscription set failures = failures + 1, last_error = $3, "
        "failing_since = coalesce(failing_since, now()) "
        "where subscription_id = $1 and batch_id = $2 and stopped_at is null returning 1",
        key,
        batch_id,
        error[:ERROR_LENGTH_MAX],
    )
    return noted is not None


async def stop_subscription(connection: Connection, key: UUID, reason: str) -> bool:
    """Stop a subscription; False: it is gone or stopped."""
    stopped = await connection.fetchval(
        "update subscription set stopped_at = now(), stop_reason = $2 "
        "where subscription_id = $1 and stopped_at is null returning 1",
        key,
        reason[:ERROR_LENGTH_MAX],
    )
    return stopped is not None


async def resume_subscription(connection: Connection, key: UUID) -> bool:
    """Let a stopped subscription go on where it stopped; False: it is gone or was not stopped."""
    resumed = await connection.fetchval(
        "update subscription set stopped_at = null, stop_reason = '', failures = 0, "
        "failing_since = null, last_error = '', batch_events_max = null "
        "where subscription_id = $1 and stopped_at is not null returning 1",
        key,
    )
    return resumed is not None


async def restart_places(connection: Connection, topics: Collection[str]) -> None:
    """Begin again in topics that were deleted and created again: their offsets mean nothing now.

    Events of the old log are still stored. Only those that were not delivered, and what was
    recorded later, are delivered; a few of them come twice.
    """
    ends = await ends_of_log(connection)
    last = await connection.fetchval("select max(captured_at) from captured_event")
    for row in await connection.fetch("select subscription_id, places from subscription"):
        places = _unpack(row["places"])
        waiting = [
            await connection.fetchval(
                "select min(captured_at) from captured_event where topic = $1 and partition = $2 "
                "and (record_offset, captured_id) > ($3, $4)",
                *name,
                *places.get(name, _BEGINNING),
            )
            for name in ends
        ]
        since = min((at for at in waiting if at is not None), default=last)
        kept = {name: place for name, place in places.items() if name[0] not in topics}
        await connection.execute(
            "update subscription set places = $2, batch_id = null, "
            "initial_record_time = greatest(initial_record_time, $3) where subscription_id = $1",
            row["subscription_id"],
            _pack(kept),
            since,
        )


async def count_by_state(connection: Connection) -> dict[str, int]:
    """Count the subscriptions that are active, failing and stopped."""
    row = await connection.fetchrow(
        "select count(*) filter (where stopped_at is not null) as stopped, "
        "count(*) filter (where stopped_at is null and failures > 0) as failing, "
        "count(*) filter (where stopped_at is null and failures = 0) as active from subscription"
    )
    return dict(row or {})


async def try_delivery_lock(connection: Session) -> bool:
    """Make this session the one that delivers, if no other one is; the lock ends with it."""
    return bool(await connection.fetchval("select pg_try_advisory_lock($1)", DELIVERY_LOCK))


def _pack(places: Places) -> bytes:
    return msgspec.msgpack.encode(
        [(*partition, place.offset, place.captured_id.bytes) for partition, place in places.items()]
    )


def _unpack(packed: bytes) -> Places:
    rows = msgspec.msgpack.decode(packed, type=list[tuple[str, int, int, bytes]])
    return {
        (topic, partition): LogPlace(offset, UUID(bytes=last))
        for topic, partition, offset, last in rows
    }


def _subscription(row: asyncpg.Record) -> Subscription:
    def utc(column: str) -> datetime | None:
        at: datetime | None = row[column]
        return None if at is None else at.astimezone(UTC)

    batch = None
    if row["batch_id"] is not None:
        batch = Batch(
            batch_id=row["batch_id"],
            made_at=row["batch_made_at"].astimezone(UTC),
            events=tuple(row["batch_events"]),
            places=_unpack(row["batch_places"]),
            due_at=utc("batch_due_at"),
        )
    members: dict[str, Any] = {
        name: utc(name) if name.endswith(("_at", "_time", "_since")) else row[name]
        for name in Subscription.__struct_fields__
        if name not in ("places", "batch")
    }
    return Subscription(**members, places=_unpack(row["places"]), batch=batch)
