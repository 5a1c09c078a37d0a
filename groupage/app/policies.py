"""Adoption of policies: by a person, and of a changed file by `groupage up`."""

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from groupage.app.hub_time import time_text, use_zone_of
from groupage.contracts.policy_log import PolicyLog
from groupage.contracts.signing import HubKey
from groupage.domain.errors import Conflict, InvalidInput
from groupage.domain.policy import Policy, in_full, is_same_policy, policy_digest
from groupage.domain.policy_history import Adoption, PolicyHistory
from groupage.domain.state.forms import FORMS
from groupage.settings import DatabaseSettings, KafkaSettings
from groupage.store.locks import WORKER_SESSION
from groupage.store.older_states import count_older_states
from groupage.store.policies import count_adoptions, hub_clock
from groupage.store.pool import refusals_in_words
from groupage.store.schema import require_schema

_CONNECT_TIMEOUT_S = 20.0
_POLL_S = 0.1
_SHOWN_MAX = 10
"""Of longer lists a change shows only what differs."""
_SESSION = re.compile(re.escape(WORKER_SESSION).replace(re.escape("{}"), r"(\d+)"))


class Change(NamedTuple):
    """A value that differs between two policies."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if isinstance(self.before, list) and isinstance(self.after, list):
            less = [each for each in self.before if each not in self.after]
            more = [each for each in self.after if each not in self.before]
            if max(len(self.before), len(self.after)) > _SHOWN_MAX and (less or more):
                return f"{self.path}: without {_text(less)}, with {_text(more)}"
        return f"{self.path}: {_text(self.before)} -> {_text(self.after)}"


def changes_between(before: Policy, after: Policy) -> list[Change]:
    """List the values that differ, by their place in a policy file."""
    old, new = dict(_values(in_full(before))), dict(_values(in_full(after)))
    return [
        Change(path, old.get(path), new.get(path))
        for path in [*old, *(path for path in new if path not in old)]
        if old.get(path) != new.get(path)
    ]


def _values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value):
            name = inner.get("name") or inner.get("place_id") or str(number)
            if any(other is not inner and other.get("name") == name for other in value):
                name = f"{name}#{number}"
            yield from _values(inner, f"{path}.{name}")
    else:
        yield path, value


def _text(value: Any) -> str:
    return "absent" if value is None else msgspec.json.encode(value).decode()


class Hub(NamedTuple):
    """What an adoption needs of a hub."""

    kafka: KafkaSettings
    database: DatabaseSettings
    prefix: str
    hub_key: HubKey
    wall_clock: bool
    """Its clock is the time of day."""

    def policy_log(self) -> PolicyLog:
        """Return its log of policies, not open yet."""
        return PolicyLog(self.kafka, prefix=self.prefix, hub_key=self.hub_key)

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Connect to its database."""
        with refusals_in_words():
            return await asyncpg.connect(
                self.database.url.get_secret_value(),
                timeout=_CONNECT_TIMEOUT_S,
                server_settings={"application_name": "groupage policy"},
            )

    async def now(self) -> datetime:
        """Return the time of its clock; the time of day while an external clock is silent.

        Raises Conflict while the workers derive states after an upgrade: they could not tell what
        the policy changes from what the upgrade does.
        """
        connection = await self.connect()
        try:
            schema = await require_schema(connection, place=self.database.address, older_forms=True)
            if schema.underived:
                raise Conflict(
                    "after an upgrade the workers are deriving states again; adopt the policy when "
                    "`groupage migrate --check` says that none are left"
                )
            clock_at = await hub_clock(connection)
        finally:
            await connection.close()
        now = datetime.now(UTC)
        if clock_at is None:
            return now
        return max(now, clock_at) if self.wall_clock else clock_at


class Adopted(NamedTuple):
    """A policy that the hub adopted, and what that changed."""

    digest: str
    effective_at: datetime
    first: bool
    changes: list[Change]
    replaced: list[str]
    """Digests of policies that would have taken effect later."""
    number: int
    """How many policies the hub has adopted now."""


