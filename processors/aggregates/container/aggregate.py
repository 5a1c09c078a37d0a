"""The container: its life cycle, and which handler applies which event.

    NEW ─▶ RELEASED ─▶ PICKED_UP ─▶ AT_HUB ─▶ FIT ◀─▶ SEALED ─▶ GATED_OUT ─▶ ON_BOARD
                                       └────▶ UNFIT
    a container that left may be released again: its next use begins

Foreign logs start anywhere and leave steps out: that is legal. What contradicts itself is not: an
empty picked up that stands here, a second seal without a reseal, a box on board twice.
"""

from datetime import datetime
from typing import ClassVar

from groupage.domain.events import equipment as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consolidation import ContainerSnapshot
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.columns import ContainerColumns
from groupage.domain.state.container import ContainerState
from groupage.domain.states import ContainerStatus
from groupage.domain.words import when
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import rejection_alerts
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, Rejection
from processors.kernel.outputs import Output, Publication

Status = ContainerStatus
_LEFT = frozenset({Status.GATED_OUT, Status.ON_BOARD})
_IN_HAND = frozenset({Status.AT_HUB, Status.FIT, Status.UNFIT, Status.SEALED})


def _move(state: ContainerState, status: ContainerStatus, at: datetime) -> None:
    state.status, state.status_at = status, at


def _contradiction(state: ContainerState, what: str) -> Rejection:
    return Rejection(
        Code.WRONG_ORDER, f"it cannot be {what}: it is {state.status} since {when(state.status_at)}"
    )


def _name(state: ContainerState, consolidation_id: str | None) -> None:
    state.consolidation_id = consolidation_id or state.consolidation_id


