"""The hub's policy at the gateway: that of the log, and of the file until the log is read."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from groupage.contracts.policy_log import PolicyLog
from groupage.contracts.signing import HubKey, hub_key_from
from groupage.domain.errors import Misconfigured, Unavailable
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.settings import HubSettings, KafkaSettings, PolicySettings, TopicSettings

_RETRY_S = 5.0

log = structlog.get_logger(__name__)


class PolicyFollower:
    """Calls `judge_by` with each policy that comes into force."""

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        prefix: str,
        wall: bool,
        of_file: Policy,
        judge_by: Callable[[Policy], None],
    ) -> None:
        """`wall`: the hub's clock is the time of day; else the newest policy counts."""
        self._log = PolicyLog(kafka, prefix=prefix, hub_key=_hub_key())
        self._wall = wall
        self._in_force = of_file
        self._judge_by = judge_by
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._task = asyncio.create_task(self._run(), name="policy")

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                async with self._log as policy_log:
                    while True:
                        await policy_log.read_more()
                        self._update()
            except (Unavailable, KafkaError) as error:
                log.info("policy_not_read", error=repr(error))
                await asyncio.sleep(_RETRY_S)

    def _update(self) -> None:
        history = PolicyHistory(self._in_force, self._log.adoptions)
        policy = history.at(datetime.now(UTC)) if self._wall else history.newest
        if history.adoptions and policy != self._in_force:
            self._in_force = policy
            self._judge_by(policy)
            log.info("policy_in_force", check_digits=policy.check_digits)


def policy_of_file() -> Policy:
    """Return the policy that counts until the log is read; a wrong file stops no gateway."""
    try:
        return PolicySettings().load()
    except Misconfigured as error:
        log.warning("policy_file_not_read", error=str(error))
        return Policy()


def _hub_key() -> HubKey | None:
    """Return the hub's key if this gateway has it; without it the log is believed as it is."""
    try:
        return hub_key_from(HubSettings(), TopicSettings())
    except ValidationError:
        return None
