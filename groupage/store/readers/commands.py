"""Commands of dispatchers, and what came of each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import asyncpg
import msgspec

from groupage.domain import commands
from groupage.domain.command_outcomes import (
    Message,
    Outcome,
    OutcomeState,
    SentCommand,
    outcome_of,
)
from groupage.domain.command_path import Step, steering_of, steps_of
from groupage.domain.errors import NotFound
from groupage.domain.events.base import AggregateKind
from groupage.domain.ids import SERIES_LENGTH
from groupage.domain.possible_pins import pin_depends_on
from groupage.domain.state.base import State
from groupage.domain.state.command import CommandState
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.lane import LaneState
from groupage.domain.state.voyage import VoyageState
from groupage.store.facts import SELECTED, StoredFact, stored_fact
from groupage.store.pool import Connection
from groupage.store.readers.paging import LIMIT_DEFAULT, Page, cursor_of, require_limit, values_of
from groupage.store.state_codec import unpack

_BATCH = 200
_STATES: Mapping[AggregateKind, type[State]] = {
    "command": CommandState,
    "consignment": ConsignmentState,
    "voyage": VoyageState,
    "consolidation": ConsolidationState,
    "lane": LaneState,
}
AggregateKey = tuple[AggregateKind, str]


class CommandView(msgspec.Struct, frozen=True, kw_only=True):
    """A command and what came of it."""

    command_id: str
    command: str
    """pin, unpin, forbid, lift, roll, replan, accept, reject, hold, release or unfreeze."""
    state: OutcomeState
    """received: on its way; applied; refused: it changed nothing; superseded: it was applied, or
    could have been, and something later took its place."""
    code: str
    """Of the rejection, if it was refused (docs/codes.md)."""
    outcome: str
    """What came of it, in words."""
    given_at: datetime
    by: str
    reason: str
    lane_id: str
    """Empty: the lane is not known."""
    about: str
    """Id of the consignment, consolidation, plan or lane that it is about."""
    voyage_id: str | None
    source: str
    event_id: str


class CommandFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of commands."""

    lane: str | None = None
    about: (
        Annotated[
            str, msgspec.Meta(description="About this consignment, consolidation, plan or lane.")
        ]
        | None
    ) = None
    by: str | None = None
    state: OutcomeState | None = None

    def matches(self, view: CommandView) -> bool:
        """Tell whether a command meets the filters."""
        wanted = (self.lane, self.about, self.by, self.state)
        found = (view.lane_id, view.about, view.by, view.state)
        return all(each in (None, value) for each, value in zip(wanted, found, strict=True))


class _Given(NamedTuple):
    """A stored command."""

    stored: StoredFact
    command: commands.Command

    @property
    def at(self) -> datetime:
        return self.stored.fact.occurred_at


async def list_commands(
    connection: Connection,
    wanted: CommandFilter,
    *,
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
) -> Page[CommandView]:
    """List commands, the newest first."""
    require_limit(limit)
    found: list[tuple[_Given, CommandView]] = []
    begin = values_of(after, 2) if after is not None else None
    while len(found) <= limit:
        rows = await _fetch_before(connection, begin)
        for given, view in await _view_all(connection, rows):
            if wanted.matches(view):
                found.append((given, view))
        if len(rows) < _BATCH:
            break
        begin = _position_of(rows[-1])
    shown = found[:limit]
    more = len(found) > limit
    return Page(
        items=tuple(view for _, view in shown),
        next_after=cursor_of(_position_of(shown[-1][0])) if more else None,
    )


async def find_commands(connection: Connection, command_id: str) -> tuple[CommandView, ...]:
    """Return the commands with that id: several, if it was used for several lanes or things."""
    rows = await connection.fetch(
        f"select {SELECTED} from fact where kind = 'command' and not retracted"  # noqa: S608 - ours
        " and subject = $1 order by occurred_at desc, fact_id desc",
        command_id,
    )
    return tuple(view for _, view in await _view_all(connection, _commands_in(rows)))


