"""The command router: it turns each command into an event of the aggregate that it concerns.

    command.accept_plan, reject_plan ─▶ lane: plan.approved, plan.rejected
    command.pin, forbid, roll ─▶ consignment: consignment.steered ─▶ voyage: voyage.steered
                              ─▶ lane: lane.pinned, lane.forbidden
    command.pin (unpin), forbid (lift) ─▶ lane: lane.pinned, lane.forbidden
    command.replan ─▶ lane: plan.wanted
    command.hold, release ─▶ consignment: hold.placed, hold.released
    command.unfreeze ─▶ consolidation: consolidation.unfrozen

Two commands with one `command_id` are the same command, whatever their source; another command
under a used id is rejected.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import ClassVar, NamedTuple, TypeVar

import msgspec

from groupage.domain import commands
from groupage.domain.catalogue import EVENTS
from groupage.domain.command_path import ROUTE
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
from groupage.domain.events.steering import ConsignmentSteered, SteeringAction
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.command import CommandState, RoutedCommand
from groupage.domain.words import when
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import rejection_alerts
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, Rejection
from processors.kernel.outputs import Change, Message, Output, Publication, compare

C = TypeVar("C", bound=commands.Command)
_KEPT_MAX = 200


def _accept_plan(command: commands.AcceptPlan) -> PlanApproved:
    return PlanApproved(lane_id=command.lane_id, plan_id=command.plan_id, by=command.by)


def _reject_plan(command: commands.RejectPlan) -> PlanRejected:
    return PlanRejected(
        lane_id=command.lane_id, plan_id=command.plan_id, by=command.by, reason=command.reason
    )


def _replan(command: commands.ReplanLane) -> ReplanWanted:
    return ReplanWanted(lane_id=command.lane_id, cause="command", about=command.by)


def _unfreeze(command: commands.UnfreezeConsolidation) -> ConsolidationUnfrozen:
    return ConsolidationUnfrozen(
        consolidation_id=command.consolidation_id, reason=command.reason, by=command.by
    )


def _hold(command: commands.HoldConsignment) -> HoldPlaced:
    return HoldPlaced(
        consignment_id=command.consignment_id,
        hold_id=command.command_id,
        hold=command.hold,
        by=command.by,
        reason=command.reason,
    )


def _release(command: commands.ReleaseConsignment) -> HoldReleased:
    return HoldReleased(
        consignment_id=command.consignment_id,
        hold_id=command.hold_id,
        hold=command.hold,
        by=command.by,
        reason=command.reason,
    )


def _pin(command: commands.PinConsignment) -> LanePinned | ConsignmentSteered | Rejection:
    if command.unpin:
        return LanePinned(
            lane_id=command.lane_id,
            consignment_id=command.consignment_id,
            by=command.by,
            reason=command.reason,
            unpin=True,
        )
    if not command.voyage_id:
        return Rejection(Code.NO_VOYAGE, "a pin must name voyage_id, or unpin")
    return _steer(
        command,
        command.consignment_id,
        "pin",
        voyage_id=command.voyage_id,
        consolidation_id=command.consolidation_id,
    )


def _forbid(command: commands.ForbidConsignment) -> LaneForbidden | ConsignmentSteered:
    if command.lift:
        return LaneForbidden(
            lane_id=command.lane_id,
            consignment_id=command.consignment_id,
            by=command.by,
            reason=command.reason,
            voyage_id=command.voyage_id,
            lift=True,
        )
    return _steer(command, command.consignment_id, "forbid", voyage_id=command.voyage_id)


def _roll(command: commands.RollConsignment) -> ConsignmentSteered:
    return _steer(command, command.consignment_id, "roll", voyage_id=command.from_voyage_id)


def _steer(
    command: commands.LaneCommand,
    consignment_id: str,
    action: SteeringAction,
    *,
    voyage_id: str,
    consolidation_id: str | None = None,
) -> ConsignmentSteered:
    return ConsignmentSteered(
        command_id=command.command_id,
        action=action,
        lane_id=command.lane_id,
        consignment_id=consignment_id,
        voyage_id=voyage_id,
        consolidation_id=consolidation_id,
        by=command.by,
        reason=command.reason,
    )


def _route(command: type[C], translate: Callable[[C], Event | Rejection]) -> On[CommandState, C]:
    """Declare a command and its translation into an event of its aggregate."""

    def route(state: CommandState, entry: Entry, event: C) -> Rejection | None:
        translated = translate(event)
        if isinstance(translated, Rejection):
            return translated
        if (known := state.commands.get(event.command_id)) is not None:
            return _reject_other_content(known, event, translated)
        state.commands[event.command_id] = RoutedCommand(
            type=event.name,
            by=event.by,
            at=entry.fact.occurred_at,
            fact_id=entry.fact_id,
            reason=event.reason,
            event_type=translated.name,
            event_fields=msgspec.to_builtins(translated),
        )
        if len(state.commands) > _KEPT_MAX:
            del state.commands[min(state.commands, key=lambda name: _age(state.commands, name))]
        return None

    return On(command, route, non_actual=True)


def _reject_other_content(
    known: RoutedCommand, command: commands.Command, translated: Event
) -> Rejection | None:
    """Reject a command under the id of another one; the same command again changes nothing."""
    if (known.type, known.event_fields) == (command.name, msgspec.to_builtins(translated)):
        return None
    return Rejection(
        Code.ID_REUSED,
        f"command_id {command.command_id} names a {known.type} by {known.by} of {when(known.at)}, "
        "which stays as it is; send this command with an id of its own",
    )


def _age(commands: Mapping[str, RoutedCommand], command_id: str) -> tuple[datetime, str]:
    return (commands[command_id].at, command_id)


class CommandAggregate(Aggregate[CommandState]):
    """The commands about one lane, consignment or consolidation."""

    kind: ClassVar[AggregateKind] = "command"
    state_type = CommandState
    handlers = (
        _route(commands.AcceptPlan, _accept_plan),
        _route(commands.RejectPlan, _reject_plan),
        _route(commands.PinConsignment, _pin),
        _route(commands.ForbidConsignment, _forbid),
        _route(commands.RollConsignment, _roll),
        _route(commands.ReplanLane, _replan),
        _route(commands.HoldConsignment, _hold),
        _route(commands.ReleaseConsignment, _release),
        _route(commands.UnfreezeConsolidation, _unfreeze),
    )

    def outputs(self, state: CommandState) -> dict[str, Publication]:
        """List the events that carry out the commands."""
        published = rejection_alerts("command", state)
        published["routes"] = Routes(state.commands.copy())
        return published


class Routes(NamedTuple):
    """The events that carry out the commands: one publication, since the state is bounded.

    A command that the router forgets stays in force; one that is retracted does not.
    """

    commands: Mapping[str, RoutedCommand]
    """By command id; nobody changes it."""

    def messages(
        self,
        output_id: str,  # noqa: ARG002
        before: "Routes | None",
        at: datetime,
    ) -> Iterator[Message]:
        """Yield the events of new commands, and take back those of retracted ones."""
        old = {} if before is None else before.commands
        new = self.commands
        oldest = min((_age(new, name) for name in new), default=None)

        def is_forgotten(output_id: str) -> bool:
            if oldest is None or len(new) < _KEPT_MAX:
                return False
            return _age(old, output_id.removeprefix(ROUTE)) < oldest

        outputs_before, outputs = _outputs(old), _outputs(new)
        yield from compare(outputs_before, outputs, at=at, is_forgotten=is_forgotten)
        for name, output in outputs_before.items():
            if outputs.get(name) != output and not is_forgotten(name):
                yield from _withdraw_older_form(name, output.event, outputs.get(name), at)

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Yield nothing: the router publishes its routes, even if there are none."""
        del output_id, at
        return iter(())


def _withdraw_older_form(
    output_id: str, event: Event, following: Output | None, at: datetime
) -> Iterator[Change]:
    """Take back the lane's event, which routers of earlier versions sent to the lane at once.

    A following event for the lane takes its place in the series.
    """
    to_lane = following is not None and following.event.kind == "lane"
    if isinstance(event, ConsignmentSteered) and not to_lane:
        yield Change(output_id, event.for_voyage().for_lane(), at, "withdrawn")


def _outputs(commands: Mapping[str, RoutedCommand]) -> dict[str, Output]:
    return {
        ROUTE + name: Output(
            msgspec.convert(routed.event_fields, EVENTS[routed.event_type]), routed.at
        )
        for name, routed in commands.items()
    }
