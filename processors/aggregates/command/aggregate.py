"""The command router's core: each command becomes a fact of the owner that it concerns.

    command.accept_plan, reject_plan ─▶ lane: plan.approved, plan.rejected
    command.pin, forbid, roll, replan ─▶ lane: lane.pinned, lane.forbidden, plan.wanted
    command.hold, release ─▶ consignment: hold.placed, hold.released
    command.unfreeze ─▶ consolidation: consolidation.unfrozen

The same `command_id` again (from whatever source) is the same wish.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import msgspec

from groupage.domain import commands
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.events.consolidation import ConsolidationUnfrozen
from groupage.domain.events.planning import (
    LaneForbidden,
    LanePinned,
    PlanApproved,
    PlanRejected,
    ReplanWanted,
)
from groupage.domain.policy import Policy
from groupage.domain.state.columns import NoColumns
from groupage.domain.state.command import CommandState, Routed
from processors.kernel.aggregate import BaseAggregate, Rejection
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Output, refusal_alerts

_KEPT = 200


def translate(command: commands.Command) -> Event | None:
    """The fact that the owner is told."""
    match command:
        case commands.AcceptPlan():
            return PlanApproved(lane_id=command.lane_id, plan_id=command.plan_id, by=command.by)
        case commands.RejectPlan():
            return PlanRejected(
                lane_id=command.lane_id,
                plan_id=command.plan_id,
                by=command.by,
                reason=command.reason,
            )
        case commands.ReplanLane():
            return ReplanWanted(lane_id=command.lane_id, cause="command", about=command.by)
        case commands.UnfreezeConsolidation():
            return ConsolidationUnfrozen(
                consolidation_id=command.consolidation_id, reason=command.reason, by=command.by
            )
        case commands.HoldConsignment() | commands.ReleaseConsignment():
            return _of_hold(command)
        case _:
            return _of_place(command)


def _of_hold(command: commands.HoldConsignment | commands.ReleaseConsignment) -> Event:
    if isinstance(command, commands.HoldConsignment):
        return HoldPlaced(
            consignment_id=command.consignment_id,
            hold_id=command.command_id,
            hold=command.hold,
            by=command.by,
            reason=command.reason,
        )
    return HoldReleased(
        consignment_id=command.consignment_id,
        hold_id=command.hold_id,
        by=command.by,
        reason=command.reason,
    )


def _of_place(command: commands.Command) -> Event | None:
    match command:
        case commands.PinConsignment():
            return LanePinned(
                lane_id=command.lane_id,
                consignment_id=command.consignment_id,
                by=command.by,
                reason=command.reason,
                voyage_id=command.voyage_id,
                consolidation_id=command.consolidation_id,
                unpin=command.unpin,
            )
        case commands.ForbidConsignment():
            return LaneForbidden(
                lane_id=command.lane_id,
                consignment_id=command.consignment_id,
                by=command.by,
                reason=command.reason,
                voyage_id=command.voyage_id,
                lift=command.lift,
            )
        case commands.RollConsignment():
            return LaneForbidden(
                lane_id=command.lane_id,
                consignment_id=command.consignment_id,
                by=command.by,
                reason=command.reason,
                voyage_id=command.from_voyage_id,
                roll=True,
            )
        case _:
            return None


def _age(state: CommandState, command_id: str) -> tuple[datetime, str]:
    return (state.commands[command_id].at, command_id)


class CommandAggregate(BaseAggregate[CommandState]):
    """One state for each id that commands are about."""

    kind: ClassVar[AggregateKind] = "command"
    state_type = CommandState
    ranks: Mapping[str, int] = {}
    estimates = frozenset(
        member.name
        for member in vars(commands).values()
        if isinstance(member, type) and issubclass(member, commands.Command)
    )

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def new(self, key: str) -> CommandState:
        """Nothing asked yet."""
        return CommandState(key=key)

    def apply(self, state: CommandState, entry: Entry) -> Rejection | None:
        """One command, in its order."""
        event = entry.fact.data
        if not isinstance(event, commands.Command):
            return Rejection("not_mine", f"{event.name} is no command")
        if event.command_id in state.commands:
            return None
        if isinstance(event, commands.PinConsignment) and not (event.unpin or event.voyage_id):
            return Rejection("no_voyage", "a pin must name voyage_id, or unpin")
        told = translate(event)
        if told is None:
            return Rejection("unknown_command", f"nobody carries out {event.name}")
        state.commands[event.command_id] = Routed(
            type=event.name,
            by=event.by,
            at=entry.fact.occurred_at,
            fact_id=entry.fact_id,
            reason=event.reason,
            told_type=told.name,
            told=msgspec.to_builtins(told),
        )
        if len(state.commands) > _KEPT:
            del state.commands[min(state.commands, key=lambda name: _age(state, name))]
        return None

    def outputs(self, state: CommandState) -> dict[str, Output]:
        """What the owners are told."""
        said = refusal_alerts("command", state)
        for command_id, routed in state.commands.items():
            said[f"route:{command_id}"] = Output(
                msgspec.convert(routed.told, EVENTS[routed.told_type]), routed.at
            )
        return said

    def columns(self, state: CommandState) -> NoColumns:  # noqa: ARG002
        """None: its states are only read by key."""
        return NoColumns()