async def read_command(connection: Connection, command_id: str) -> CommandView:
    """Return the newest command with that id. Raises NotFound."""
    views = await find_commands(connection, command_id)
    if not views:
        raise NotFound(f"there is no command {command_id!r}: no worker has received it yet")
    return views[0]


def _position_of(given: _Given) -> list[str]:
    return [given.at.isoformat(), given.stored.fact_id]


async def _fetch_before(connection: Connection, begin: Sequence[str] | None) -> list[_Given]:
    condition = ""
    parameters: list[object] = []
    if begin is not None:
        condition = " and (occurred_at, fact_id) < ($1::text::timestamptz, $2::text::uuid)"
        parameters = list(begin)
    rows = await connection.fetch(
        f"select {SELECTED} from fact where kind = 'command' and not retracted{condition}"  # noqa: S608 - ours
        f" order by occurred_at desc, fact_id desc limit {_BATCH}",
        *parameters,
    )
    return _commands_in(rows)


def _commands_in(rows: Iterable[asyncpg.Record]) -> list[_Given]:
    given = []
    for row in rows:
        stored = stored_fact(row)
        if isinstance(stored.fact.data, commands.Command):
            given.append(_Given(stored, stored.fact.data))
    return given


async def _view_all(
    connection: Connection, rows: Sequence[_Given]
) -> list[tuple[_Given, CommandView]]:
    """Return what came of each; a command that was sent twice is one command."""
    steps = {step for given in rows for step in steps_of(given.command)}
    routers: set[AggregateKey] = {("command", given.stored.fact.key) for given in rows}
    messages = await _find_messages(connection, steps, {given.at for given in rows})
    replaced = await _find_replaced(connection, [key for _, key in routers])
    named: set[AggregateKey] = {
        ("consolidation", given.command.consolidation_id)
        for given in rows
        if isinstance(given.command, commands.PinConsignment) and given.command.consolidation_id
    }
    # States last: a state from before a message came would lack what the message did.
    states = await _read_states(
        connection, routers | named | {(step.kind, step.key) for step in steps}
    )
    kept_off = sorted(
        {
            given.stored.fact.key
            for given in rows
            if isinstance(given.command, commands.RollConsignment | commands.ForbidConsignment)
        }
    )
    voyages = await connection.fetch(
        "select key from voyage where lane_id = any($1::text[]) and status = 'SCHEDULED'", kept_off
    )
    steered: set[AggregateKey] = {("voyage", row["key"]) for row in voyages}
    for given in rows:
        lane = states.get(("lane", given.stored.fact.key))
        if isinstance(lane, LaneState):
            steered |= pin_depends_on(lane, given.command.about)
    states |= await _read_states(connection, steered - states.keys())
    viewed = []
    for given in rows:
        router = states.get(("command", given.stored.fact.key))
        assert isinstance(router, CommandState), "a worker stores facts and state together"
        outcome = _outcome(given, router, messages, replaced, states)
        if outcome is not None:
            viewed.append((given, _view(given, outcome, states)))
    return viewed


Messages = Mapping[tuple[Step, datetime | None], Message]
"""By step, and by time if the step's message acts once."""


def _outcome(
    given: _Given,
    router: CommandState,
    messages: Messages,
    replaced: set[tuple[str, str]],
    states: Mapping[AggregateKey, State],
) -> Outcome | None:
    """Return what came of a command; None: it is another one sent again."""
    fact = given.stored.fact
    if (rejected := router.rejected.get(given.stored.fact_id)) is not None:
        return Outcome("refused", rejected.reason, rejected.code)
    routed = router.commands.get(given.command.command_id)
    if routed is None or routed.fact_id != given.stored.fact_id:
        if (fact.source, fact.event_id) in replaced:
            return Outcome("superseded", "its sender withdrew or corrected it")
        if routed is not None:
            return None
    sent = {}
    for step in steps_of(given.command):
        if message := messages.get((step, None if step.series else given.at)):
            sent[step] = message
    return outcome_of(SentCommand(given.command, given.at, sent), states)


