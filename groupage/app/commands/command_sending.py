"""Sending a dispatcher's command over Kafka, and waiting for what comes of it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import msgspec

from groupage.domain import commands
from groupage.domain.command_outcomes import OutcomeState
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.fact import Fact
from groupage.domain.possible_pins import reject_pin
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.lane import LanePin
from groupage.domain.words import when
from groupage.settings import ClockSettings, KafkaSettings, TopicSettings
from groupage.store.policies import hub_clock
from groupage.store.pool import Connection
from groupage.store.readers.command_hints import find_hint, open_consolidations_of
from groupage.store.readers.commands import CommandView, find_commands, read_command
from groupage.store.readers.facts import facts_by_subject, read_state
from groupage.store.readers.plans import find_plan
from producers.publisher import Publisher, new_fact

_POLL_S = 0.2
_NEXT_INSTANT = timedelta(milliseconds=1)
_TICKS_APART = timedelta(minutes=1)
_KNOWN: frozenset[OutcomeState] = frozenset({"applied", "refused", "superseded"})
_WITHDRAWN: frozenset[OutcomeState] = frozenset({"superseded"})


class Wanted(NamedTuple):
    """A command as a person types it; `fields` are those of the event."""

    event: type[commands.Command]
    consignment: str = ""
    """Its lane, if nobody names one, is where it is booked."""
    lane: str | None = None
    plan: str = ""
    """Id of a plan, or its beginning."""
    fields: Mapping[str, Any] = MappingProxyType({})


class SentCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command that Kafka has, and its outcome as far as it is known."""

    command_id: str
    given_at: datetime
    outcome: CommandView | None = None
    hint: str = ""
    """What would be right, if it was refused."""
    given_before: bool = False
    """The same command was given under that id before: nothing was sent."""


async def send_and_wait(
    pool: Connection, wanted: Wanted, *, timeout_s: float | None = None
) -> SentCommand:
    """Send a command; wait for its outcome for that long. None: do not wait.

    The same command under an id that it has already is not sent again. Raises InvalidInput, also
    for an id that another command has, and NotFound before anything is sent, Unavailable if Kafka
    does not answer.
    """
    command = await _complete(pool, wanted)
    earlier = await _find_same(pool, command) if "command_id" in wanted.fields else None
    if earlier is not None:
        sent = SentCommand(
            command_id=command.command_id, given_at=earlier.occurred_at, given_before=True
        )
        return await _wait(pool, sent, command, timeout_s)
    given_at = await _time_of_command(pool)
    if isinstance(command, commands.PinConsignment) and command.consolidation_id:
        await _require_possible(pool, command, given_at)
    fact = new_fact(
        command,
        source=f"/desk/{quote(command.by, safe='')}",
        event_id=command.command_id,
        occurred_at=given_at,
    )
    async with Publisher(KafkaSettings(), prefix=TopicSettings().prefix) as publisher:
        await publisher.publish(fact)
    sent = SentCommand(command_id=command.command_id, given_at=given_at)
    return await _wait(pool, sent, command, timeout_s)


async def _wait(
    pool: Connection, sent: SentCommand, command: commands.Command, timeout_s: float | None
) -> SentCommand:
    """Add the outcome and what would be right, when the hub knows them."""
    if timeout_s is None:
        return sent
    outcome = await _await_outcome(pool, command, timeout_s=timeout_s)
    hint = "" if outcome is None else await find_hint(pool, outcome)
    return msgspec.structs.replace(sent, outcome=outcome, hint=hint)


async def _find_same(pool: Connection, command: commands.Command) -> Fact | None:
    """Return the same command that was given under its id; None: nobody used the id.

    Raises InvalidInput if another command has the id, or the command was withdrawn. The hub can
    tell only for commands about the same lane, consignment or consolidation.
    """
    stored = [each.fact for each in await facts_by_subject(pool, command.command_id)]
    of_commands = [fact for fact in stored if isinstance(fact.data, commands.Command)]
    withdrawn = {(each.source, each.correction_of) for each in of_commands if each.retracted}
    given = [fact for fact in of_commands if not fact.retracted]
    for fact in given:
        if (fact.source, fact.event_id) not in withdrawn and fact.data == command:
            return fact
    if given:
        views = await find_commands(pool, command.command_id)
        raise InvalidInput(
            f"the id {command.command_id!r} is used: {'; '.join(map(_named, views))}; nothing was "
            "sent; give the command another --id, or none"
        )
    return None


def _named(view: CommandView) -> str:
    return f"{view.command} of {view.about} by {view.by} at {when(view.given_at)}, {view.state}"


