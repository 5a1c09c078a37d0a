"""Handlers of a container's events.

Foreign logs start anywhere and leave steps out: that is legal. Rejected is what contradicts the
status: an empty picked up that is at the hub, a second seal without a reseal, a container loaded on
board twice. Carriers report a step for each booking, and two systems may report it: reports that
agree in their time are one step.
"""

from datetime import datetime

from groupage.domain.events import equipment as events
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.container import ContainerState
from groupage.domain.states import ContainerStatus
from groupage.domain.words import when
from processors.aggregates.container.snapshot import snapshot_of
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

Status = ContainerStatus
_LEFT = frozenset({Status.GATED_OUT, Status.ON_BOARD})
_AT_HUB = frozenset({Status.AT_HUB, Status.FIT, Status.UNFIT, Status.SEALED})


def _set_status(state: ContainerState, status: ContainerStatus, at: datetime) -> None:
    state.status, state.status_at = status, at


def _reject_order(state: ContainerState, what: str) -> Rejection:
    return Rejection(
        Code.WRONG_ORDER, f"it cannot be {what}: it is {state.status} since {when(state.status_at)}"
    )


def _set_consolidation(state: ContainerState, consolidation_id: str | None) -> None:
    """Name its consolidation; the one that it left the hub with keeps how that use ended."""
    if consolidation_id and consolidation_id != state.consolidation_id:
        if state.status in _LEFT:
            _keep_use(state)
        state.consolidation_id = consolidation_id


def _keep_use(state: ContainerState) -> None:
    if state.consolidation_id:
        state.earlier_uses[state.consolidation_id] = snapshot_of(state)


def release(
    state: ContainerState, entry: Entry, event: events.ContainerReleased
) -> Rejection | None:
    """Note the depot's release; after a departure its next use begins."""
    at = entry.fact.occurred_at
    if state.status not in _LEFT | {Status.NEW, Status.RELEASED}:
        return _reject_order(state, "released by the depot")
    if state.status in _LEFT:
        _begin_next_use(state)
    state.iso_type = event.iso_type
    state.tare_g, state.max_gross_g = event.tare_g, event.max_gross_g
    state.inside = event.inside
    state.door_width_mm, state.door_height_mm = event.door_width_mm, event.door_height_mm
    state.carrier_booking_id = event.carrier_booking_id or ""
    _set_consolidation(state, event.consolidation_id)
    _set_status(state, Status.RELEASED, at)
    return None


def _begin_next_use(state: ContainerState) -> None:
    _keep_use(state)
    state.consolidation_id = state.seal_no = state.vgm_method = state.voyage_id = ""
    state.sealed_at = state.vgm_at = state.picked_up_at = state.gated_in_at = None
    state.gated_out_at = state.on_board_at = None
    state.vgm_g = state.weighed_g = state.fit = state.inspected_at = None
    state.seals.clear()


def pick_up(
    state: ContainerState, entry: Entry, _event: events.ContainerPickedUp
) -> Rejection | None:
    """Note that the empty container was picked up."""
    at = entry.fact.occurred_at
    if state.picked_up_at == at:
        return None
    if state.status not in (Status.NEW, Status.RELEASED):
        return _reject_order(state, "picked up empty")
    state.picked_up_at = at
    _set_status(state, Status.PICKED_UP, at)
    return None


def gate_in(
    state: ContainerState, entry: Entry, event: events.ContainerGatedIn
) -> Rejection | None:
    """Note its arrival at the hub."""
    at = entry.fact.occurred_at
    if state.gated_in_at == at and event.place in ("", state.location):
        return None
    if state.status not in (Status.NEW, Status.RELEASED, Status.PICKED_UP):
        return _reject_order(state, "gated in")
    state.gated_in_at = at
    state.location = event.place or state.location
    _set_status(state, Status.AT_HUB, at)
    return None


def inspect(
    state: ContainerState, entry: Entry, event: events.ContainerInspected
) -> Rejection | None:
    """Note whether it is fit for cargo."""
    at = entry.fact.occurred_at
    if state.status in _LEFT | {Status.SEALED}:
        return _reject_order(state, "inspected")
    state.fit, state.inspected_at = event.result == "fit", at
    state.defects = event.defects
    _set_status(state, Status.FIT if state.fit else Status.UNFIT, at)
    return None


