"""The process that delivers: of several read APIs the one that holds the lock of the database.

Each subscription has a task of its own, so that a receiver that is slow or dead delays no other.
"""

import asyncio
from uuid import UUID

import asyncpg
import structlog

from groupage.app.subscriptions.delivery import Delivery, FilterReader
from groupage.settings import DatabaseSettings, SubscriptionSettings
from groupage.store.locks import Session
from groupage.store.pool import TRANSIENT_ERRORS, create_pool
from groupage.store.readers.captured_log import ends_of_log, read_new_terms
from groupage.store.subscriptions import list_running, try_delivery_lock

POLL_S = 1.0
"""An event is delivered so long after a worker stored it, at most."""
_NEW_EVENTS_MAX = 1_000
"""If there are more at once, each subscription looks for its own."""
_LOCK_RETRY_S = 2.0
_RETRY_S = 5.0
_STATEMENT_TIMEOUT_S = 20.0
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, *TRANSIENT_ERRORS)
_NAME = "groupage-api subscriptions"

log = structlog.get_logger(__name__)


class Deliverer:
    """Delivers all subscriptions while it holds the lock."""

    def __init__(
        self,
        database: DatabaseSettings,
        settings: SubscriptionSettings,
        read_filter: FilterReader,
    ) -> None:
        self._database = database.model_copy(update={"pool_size_min": 0, "pool_size_max": 2})
        self._settings = settings
        self._read_filter = read_filter

    async def run(self) -> None:
        """Deliver until cancelled; while the database is away, try again."""
        while True:
            try:
                await self._deliver_in_session()
            except _FAILURES as error:
                log.warning("subscriptions_not_delivered", error=repr(error))
            except Exception:
                log.exception("subscriptions_failed")
            await asyncio.sleep(_RETRY_S)

    async def _deliver_in_session(self) -> None:
        session = await asyncpg.connect(
            self._database.url.get_secret_value(),
            timeout=self._database.connect_timeout_s,
            command_timeout=_STATEMENT_TIMEOUT_S,
            server_settings={"application_name": _NAME},
        )
        try:
            while True:
                if await try_delivery_lock(session):
                    break
                await asyncio.sleep(_LOCK_RETRY_S)
            log.info("subscriptions_delivered_here")
            await self._deliver_all(session)
        finally:
            session.terminate()

    async def _deliver_all(self, session: Session) -> None:
        pool = await create_pool(self._database, application_name=_NAME)
        tasks: dict[UUID, _Task] = {}
        try:
            ends = await ends_of_log(session)
            while True:
                running = set(await list_running(session))
                for subscription_id in [each for each in tasks if each not in running]:
                    await tasks.pop(subscription_id).cancel()
                for subscription_id in running:
                    if subscription_id not in tasks:
                        delivery = Delivery(
                            pool, self._settings, subscription_id, self._read_filter
                        )
                        tasks[subscription_id] = _Task(delivery)
                before, ends = ends, await ends_of_log(session)
                if tasks and ends != before:
                    new = await read_new_terms(session, before, ends, limit=_NEW_EVENTS_MAX)
                    for task in tasks.values():
                        task.delivery.note_growth(new)
                for task in tasks.values():
                    task.restart_if_ended()
                await asyncio.sleep(POLL_S)
        finally:
            await asyncio.gather(*(task.cancel() for task in tasks.values()))
            pool.terminate()


class _Task:
    """The task of a delivery: starts again when the database failed, or a person resumed it."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self._task = asyncio.create_task(delivery.run())
        self._pause = 0

    async def cancel(self) -> None:
        """End the task."""
        self._task.cancel()
        await asyncio.wait((self._task,))

    def restart_if_ended(self) -> None:
        """Start a task that has ended: at once if it was resumed, after a failure later."""
        if not self._task.done():
            return
        if self._pause == 0 and (error := self._task.exception()) is not None:
            if isinstance(error, _FAILURES):
                log.warning("subscription_not_delivered", error=repr(error))
            else:
                log.error("subscription_failed", exc_info=error)
            self._pause = int(_RETRY_S / POLL_S)
            return
        self._pause = max(0, self._pause - 1)
        if self._pause == 0:
            self._task = asyncio.create_task(self.delivery.run())
