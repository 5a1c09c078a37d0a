"""A dispatcher's pins, forbids and rolls of a consignment.

The consignment passes a steering on to the voyage that it names. It rejects what could not be
carried out when the dispatcher sent it: nobody had booked the consignment, it is of another lane,
a carton of it was in a container, it was gone. A late fact about that time decides again.
"""

from collections.abc import Iterator
from datetime import datetime

from groupage.domain.command_path import steering_of_consignment
from groupage.domain.events.steering import ConsignmentSteered
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import ConsignmentState, LoadMove, NotedSteering
from groupage.domain.words import when
from processors.aggregates.consignment.holds import reject_unknown
from processors.aggregates.consignment.timeline import note_rejection
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection
from processors.kernel.outputs import Output, Publication


def steer(state: ConsignmentState, entry: Entry, event: ConsignmentSteered) -> Rejection | None:
    """Note a steering of a consignment that is booked on its lane and has not ended."""
    if not state.is_known:
        return reject_unknown(state, entry)
    if state.booking is None:
        return Rejection(Code.NOT_BOOKED, "it is not booked, so no plan can place it")
    if state.exit is not None:
        return Rejection(
            Code.EXITED, f"the consignment is {state.exit.status} since {when(state.exit.at)}"
        )
    if state.lane_id != event.lane_id:
        return Rejection(
            Code.OTHER_LANE,
            f"it is booked on lane {state.lane_id}, not on {event.lane_id}: send the command with "
            f"lane_id {state.lane_id}",
        )
    state.steerings[f"{event.lane_id}/{event.command_id}"] = NotedSteering(
        at=entry.fact.occurred_at, fact_id=entry.fact_id, event=event
    )
    return None


def derive(state: ConsignmentState) -> None:
    """Reject the steerings that came when cargo was loaded or had left; accept the others."""
    for noted in state.steerings.values():
        rejection = _reject(state, noted)
        note_rejection(
            state,
            noted.fact_id,
            rejection,
            noted.event.name,
            noted.at,
            subject=noted.event.command_id,
        )


def _reject(state: ConsignmentState, noted: NotedSteering) -> Rejection | None:
    if state.departed_at is not None and state.departed_at <= noted.at:
        return Rejection(Code.LEFT, f"it left the hub at {when(state.departed_at)}")
    loaded = _find_loaded_unit(state, noted.at)
    if loaded is None:
        return None
    unit_id, move = loaded
    return Rejection(
        Code.LOADED,
        f"unit {unit_id} was in container {move.equipment_ref} since {when(move.at)}: unload what "
        "is in the container, then send the command again with an id of its own",
    )


def _find_loaded_unit(state: ConsignmentState, at: datetime) -> tuple[str, LoadMove] | None:
    """Return a unit that was in a container at that moment, and the move that put it there."""
    if not state.load_moves:
        return None
    loaded = {}
    for unit_id, part in state.units.items():
        legal = [
            each for each in part.moves if each.at <= at and each.fact_id not in state.rejected
        ]
        if legal and legal[-1].into:
            loaded[unit_id] = legal[-1]
    return min(loaded.items(), key=_unit_id, default=None)


def _unit_id(loaded: tuple[str, LoadMove]) -> str:
    return loaded[0]


def outputs(state: ConsignmentState) -> Iterator[tuple[str, Publication]]:
    """Yield the steerings that go on to their voyages, by output id."""
    for noted in state.steerings.values():
        if noted.fact_id not in state.rejected:
            event = noted.event
            output_id = steering_of_consignment(event.lane_id, event.command_id)
            yield output_id, Output(event.for_voyage(), noted.at)