def _view(given: _Given, outcome: Outcome, states: Mapping[AggregateKey, State]) -> CommandView:
    command, fact = given.command, given.stored.fact
    steering = steering_of(command)
    return CommandView(
        command_id=command.command_id,
        command=command.verb,
        state=outcome.state,
        code=outcome.code,
        outcome=outcome.text,
        given_at=given.at,
        by=command.by,
        reason=command.reason,
        lane_id=_lane_of(command, states),
        about=command.about,
        voyage_id=getattr(command, "voyage_id", None) if steering is None else steering[1],
        source=fact.source,
        event_id=fact.event_id,
    )


def _lane_of(command: commands.Command, states: Mapping[AggregateKey, State]) -> str:
    if isinstance(command, commands.LaneCommand):
        return command.lane_id
    target = steps_of(command)[-1]
    state = states.get((target.kind, target.key))
    if isinstance(state, ConsignmentState | ConsolidationState):
        return state.lane_id
    return ""


async def _read_states(
    connection: Connection, wanted: set[AggregateKey]
) -> dict[AggregateKey, State]:
    states: dict[AggregateKey, State] = {}
    for kind, state_type in _STATES.items():
        keys = [key for each, key in wanted if each == kind]
        rows = await connection.fetch(
            f"select key, body from {kind} where key = any($1::text[])",  # noqa: S608 - ours
            keys,
        )
        for row in rows:
            states[kind, row["key"]] = msgspec.json.decode(unpack(row["body"]), type=state_type)
    return states


async def _find_messages(
    connection: Connection, steps: set[Step], times: set[datetime]
) -> dict[tuple[Step, datetime | None], Message]:
    """Find the newest message of each step."""
    in_series = {(step.kind, step.key, step.series): step for step in steps if step.series}
    single = {(step.kind, step.key, step.type): step for step in steps if not step.series}
    keys = sorted({(step.kind, step.key) for step in steps})
    rows = await connection.fetch(
        """
        select f.kind, f.key, f.type, f.fact_id, f.event_id, f.retracted, f.occurred_at
        from unnest($1::text[], $2::text[]) as wanted (kind, key)
        join fact f on f.kind = wanted.kind and f.key = wanted.key
        where left(f.event_id, $3) = any($4::text[])
           or (f.type = any($5::text[]) and f.relayed_by = 'command'
               and f.occurred_at = any($6::timestamptz[]))
        """,
        [kind for kind, _ in keys],
        [key for _, key in keys],
        SERIES_LENGTH,
        [series for *_, series in in_series],
        [name for *_, name in single],
        list(times),
    )
    newest: dict[tuple[Step, datetime | None], tuple[int, Message]] = {}
    for row in rows:
        series, _, rest = row["event_id"].partition(".")
        message = Message(row["fact_id"].hex, withdrawn=row["retracted"])
        step = in_series.get((row["kind"], row["key"], series))
        place: tuple[Step, datetime | None]
        if step is not None:
            place, revision = (step, None), int(rest.partition(".")[0])
        else:
            step = single.get((row["kind"], row["key"], row["type"]))
            if step is None:
                continue
            place, revision = (step, row["occurred_at"]), 0
        if place not in newest or newest[place][0] <= revision:
            newest[place] = (revision, message)
    return {place: message for place, (_, message) in newest.items()}


async def _find_replaced(connection: Connection, keys: Sequence[str]) -> set[tuple[str, str]]:
    """Return source and event id of the commands that their senders withdrew or corrected."""
    rows = await connection.fetch(
        "select source, correction_of from fact where kind = 'command' and key = any($1::text[])"
        " and correction_of is not null",
        keys,
    )
    return {(row["source"], row["correction_of"]) for row in rows}
