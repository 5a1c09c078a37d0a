"""What came of a command, read from the states of the aggregates on its path. Pure.

    received ─▶ applied ─▶ superseded (by a later command, plan or event)
        └─▶ refused, with code and reason

Nothing of it is stored: it is a function of states, which are functions of the set of facts. When a
late fact makes a refused command right, or its sender withdraws it, the next reader sees that.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from groupage.domain import commands
from groupage.domain.command_path import Step, steering_of, steps_of
from groupage.domain.events.base import AggregateKind
from groupage.domain.possible_pins import (
    departures_of,
    find_later_prohibition,
    leaves_before,
    reject_pin,
)
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent, State
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.lane import LaneForbid, LanePin, LaneState, PlanRecord, SentRequest
from groupage.domain.state.voyage import VoyageState
from groupage.domain.words import when

OutcomeState = Literal["received", "applied", "refused", "superseded"]
_HIDES_PIN = "; an earlier pin of the consignment counts again once this one is withdrawn"
States = Mapping[tuple[AggregateKind, str], State]


class Outcome(NamedTuple):
    """What came of a command so far."""

    state: OutcomeState
    text: str
    """In words, for people."""
    code: str = ""
    """Of the rejection."""


class Message(NamedTuple):
    """The newest message of a step of a command's path."""

    fact_id: str
    withdrawn: bool


class SentCommand(NamedTuple):
    """A command, when it was given, and the messages about it that have arrived."""

    command: commands.Command
    at: datetime
    messages: Mapping[Step, Message]


def outcome_of(sent: SentCommand, states: States) -> Outcome:
    """Return what came of a command that its router has taken."""
    for step in steps_of(sent.command):
        message = sent.messages.get(step)
        if message is None:
            return Outcome("received", f"on its way to {step.kind} {step.key}")
        if message.withdrawn:
            return Outcome("superseded", "its sender withdrew or corrected it")
        state = states.get((step.kind, step.key))
        rejected = None if state is None else state.rejected.get(message.fact_id)
        if rejected is not None:
            reason = _word_of_load(sent.command, rejected, states) or rejected.reason
            return Outcome("refused", reason, rejected.code)
    return _effect(sent, states)


def _word_of_load(command: commands.Command, rejected: RejectedEvent, states: States) -> str:
    """Say that a pin asks for what is so already: nobody needs to unload anything for it."""
    if rejected.code != Code.LOADED or not isinstance(command, commands.PinConsignment):
        return ""
    state = states.get(("consignment", command.consignment_id))
    if not isinstance(state, ConsignmentState) or state.allocation is None:
        return ""
    there, voyage_id = state.allocation.consolidation_id, state.allocation.voyage_id
    if command.voyage_id != voyage_id or command.consolidation_id not in (None, "", there):
        return ""
    return f"it is being loaded into {there} on voyage {voyage_id} already, so no pin is needed"


def _effect(sent: SentCommand, states: States) -> Outcome:
    """Return what a command that nobody rejected has done."""
    step = steps_of(sent.command)[-1]
    state = states.get((step.kind, step.key))
    if isinstance(state, ConsignmentState):
        return _of_hold(sent, state)
    if isinstance(state, ConsolidationState):
        return _of_unfreeze(sent, state)
    if isinstance(state, LaneState):
        return _of_lane_command(sent, state, states)
    return Outcome("received", f"{step.kind} {step.key} has no state yet")


def _of_lane_command(sent: SentCommand, lane: LaneState, states: States) -> Outcome:
    match sent.command:
        case commands.ReplanLane():
            (message,) = sent.messages.values()
            return _of_replan(sent, lane, message)
        case commands.AcceptPlan(plan_id=plan_id):
            return _of_accept(plan_id, lane)
        case commands.RejectPlan(plan_id=plan_id):
            return Outcome("applied", f"plan {plan_id} is rejected")
        case commands.PinConsignment() | commands.ForbidConsignment() | commands.RollConsignment():
            return _of_steering(sent, sent.command, lane, states)
    raise TypeError(f"there are no words for {sent.command.name}")


def _of_hold(sent: SentCommand, state: ConsignmentState) -> Outcome:
    if isinstance(sent.command, commands.ReleaseConsignment):
        ended = [
            f"{name} ({hold.hold})"
            for name, hold in sorted((state.holds | state.late_holds).items())
            if hold.released_at == sent.at
        ]
        return Outcome("applied", f"released: {', '.join(ended)}")
    hold = state.holds.get(sent.command.command_id)
    if hold is not None and hold.released_at is not None:
        return Outcome("superseded", f"the hold was released at {when(hold.released_at)}")
    return Outcome("applied", f"on hold; the consignment is {state.status}")