async def withdraw_and_wait(
    pool: Connection, command_id: str, *, about: str | None = None, timeout_s: float | None = None
) -> SentCommand:
    """Retract a command in the name of its sender; wait for that long until it has no effect.

    `about`: of several commands with that id, the one about this consignment, consolidation, plan
    or lane. Raises NotFound, InvalidInput if several are left, Unavailable as `send_and_wait`.
    """
    await read_command(pool, command_id)
    views = [view for view in await find_commands(pool, command_id) if about in (None, view.about)]
    if not views:
        raise NotFound(f"there is no command {command_id!r} about {about}")
    if len({view.about for view in views}) > 1:
        raise InvalidInput(
            f"several commands have the id {command_id!r}: {'; '.join(map(_named, views))}; name "
            "the one that you mean with --about"
        )
    view = views[0]
    stored = await facts_by_subject(pool, command_id)
    facts = [each.fact for each in stored if each.kind == "command" and not each.fact.retracted]
    fact = next(
        each for each in facts if (each.source, each.event_id) == (view.source, view.event_id)
    )
    command = fact.data
    assert isinstance(command, commands.Command), "its aggregate kind has no other events"
    retraction = new_fact(
        command,
        source=fact.source,
        event_id=f"withdraw-{uuid4().hex[:10]}",
        occurred_at=fact.occurred_at,
        correction_of=fact.event_id,
        retracted=True,
    )
    async with Publisher(KafkaSettings(), prefix=TopicSettings().prefix) as publisher:
        await publisher.publish(retraction)
    sent = SentCommand(command_id=command_id, given_at=fact.occurred_at)
    if timeout_s is None:
        return sent
    outcome = await _await_outcome(pool, command, timeout_s=timeout_s, until=_WITHDRAWN)
    return msgspec.structs.replace(sent, outcome=outcome)


async def _complete(pool: Connection, wanted: Wanted) -> commands.Command:
    """Return the event, with what the hub knows in place of what the person left out."""
    fields = dict(wanted.fields)
    if wanted.consignment:
        fields["consignment_id"] = wanted.consignment
        lane, voyage = await _booking_of(pool, wanted.consignment)
        fields["lane_id"] = wanted.lane or _require_lane(wanted.consignment, lane)
        if wanted.event is commands.RollConsignment and "from_voyage_id" not in fields:
            if voyage is None:
                raise InvalidInput(
                    f"consignment {wanted.consignment} is in no plan; name the voyage that it must "
                    "not go with"
                )
            fields["from_voyage_id"] = voyage
    elif wanted.plan:
        plan = await find_plan(pool, wanted.plan)
        fields |= {"plan_id": plan.plan_id, "lane_id": plan.lane_id}
    elif wanted.lane:
        fields["lane_id"] = wanted.lane
    made = {"command_id": f"{_verb_of(wanted, fields)}-{uuid4().hex[:10]}", **fields}
    try:
        return msgspec.convert(made, wanted.event)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from error


async def _require_possible(
    pool: Connection, command: commands.PinConsignment, at: datetime
) -> None:
    """Raise InvalidInput if the pin's consolidation cannot take the consignment.

    Sent all the same, it would take the place of an earlier pin of the consignment.
    """
    if command.unpin or not command.voyage_id or not command.consolidation_id:
        return
    state = await read_state(pool, ConsolidationState, command.consolidation_id)
    pin = LanePin(
        at=at,
        by=command.by,
        voyage_id=command.voyage_id,
        consolidation_id=command.consolidation_id,
    )
    rejected = reject_pin(command.consignment_id, pin, state)
    if rejected is not None:
        hint = await open_consolidations_of(pool, command.voyage_id)
        raise InvalidInput(f"{rejected.reason} ({rejected.code}); nothing was sent; {hint}")


async def _booking_of(pool: Connection, consignment_id: str) -> tuple[str, str | None]:
    """Return lane and planned voyage of a consignment; no lane: it is not booked."""
    row = await pool.fetchrow(
        "select lane_id, voyage_id from consignment where key = $1", consignment_id
    )
    return ("", None) if row is None else (row["lane_id"], row["voyage_id"])


def _require_lane(consignment_id: str, lane: str) -> str:
    if not lane:
        raise NotFound(
            f"no consignment {consignment_id!r} is booked, and nothing was sent; check the id "
            "(`groupage consignments` lists them), or name the lane with --lane"
        )
    return lane


def _verb_of(wanted: Wanted, fields: Mapping[str, Any]) -> str:
    """Return the first part of a new id, the word that lists show."""
    ending = next((name for name in ("unpin", "lift") if fields.get(name)), None)
    return ending or wanted.event.name.partition(".")[2].partition("_")[0]


async def _time_of_command(pool: Connection) -> datetime:
    """Return when the person gives the command: now, by the clock that the hub goes by.

    A simulated clock stands between two ticks: commands must keep their order. A command that
    somebody dated far ahead, by the time of day perhaps, does not draw the next ones after it.
    """
    now = datetime.now(UTC)
    if ClockSettings().source == "wall":
        return now
    clock_at = await hub_clock(pool)
    newest: datetime | None = await pool.fetchval(
        "select max(occurred_at) from fact where kind = 'command' and occurred_at < $1",
        (clock_at or now) + _TICKS_APART,
    )
    if clock_at is None:
        return now
    return clock_at if newest is None or newest < clock_at else newest + _NEXT_INSTANT


async def _await_outcome(
    pool: Connection,
    command: commands.Command,
    *,
    timeout_s: float,
    until: frozenset[OutcomeState] = _KNOWN,
) -> CommandView | None:
    """Return the outcome of the command, or how it stands when the time has passed."""
    found: CommandView | None = None
    try:
        async with asyncio.timeout(timeout_s):
            while found is None or found.state not in until:
                views = await find_commands(pool, command.command_id)
                found = next((view for view in views if view.about == command.about), found)
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        pass
    return found