def seal(state: ContainerState, entry: Entry, event: events.ContainerSealed) -> Rejection | None:
    """Put a seal on; a second one is a reseal."""
    at = entry.fact.occurred_at
    if (state.sealed_at, state.seal_no) == (at, event.seal_no):
        return None
    came_off = bool(state.seals) and not state.seal_no
    if (state.status in _LEFT and not came_off) or state.status == Status.UNFIT:
        return _reject_order(state, "sealed")
    if state.status == Status.SEALED:
        return Rejection(Code.ALREADY_SEALED, f"seal {state.seal_no} is on; a new one is a reseal")
    _set_consolidation(state, event.consolidation_id)
    if came_off:
        _replace_seal(state, at, event.seal_no)
        return None
    state.seal_no, state.sealed_at = event.seal_no, at
    state.seals.append(event.seal_no)
    _set_status(state, Status.SEALED, at)
    return None


def reseal(
    state: ContainerState, entry: Entry, event: events.ContainerResealed
) -> Rejection | None:
    """Replace the seal that is on."""
    at = entry.fact.occurred_at
    if state.status in _AT_HUB - {Status.SEALED} and not state.seals:
        return Rejection(Code.NOT_SEALED, "there is no seal to replace")
    if rejection := _reject_other_seal(state, event.old_seal_no):
        return rejection
    _replace_seal(state, at, event.seal_no)
    return None


def unseal(
    state: ContainerState, entry: Entry, event: events.ContainerUnsealed
) -> Rejection | None:
    """Take the seal off."""
    at = entry.fact.occurred_at
    if state.status in _AT_HUB and not state.seal_no:
        return Rejection(Code.NOT_SEALED, "there is no seal to take off")
    if rejection := _reject_other_seal(state, event.seal_no):
        return rejection
    state.seals = state.seals or [event.seal_no]  # nobody reported that one
    state.seal_no = ""
    if state.status == Status.SEALED:
        state.sealed_at = None
        _set_status(state, Status.FIT if state.fit else Status.AT_HUB, at)
    return None


def _reject_other_seal(state: ContainerState, seal_no: str) -> Rejection | None:
    if seal_no and state.seal_no and seal_no != state.seal_no:
        return Rejection(Code.OTHER_SEAL, f"its seal is {state.seal_no}, not {seal_no}")
    return None


def _replace_seal(state: ContainerState, at: datetime, seal_no: str) -> None:
    if state.status in _AT_HUB:
        state.sealed_at = at
        _set_status(state, Status.SEALED, at)
    state.seal_no = seal_no
    state.seals.append(seal_no)


def verify_gross_mass(
    state: ContainerState, entry: Entry, event: events.VgmVerified
) -> Rejection | None:
    """Take the newest verified gross mass (VGM); after the departure only if there was none.

    A terminal may weigh the container again. It left with the mass that was verified before.
    """
    at = entry.fact.occurred_at
    if state.status == Status.ON_BOARD:
        return _reject_order(state, "weighed for its VGM")
    _set_consolidation(state, event.consolidation_id)
    if state.gated_out_at is None or state.vgm_at is None:
        state.vgm_g, state.vgm_method, state.vgm_at = event.gross_g, event.method, at
    return None


def gate_out(
    state: ContainerState, entry: Entry, event: events.ContainerGatedOut
) -> Rejection | None:
    """Note that it left the hub."""
    at = entry.fact.occurred_at
    if state.gated_out_at == at:
        return None
    if state.status in _LEFT:
        return _reject_order(state, "gated out")
    _set_consolidation(state, event.consolidation_id)
    state.gated_out_at = at
    _set_status(state, Status.GATED_OUT, at)
    return None


def weigh(state: ContainerState, _entry: Entry, event: events.ContainerWeighed) -> None:
    """Note the weight of the yard scale, which does not count as VGM."""
    state.weighed_g = event.gross_g


def move(state: ContainerState, _entry: Entry, event: events.ContainerMoved) -> None:
    """Note its location, and how it came there."""
    state.location = event.place
    state.last_move = event.move or ""
    state.moved_by = event.carrier_voyage_no or event.vessel_imo


def book(state: ContainerState, _entry: Entry, event: events.ContainerBooked) -> Rejection | None:
    """Note the voyage that it is booked on."""
    if state.status == Status.ON_BOARD:
        return _reject_order(state, "booked")
    state.voyage_id = event.voyage_id or ""
    state.reschedules += event.rescheduled
    return None


def load_on_board(
    state: ContainerState, entry: Entry, event: events.ContainerOnBoard
) -> Rejection | None:
    """Note that it is on board."""
    at = entry.fact.occurred_at
    if state.on_board_at == at and event.voyage_id in (None, state.voyage_id):
        return None
    if state.status == Status.ON_BOARD:
        return _reject_order(state, "loaded on board")
    state.voyage_id = event.voyage_id or state.voyage_id
    state.on_board_at = at
    _set_status(state, Status.ON_BOARD, at)
    return None


def assign(state: ContainerState, _entry: Entry, event: events.ContainerAssigned) -> None:
    """Note the consolidation whose manifest names it."""
    _set_consolidation(state, event.consolidation_id)