def _of_unfreeze(sent: SentCommand, state: ConsolidationState) -> Outcome:
    manifest = state.manifest
    if manifest is not None and manifest.filed_at > sent.at:
        text = f"manifest {manifest.manifest_ref} was filed at {when(manifest.filed_at)}"
        return Outcome("superseded", text)
    return Outcome("applied", "the manifest is withdrawn; plans may change the consolidation")


def _of_accept(plan_id: str, lane: LaneState) -> Outcome:
    record = lane.plans.get(plan_id)
    if record is None or record.status == "superseded":
        by = f"plan {record.superseded_by}" if record and record.superseded_by else "a newer plan"
        return Outcome("superseded", f"{by} has replaced plan {plan_id}")
    return Outcome("applied", f"plan {plan_id} is published")


def _of_replan(sent: SentCommand, lane: LaneState, message: Message) -> Outcome:
    if message.fact_id in lane.triggers:
        return Outcome("received", "the lane collects more changes, then requests a plan")
    sent_later = [each for each in lane.requests.values() if each.at >= sent.at]
    if not sent_later:
        return Outcome("applied", "a plan was requested")
    return _of_request(min(sent_later, key=_sent_at), lane)


def _sent_at(request: SentRequest) -> datetime:
    return request.at


def _of_request(request: SentRequest, lane: LaneState) -> Outcome:
    if request.answer == "failed":
        text = f"no plan came of it, the published one stays: {request.detail}"
        return Outcome("refused", text, "plan_failed")
    if not request.answer:
        text = f"a planner has had the request {request.request_id} since {when(request.at)}"
        return Outcome("received", text)
    for plan_id, record in lane.plans.items():
        if record.request_id == request.request_id:
            waits = "waits for approval" if record.status == "proposed" else f"is {record.status}"
            return Outcome("applied", f"plan {plan_id}, no. {record.sequence} of the lane, {waits}")
    return Outcome("applied", "a plan was made")


def _of_steering(
    sent: SentCommand,
    command: commands.PinConsignment | commands.ForbidConsignment | commands.RollConsignment,
    lane: LaneState,
    states: States,
) -> Outcome:
    at, consignment_id, steering = sent.at, command.consignment_id, steering_of(command)
    if isinstance(command, commands.PinConsignment) and steering is not None:
        refused = _refused_pin(command, at, lane, states)
        if refused is not None:
            return refused
    kept: LanePin | LaneForbid | None
    consignment, stuck = states.get(("consignment", consignment_id)), ""
    if isinstance(command, commands.PinConsignment):
        kept = lane.pins.get(consignment_id)
        done, undone = f"pinned to {command.voyage_id}", "the pin has ended"
    else:
        voyage_id = steering[1] if steering is not None else _lifted_voyage(command)
        kept = lane.forbids.get(consignment_id, {}).get(voyage_id)
        done, undone = f"kept off {voyage_id}", f"voyage {voyage_id} is allowed again"
        stuck = _word_of_manifest(consignment, voyage_id) + _word_of_choice(sent, lane, states)
    if steering is None:  # it ended a pin or a prohibition
        return Outcome("applied", undone) if kept is None else _replaced(kept)
    if kept is not None:
        later = kept if kept.at != at else _find_contrary(kept, command, lane, states)
        if later is not None:
            return _replaced(later)
        return Outcome("applied", f"{done}; {_word_of_plan(sent, lane)}{stuck}")
    if isinstance(consignment, ConsignmentState) and consignment.departed_at is not None:
        return Outcome("applied", f"the consignment left at {when(consignment.departed_at)}")
    return Outcome("superseded", "a later command has ended it")


def _find_contrary(
    kept: LanePin | LaneForbid, command: commands.LaneCommand, lane: LaneState, states: States
) -> LanePin | LaneForbid | None:
    """Return a later command that asks for the contrary."""
    consignment_id = command.about
    if isinstance(kept, LanePin):
        return find_later_prohibition(lane, consignment_id, departures_of(states.values()))
    pin = lane.pins.get(consignment_id)
    forbids = lane.forbids.get(consignment_id, {})
    if pin is None or forbids.get(pin.voyage_id) is not kept or pin.at <= kept.at:
        return None
    if _refused_by_consolidation(consignment_id, pin, states) is not None:
        return None
    return pin


