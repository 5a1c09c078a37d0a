"""Delivery of one subscription: batch after batch, each until the receiver confirms it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import asyncpg
import msgspec
import stamina
import structlog

from groupage.app.subscriptions.batches import find_next, with_bound
from groupage.app.subscriptions.destination import read_destination, require_allowed
from groupage.app.subscriptions.documents import delivery_body, delivery_headers
from groupage.app.subscriptions.failure import DeliveryFailed
from groupage.app.subscriptions.schedule import read_schedule
from groupage.domain.errors import InvalidInput
from groupage.settings import SubscriptionSettings
from groupage.store.named_queries import read_named_query
from groupage.store.readers.captured_events import CaptureFilter
from groupage.store.readers.captured_log import captures_with_ids
from groupage.store.subscriptions import (
    Batch,
    Subscription,
    advance,
    complete_batch,
    drop_batch,
    note_failure,
    read_subscription,
    stop_subscription,
    store_batch,
)
from groupage.telemetry.metrics import SUBSCRIPTION_DELIVERIES

_RETRY_S = 1.0
_UNWANTED_MAX = 500
"""A subscription that has waited for so many events of others notes how far it is: what it reads
when an event comes stays short."""
_LAG_MAX = timedelta(hours=1)
"""An event may be stored so long after its recording, and still is new to a subscription. Of older
ones a hub that was upgraded makes many: events of its own facts."""

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from groupage.app.subscriptions.receiver import Receiver

FilterReader = Callable[[bytes], CaptureFilter]
"""Reads the parameters of a named query. Raises InvalidInput."""


class _Overtaken(Exception):
    """Somebody deleted or stopped the subscription, or another process delivered the batch."""


class Delivery:
    """Delivers one subscription until it is stopped or gone."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        settings: SubscriptionSettings,
        subscription_id: UUID,
        read_filter: FilterReader,
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._id = subscription_id
        self._read_filter = read_filter
        self._log_grew = asyncio.Event()
        self._wanted: Sequence[frozenset[UUID]] | None = None
        """Of each group an event must have one term; None: not known yet."""
        self._unwanted = 0
        self._receiver: Receiver

    def note_growth(self, new: Sequence[frozenset[UUID]] | None) -> None:
        """Look for events, if one of the new ones may be wanted by its terms; None: any may be."""
        if new is not None and self._wanted is not None:
            self._unwanted += len(new)
            if self._unwanted < _UNWANTED_MAX and not any(
                all(not group.isdisjoint(terms) for group in self._wanted) for terms in new
            ):
                return
        self._log_grew.set()

    async def run(self) -> None:
        """Deliver until the subscription is stopped or gone. Raises the pool's errors."""
        from groupage.app.subscriptions.receiver import (  # noqa: PLC0415 - an HTTP client: 0.2 s
            Receiver,
        )

        structlog.contextvars.bind_contextvars(subscription=str(self._id))
        subscription = await read_subscription(self._pool, self._id)
        if subscription is None or subscription.stopped_at is not None:
            return
        async with AsyncExitStack() as stack:
            try:
                destination = read_destination(subscription.dest)
                allowed = require_allowed(destination, self._settings.allowed_hosts)
            except InvalidInput as error:
                await self._stop(str(error))
                return
            self._receiver = await stack.enter_async_context(
                Receiver(
                    destination,
                    allowed,
                    timeout_s=self._settings.timeout_s,
                    ca_file=self._settings.ca_file,
                )
            )
            while await self._step():
                pass

    async def _step(self) -> bool:
        """Deliver a batch, or wait for events; False: the subscription is stopped or gone."""
        self._log_grew.clear()
        subscription = await read_subscription(self._pool, self._id)
        if subscription is None or subscription.stopped_at is not None:
            return False
        reason = ""
        try:
            batch = subscription.batch or await self._make_batch(subscription)
            if batch is None:
                await self._wait(subscription)
            else:
                await self._deliver(subscription, batch)
        except _Overtaken:
            pass
        except InvalidInput as error:
            reason = f"the query or the schedule cannot be read: {error}"
        except DeliveryFailed as error:
            reason = f"the receiver does not confirm: {error}"
        if reason:
            await self._stop(reason)
        return not reason

    async def _make_batch(self, subscription: Subscription) -> Batch | None:
        """Store the next batch; None: there is nothing to deliver now.

        Raises InvalidInput, _Overtaken.
        """
        now = datetime.now(UTC)
        if subscription.due_at is not None and now < subscription.due_at:
            return None
        query = await read_named_query(self._pool, subscription.query_name)
        if query is None:
            return None  # the subscription went with it
        wanted = self._read_filter(query.query)
        self._wanted = [frozenset(map(UUID, group)) for group in wanted.terms]
        self._unwanted = 0
        following = await find_next(
            self._pool,
            with_bound(wanted, _recorded_since(subscription)),
            subscription.places,
            limit=min(
                self._settings.batch_events_max,
                subscription.batch_events_max or self._settings.batch_events_max,
            ),
            bytes_max=self._settings.batch_bytes_max,
        )
        due_at = None if following.more else _next_run(subscription, now)
        is_report = subscription.report_if_empty and subscription.schedule is not None
        if not following.captures and not is_report:
            if following.places != subscription.places or due_at is not None:
                await advance(self._pool, self._id, following.places, due_at)
            return None
        batch = Batch(
            batch_id=uuid4(),
            made_at=now,
            events=tuple(each.event.captured_id for each in following.captures),
            places=following.places,
            due_at=due_at,
        )
        if not await store_batch(self._pool, self._id, batch):
            raise _Overtaken
        return batch

    async def _wait(self, subscription: Subscription) -> None:
        """Wait until there may be something to deliver."""
        due_at = None
        if subscription.schedule is not None:
            current = await read_subscription(self._pool, self._id)
            due_at = current.due_at if current is not None else subscription.due_at
        if due_at is not None:
            await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
        else:
            await self._log_grew.wait()

    async def _deliver(self, subscription: Subscription, batch: Batch) -> None:
        """Deliver a batch, with retries. Raises DeliveryFailed at the limit, _Overtaken."""
        failing_s = 0.0
        if subscription.failing_since is not None:
            failing_s = (datetime.now(UTC) - subscription.failing_since).total_seconds()
        async for attempt in stamina.retry_context(
            on=_backoff,
            attempts=max(1, self._settings.stop_after_failures - subscription.failures),
            timeout=max(0.1, self._settings.stop_after_s - failing_s),
            wait_initial=min(_RETRY_S, self._settings.retry_max_s),
            wait_max=self._settings.retry_max_s,
            wait_jitter=min(_RETRY_S, self._settings.retry_max_s),
        ):
            with attempt:
                await self._attempt(subscription, batch)

    async def _attempt(self, subscription: Subscription, batch: Batch) -> None:
        # Read for each attempt: during the waits, which may last for hours, nothing is in memory.
        captures = await captures_with_ids(self._pool, batch.events)
        if len(captures) < len(batch.events):  # a new version makes events of the hub again
            await drop_batch(self._pool, self._id, batch.batch_id, limit=None)
            raise _Overtaken
        body = delivery_body(subscription, batch, captures)
        try:
            await self._receiver.post(body, delivery_headers(subscription, batch, body))
        except DeliveryFailed as error:
            if error.is_too_large and len(batch.events) > 1:
                half = len(batch.events) // 2
                await drop_batch(self._pool, self._id, batch.batch_id, limit=half)
                raise _Overtaken from None
            await self._note_failure(batch, error)
            raise
        SUBSCRIPTION_DELIVERIES.labels("delivered").inc()
        if not await complete_batch(self._pool, self._id, batch.batch_id):
            raise _Overtaken

    async def _note_failure(self, batch: Batch, error: DeliveryFailed) -> None:
        SUBSCRIPTION_DELIVERIES.labels("failed").inc()
        if not await note_failure(self._pool, self._id, batch.batch_id, str(error)):
            raise _Overtaken from None

    async def _stop(self, reason: str) -> None:
        if await stop_subscription(self._pool, self._id, reason):
            SUBSCRIPTION_DELIVERIES.labels("stopped").inc()
            log.error("subscription_stopped", reason=reason)


def _backoff(error: Exception) -> bool | float:
    """Tell stamina whether to retry; as a number, after how many seconds."""
    if not isinstance(error, DeliveryFailed) or error.is_final:
        return False
    return True if error.retry_after_s is None else error.retry_after_s


def _recorded_since(subscription: Subscription) -> datetime:
    """Return the time before which events are not delivered, however late they are stored."""
    return subscription.initial_record_time or subscription.created_at - _LAG_MAX


def _next_run(subscription: Subscription, now: datetime) -> datetime | None:
    """Return when the schedule is due next; runs that were missed are not made up for."""
    if subscription.schedule is None:
        return None
    fields = msgspec.json.decode(subscription.schedule, type=dict[str, str])
    return read_schedule(fields, now=now).next_after(now)