def _released(
    state: ContainerState, entry: Entry, event: events.ContainerReleased
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status not in _LEFT | {Status.NEW, Status.RELEASED}:
        return _contradiction(state, "released by the depot")
    if state.status in _LEFT:
        _next_use(state)
    state.iso_type = event.iso_type
    state.tare_g, state.max_gross_g = event.tare_g, event.max_gross_g
    state.inside = event.inside
    state.door_width_mm, state.door_height_mm = event.door_width_mm, event.door_height_mm
    state.carrier_booking_id = event.carrier_booking_id or ""
    _name(state, event.consolidation_id)
    _move(state, Status.RELEASED, at)
    return None


def _next_use(state: ContainerState) -> None:
    state.consolidation_id = state.seal_no = state.vgm_method = state.voyage_id = ""
    state.sealed_at = state.vgm_at = state.picked_up_at = state.gated_in_at = None
    state.gated_out_at = state.on_board_at = None
    state.vgm_g = state.weighed_g = state.fit = state.inspected_at = None
    state.seals.clear()


def _picked_up(
    state: ContainerState, entry: Entry, _event: events.ContainerPickedUp
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status not in (Status.NEW, Status.RELEASED):
        return _contradiction(state, "picked up empty")
    state.picked_up_at = at
    _move(state, Status.PICKED_UP, at)
    return None


def _gated_in(
    state: ContainerState, entry: Entry, event: events.ContainerGatedIn
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status not in (Status.NEW, Status.RELEASED, Status.PICKED_UP):
        return _contradiction(state, "gated in")
    state.gated_in_at = at
    state.location = event.place or state.location
    _move(state, Status.AT_HUB, at)
    return None


def _inspected(
    state: ContainerState, entry: Entry, event: events.ContainerInspected
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status in _LEFT | {Status.SEALED}:
        return _contradiction(state, "inspected")
    state.fit, state.inspected_at = event.result == "fit", at
    state.defects = event.defects
    _move(state, Status.FIT if state.fit else Status.UNFIT, at)
    return None


def _sealed(state: ContainerState, entry: Entry, event: events.ContainerSealed) -> Rejection | None:
    at = entry.fact.occurred_at
    came_off = bool(state.seals) and not state.seal_no
    if (state.status in _LEFT and not came_off) or state.status == Status.UNFIT:
        return _contradiction(state, "sealed")
    if state.status == Status.SEALED:
        return Rejection(Code.ALREADY_SEALED, f"seal {state.seal_no} is on; a new one is a reseal")
    _name(state, event.consolidation_id)
    if came_off:
        _put_on_again(state, at, event.seal_no)
        return None
    state.seal_no, state.sealed_at = event.seal_no, at
    state.seals.append(event.seal_no)
    _move(state, Status.SEALED, at)
    return None


def _resealed(
    state: ContainerState, entry: Entry, event: events.ContainerResealed
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status in _IN_HAND - {Status.SEALED} and not state.seals:
        return Rejection(Code.NOT_SEALED, "there is no seal to replace")
    if refused := _other_seal(state, event.old_seal_no):
        return refused
    _put_on_again(state, at, event.seal_no)
    return None


def _unsealed(
    state: ContainerState, entry: Entry, event: events.ContainerUnsealed
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status in _IN_HAND and not state.seal_no:
        return Rejection(Code.NOT_SEALED, "there is no seal to take off")
    if refused := _other_seal(state, event.seal_no):
        return refused
    state.seals = state.seals or [event.seal_no]  # nobody told us when that one went on
    state.seal_no = ""
    if state.status == Status.SEALED:
        state.sealed_at = None
        _move(state, Status.FIT if state.fit else Status.AT_HUB, at)
    return None


def _other_seal(state: ContainerState, seal_no: str) -> Rejection | None:
    if seal_no and state.seal_no and seal_no != state.seal_no:
        return Rejection(Code.OTHER_SEAL, f"its seal is {state.seal_no}, not {seal_no}")
    return None


def _put_on_again(state: ContainerState, at: datetime, seal_no: str) -> None:
    if state.status in _IN_HAND:
        state.sealed_at = at
        _move(state, Status.SEALED, at)
    state.seal_no = seal_no
    state.seals.append(seal_no)


def _vgm(state: ContainerState, entry: Entry, event: events.VgmVerified) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status == Status.ON_BOARD:
        return _contradiction(state, "weighed for its VGM")
    _name(state, event.consolidation_id)
    state.vgm_g, state.vgm_method, state.vgm_at = event.gross_g, event.method, at
    return None


def _gated_out(
    state: ContainerState, entry: Entry, event: events.ContainerGatedOut
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status in _LEFT:
        return _contradiction(state, "gated out")
    _name(state, event.consolidation_id)
    state.gated_out_at = at
    _move(state, Status.GATED_OUT, at)
    return None


def _weighed(state: ContainerState, _entry: Entry, event: events.ContainerWeighed) -> None:
    state.weighed_g = event.gross_g


def _moved(state: ContainerState, _entry: Entry, event: events.ContainerMoved) -> None:
    state.location = event.place


def _booked(
    state: ContainerState, _entry: Entry, event: events.ContainerBooked
) -> Rejection | None:
    if state.status == Status.ON_BOARD:
        return _contradiction(state, "booked")
    state.voyage_id = event.voyage_id or ""
    state.reschedules += event.rescheduled
    return None


def _on_board(
    state: ContainerState, entry: Entry, event: events.ContainerOnBoard
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status == Status.ON_BOARD:
        return _contradiction(state, "loaded on board")
    state.voyage_id = event.voyage_id or state.voyage_id
    state.on_board_at = at
    _move(state, Status.ON_BOARD, at)
    return None


def _assigned(state: ContainerState, _entry: Entry, event: events.ContainerAssigned) -> None:
    _name(state, event.consolidation_id)


class ContainerAggregate(Aggregate[ContainerState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "container"
    state_type = ContainerState
    handlers = (
        On(events.ContainerReleased, _released),
        On(events.ContainerAssigned, _assigned),
        On(events.ContainerPickedUp, _picked_up),
        On(events.ContainerGatedIn, _gated_in),
        On(events.ContainerInspected, _inspected),
        On(events.ContainerBooked, _booked),
        On(events.ContainerWeighed, _weighed),
        On(events.ContainerMoved, _moved),
        On(events.ContainerUnsealed, _unsealed),
        On(events.ContainerSealed, _sealed),
        On(events.ContainerResealed, _resealed),
        On(events.VgmVerified, _vgm),
        On(events.ContainerGatedOut, _gated_out),
        On(events.ContainerOnBoard, _on_board),
    )

    def outputs(self, state: ContainerState) -> dict[str, Publication]:
        """Its position, to the consolidation that it is for."""
        published = rejection_alerts("container", state)
        at = state.changed_at
        if state.consolidation_id and at is not None:
            event = ContainerSnapshot(
                consolidation_id=state.consolidation_id,
                equipment_ref=state.key,
                revision=0,
                status=state.status,
                iso_type=state.iso_type,
                tare_g=state.tare_g,
                max_gross_g=state.max_gross_g,
                fit=state.fit,
                inspected_at=state.inspected_at,
                seal_no=state.seal_no,
                sealed_at=state.sealed_at,
                vgm_g=state.vgm_g,
                vgm_at=state.vgm_at,
                gated_out_at=state.gated_out_at,
                on_board_at=state.on_board_at,
            )
            published[f"position:{state.consolidation_id}"] = Output(event, at)
        return published

    def columns(self, state: ContainerState) -> ContainerColumns:
        """Its row of table `container`."""
        return ContainerColumns(
            status=str(state.status),
            iso_type=state.iso_type,
            consolidation_id=state.consolidation_id or None,
            seal_no=state.seal_no,
            vgm_g=state.vgm_g,
        )