def _refused_by_consolidation(
    consignment_id: str, pin: LanePin, states: States
) -> RejectedEvent | None:
    if not pin.consolidation_id:
        return None
    state = states.get(("consolidation", pin.consolidation_id))
    return reject_pin(consignment_id, pin, state if isinstance(state, ConsolidationState) else None)


def _refused_pin(
    command: commands.PinConsignment, at: datetime, lane: LaneState, states: States
) -> Outcome | None:
    """Return the refusal of a pin whose consolidation could not take the consignment."""
    pin = LanePin(
        at=at,
        by=command.by,
        voyage_id=command.voyage_id or "",
        consolidation_id=command.consolidation_id or "",
    )
    rejected = _refused_by_consolidation(command.consignment_id, pin, states)
    if rejected is None:
        return None
    kept = lane.pins.get(command.consignment_id)
    hides = _HIDES_PIN if kept is not None and kept.at == at else ""
    return Outcome("refused", rejected.reason + hides, rejected.code)


def _lifted_voyage(command: commands.ForbidConsignment | commands.RollConsignment) -> str:
    return command.voyage_id if isinstance(command, commands.ForbidConsignment) else ""


def _replaced(by: LanePin | LaneForbid) -> Outcome:
    verb = "pin" if isinstance(by, LanePin) else "roll" if by.roll else "forbid"
    return Outcome("superseded", f"{by.by} gave another command at {when(by.at)}: {verb}")


def _word_of_manifest(consignment: State | None, voyage_id: str) -> str:
    """Say that no plan can move it off the voyage while its manifest is filed; else nothing."""
    if not isinstance(consignment, ConsignmentState) or not consignment.committed:
        return ""
    allocation = consignment.allocation
    if allocation is None or allocation.voyage_id != voyage_id:
        return ""
    name = allocation.consolidation_id
    return (
        f"; it is on the filed manifest of {name}, from which no plan takes it: before stuffing "
        f"`groupage command unfreeze {name}` opens that again"
    )


def _word_of_choice(sent: SentCommand, lane: LaneState, states: States) -> str:
    """Say that no voyage is left that the consignment may go with; else nothing."""
    departures = departures_of(states.values())
    forbids = lane.forbids.get(sent.command.about, {})
    for voyage in states.values():
        if (
            not isinstance(voyage, VoyageState)
            or voyage.lane_id != lane.key
            or voyage.status != "SCHEDULED"
        ):
            continue
        rolled_over = any(
            forbid.roll and leaves_before(voyage.key, rolled_id, departures)
            for rolled_id, forbid in forbids.items()
        )
        if voyage.key not in forbids and not rolled_over:
            return ""
    return (
        "; no voyage that it may go with is published on the lane, so it waits: "
        f"`groupage command forbid {sent.command.about} VOYAGE --lift` allows one again"
    )


def _knows(record: PlanRecord, sent: SentCommand, lane: LaneState) -> bool:
    """Tell whether the planner had the command when it made the plan.

    A simulated clock stands between two ticks, so command and plan may have the same time. The
    command is in the plan if the plan answers the newest request and the lane has no trigger left
    of the command.
    """
    if record.decided_at != sent.at:
        return record.decided_at > sent.at
    is_pending = any(message.fact_id in lane.triggers for message in sent.messages.values())
    return record.sequence == lane.sequence and not is_pending


def _word_of_next(lane: LaneState) -> str:
    """Say which plan comes after the published one, or how to get one."""
    waiting = [each.sequence for each in lane.plans.values() if each.status == "proposed"]
    if waiting:
        return f", and plan no. {max(waiting)} waits for approval"
    if lane.triggers or lane.pending_request is not None or lane.outstanding_request is not None:
        return "; the lane requests the next one"
    return f"; `groupage command replan {lane.key}` requests another one"


def _word_of_plan(sent: SentCommand, lane: LaneState) -> str:
    """Say where the published plan has the consignment."""
    record = lane.plans.get(lane.published_plan_id)
    if record is None:
        return "there is no published plan yet"
    plan = f"plan no. {record.sequence}"
    if not _knows(record, sent, lane):
        return f"the published {plan} is older{_word_of_next(lane)}"
    assignment = lane.assignments.get(sent.command.about)
    if assignment is None or not assignment.consolidation_id:
        return f"{plan} leaves it out (groupage plan show {lane.published_plan_id} says why)"
    return f"{plan} has it in {assignment.consolidation_id} on {assignment.voyage_id}"