async def adopt(
    hub: Hub, policy: Policy, *, by: str, reason: str, effective_at: datetime | None = None
) -> Adopted | None:
    """Adopt a policy from that time on, or from now on; None: it is in force then already.

    Raises InvalidInput for a time before the hub's clock, Unavailable.
    """
    use_zone_of(policy)
    now = await hub.now()
    if effective_at is not None and effective_at < now:
        raise InvalidInput(
            f"--at is {time_text(effective_at, exact=True)}, and the hub's clock is at "
            f"{time_text(now, exact=True)}: what has happened stays judged by the policy of its "
            "time. Give a later time, or none for now"
        )
    effective_at = effective_at or now
    async with hub.policy_log() as log:
        adoptions = list(await log.read_to_end())
        if not adoptions:
            adoptions = list(await log.adopt_first(policy, by=by, reason=reason))
            return Adopted(
                digest=adoptions[0].digest,
                effective_at=effective_at,
                first=True,
                changes=[],
                replaced=[],
                number=len(adoptions),
            )
        history = PolicyHistory(adoptions[0].policy, adoptions)
        pending = [
            each.digest
            for each in adoptions[1:]
            if each.effective_at > effective_at and history.adoption_at(each.effective_at) is each
        ]
        before = history.at(effective_at)
        if is_same_policy(before, policy) and not pending:
            return None
        await log.adopt(policy, by=by, reason=reason, effective_at=effective_at)
        number = len(await log.read_to_end())
    return Adopted(
        digest=policy_digest(policy),
        effective_at=effective_at,
        first=False,
        changes=changes_between(before, policy),
        replaced=pending,
        number=number,
    )


async def adopt_changed_file(hub: Hub, policy: Policy, *, file: str) -> str:
    """Adopt the policy of the hub's file if it has never adopted it; say what happened.

    A file that holds an earlier policy changes nothing: somebody adopted another one since. This
    holds, too, if only its calendar differs, which a new version of groupage may have renewed.
    Empty: there is nothing to say.
    """
    async with hub.policy_log() as log:
        adoptions = await log.read_to_end()
    if not adoptions or is_same_policy(adoptions[-1].policy, policy):
        return ""  # the first worker of a new hub adopts it
    history = PolicyHistory(adoptions[0].policy, adoptions)
    try:
        in_force = history.adoption_at(await hub.now())
        assert in_force is not None, "the first one counts from the beginning"
        if is_same_policy(in_force.policy, policy):
            return ""
        if history.has_adopted(policy) or (
            not _differs_by_calendar(in_force.policy, policy)
            and any(_differs_by_calendar(each.policy, policy) for each in adoptions)
        ):
            return _earlier(file, in_force)
        adopted = await adopt(hub, policy, by="groupage up", reason=f"changed: {file}")
    except Conflict as error:
        return f"{file}: not adopted: {error}"
    assert adopted is not None, "the hub has never adopted it"
    since = time_text(adopted.effective_at, exact=True)
    return (
        f"{adopted.digest} adopted from {file}, in force from {since} on; "
        f"changed: {'; '.join(map(str, adopted.changes))}"
    )


def _differs_by_calendar(first: Policy, second: Policy) -> bool:
    """Tell whether two policies differ by their calendars of working days and nothing else."""
    return is_same_policy(msgspec.structs.replace(first, working_days=second.working_days), second)


def _earlier(file: str, in_force: Adoption) -> str:
    return (
        f"{file}: an earlier policy; in force is {in_force.digest}, adopted by "
        f"{in_force.event.by}: {in_force.event.reason}. To go back: `groupage policy adopt`"
    )


class Reach(NamedTuple):
    """How far an adopted policy has come."""

    workers: int
    behind: int
    """Workers that have not read it yet."""
    states_left: int
    """States to be derived under it."""


async def wait_for_workers(hub: Hub, number: int, *, patience_s: float) -> Reach:
    """Wait until all running workers have read that many policies, no longer than the patience."""
    deadline_s = time.monotonic() + patience_s
    connection = await hub.connect()
    try:
        while True:
            reach = await _reach(connection, number)
            known = await count_adoptions(connection) >= number
            if not reach.workers or (known and not reach.behind):
                return reach
            if time.monotonic() >= deadline_s:
                return reach
            await asyncio.sleep(_POLL_S)
    finally:
        await connection.close()


async def _reach(connection: "asyncpg.Connection[asyncpg.Record]", number: int) -> Reach:
    rows = await connection.fetch(
        "select application_name from pg_stat_activity where datname = current_database()"
    )
    read = [
        int(match[1])
        for row in rows
        if row[0] and (match := _SESSION.fullmatch(row[0])) is not None
    ]
    left = sum([await count_older_states(connection, kind, policy=number - 1) for kind in FORMS])
    return Reach(len(read), sum(each < number for each in read), left)
