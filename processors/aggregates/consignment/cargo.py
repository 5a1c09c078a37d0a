"""Handlers of events about single units: received, measured, stored, staged, loaded.

These are most of all events. For speed, sums over the units are kept up to date instead of counted
again: `_add_to_sums` takes a unit out before it changes (sign -1) and adds it again (sign 1).
"""

from collections.abc import Sequence
from typing import Literal

from groupage.domain.events import unit as events
from groupage.domain.policy import Policy
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import ConsignmentState, LoadMove, UnitPart
from groupage.domain.units import volume_cm3
from groupage.domain.words import when
from processors.aggregates.consignment.booking import reject_if_exited
from processors.aggregates.consignment.statements import (
    is_stated,
    note_forwarded,
    note_own_statement,
    note_rejected_statement,
)
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection


def _add_to_sums(state: ConsignmentState, part: UnitPart, sign: int) -> None:
    if part.received_at is None or part.gone:
        return
    state.received_units += sign
    state.received_pieces += sign * part.pieces
    if part.condition != "good":
        state.damaged_units += sign
    if part.staged_at is not None:
        state.staged_units += sign
    measured = part.measured
    if measured is not None:
        state.measured_units += sign
        state.measured_volume_cm3 += sign * volume_cm3(
            length_mm=measured[0], width_mm=measured[1], height_mm=measured[2]
        )
        state.measured_gross_g += sign * measured[3]


def _find_or_add_unit(state: ConsignmentState, entry: Entry, event: events.UnitEvent) -> UnitPart:
    """Return the unit, added if it is new, with this fact as its newest."""
    part = state.units.get(event.unit_id)
    if part is None:
        part = state.units[event.unit_id] = UnitPart(line=-1)
    if part.last_at is None or entry.fact.occurred_at > part.last_at:
        part.last_at = entry.fact.occurred_at
    return part


def _reject_if_stuffed(part: UnitPart) -> Rejection | None:
    if part.moves and part.moves[-1].into:
        return Rejection(Code.LOADED, f"it is in container {part.moves[-1].equipment_ref}")
    if part.gone:
        return Rejection(Code.GONE, "it was repacked into other units")
    return None


def receive(state: ConsignmentState, entry: Entry, event: events.UnitReceived) -> Rejection | None:
    """Receive a unit, once."""
    if state.exit is not None:
        note_rejected_statement(state, entry, event.unit_id)
        return reject_if_exited(state)
    part = _find_or_add_unit(state, entry, event)
    if part.received_at is not None:
        note_own_statement(state, entry, event.unit_id)
        return Rejection(Code.ALREADY_RECEIVED, f"it was received at {when(part.received_at)}")
    if part.gone:
        return _reject_if_stuffed(part)
    at = entry.fact.occurred_at
    part.received_at = at
    part.pieces = event.pieces
    part.condition = event.condition
    part.location = part.location or event.dock
    note_forwarded(state, entry, event.unit_id)
    _add_to_sums(state, part, 1)
    if state.first_received_at is None or at < state.first_received_at:
        state.first_received_at = at
    if state.last_received_at is None or at > state.last_received_at:
        state.last_received_at = at
    return None


def measure(
    state: ConsignmentState, entry: Entry, event: events.UnitMeasured, policy: Policy
) -> Rejection | None:
    """Take the newest measurement; of calibrated devices only where the policy says so."""
    if policy.calibrated_only and not event.calibration_id:
        device = event.device or "its device"
        return Rejection(
            Code.NOT_CALIBRATED, f"calibration_id must name the calibration of {device}"
        )
    if state.exit is not None:
        return reject_if_exited(state)
    part = _find_or_add_unit(state, entry, event)
    if part.gone or part.moves:
        rejection = _reject_if_stuffed(part)
        if rejection is not None:
            return rejection
    _add_to_sums(state, part, -1)
    size = event.size
    part.measured = (size.length_mm, size.width_mm, size.height_mm, event.gross_g)
    part.measured_at = at = entry.fact.occurred_at
    _add_to_sums(state, part, 1)
    if state.last_measured_at is None or at > state.last_measured_at:
        state.last_measured_at = at
    return None


def store(
    state: ConsignmentState, entry: Entry, event: events.UnitStored | events.UnitMoved
) -> Rejection | None:
    """Note where the unit is stored or moved to, which ends its staging at a door."""
    part = _find_or_add_unit(state, entry, event)
    rejection = _reject_if_stuffed(part)
    if rejection is None:
        part.location = event.location
        if part.staged_at is not None:
            _add_to_sums(state, part, -1)
            part.staged_at = None
            _add_to_sums(state, part, 1)
    return rejection


def pack(state: ConsignmentState, entry: Entry, event: events.UnitPacked) -> Rejection | None:
    """Note the unit that it was packed into."""
    part = _find_or_add_unit(state, entry, event)
    rejection = _reject_if_stuffed(part)
    if rejection is None:
        part.parent = event.parent_id
    return rejection


def unpack(state: ConsignmentState, entry: Entry, event: events.UnitUnpacked) -> Rejection | None:
    """Take it out of the unit that it was packed into."""
    part = _find_or_add_unit(state, entry, event)
    if event.parent_id is not None and event.parent_id != part.parent:
        held_by = part.parent or "nothing"
        return Rejection(Code.NOT_PACKED_THERE, f"it is in {held_by}, not in {event.parent_id}")
    part.parent = ""
    return None


def repack(state: ConsignmentState, entry: Entry, event: events.UnitRepacked) -> Rejection | None:
    """Replace the input units by new output units, which share their pieces."""
    rejection = reject_if_exited(state) or _reject_repack(state, event)
    if rejection is not None:
        note_rejected_statement(state, entry, *event.outputs)
        return rejection
    parts = [state.units[name] for name in event.inputs]
    pieces = sum(part.pieces for part in parts)
    for part in parts:
        _add_to_sums(state, part, -1)
        part.gone, part.gone_at = True, entry.fact.occurred_at
    if state.forwarded is not None:
        for name in event.outputs:
            if name in state.forwarded and state.forwarded[name] is None:
                del state.forwarded[name]
    note_forwarded(state, entry, *event.outputs)
    share, rest = divmod(pieces, len(event.outputs))
    for number, name in enumerate(event.outputs):
        _make_output(state, entry, event, name, parts, share + (number < rest))
    return None


def _reject_repack(state: ConsignmentState, event: events.UnitRepacked) -> Rejection | None:
    for name in event.inputs:
        part = state.units.get(name)
        if part is None or part.received_at is None:
            return Rejection(Code.UNKNOWN_INPUT, f"input {name} was never received")
        if part.gone or (part.moves and part.moves[-1].into):
            return Rejection(Code.INPUT_NOT_HERE, f"input {name} is loaded or was repacked before")
    new_ids = set(event.outputs) - set(event.inputs)
    if not event.outputs or any(is_stated(state, name) for name in new_ids):
        return Rejection(Code.BAD_OUTPUTS, "outputs must be new units, and at least one")
    return None


def _make_output(
    state: ConsignmentState,
    entry: Entry,
    event: events.UnitRepacked,
    name: str,
    parts: Sequence[UnitPart],
    pieces: int,
) -> None:
    """Add a unit that a repack made; it may have been scanned by a clock that runs behind."""
    scanned = None if name in event.inputs else state.units.get(name)
    if scanned is not None:
        _add_to_sums(state, scanned, -1)
    state.units[name] = new = UnitPart(
        line=parts[0].line if parts else -1,
        pieces=pieces,
        received_at=entry.fact.occurred_at,
        condition="good",
        location=parts[0].location if parts else "",
        last_at=entry.fact.occurred_at,
        moves=[] if scanned is None else scanned.moves,
    )
    if event.size is not None and event.gross_g is not None:
        size = event.size
        new.measured = (size.length_mm, size.width_mm, size.height_mm, event.gross_g)
        new.measured_at = entry.fact.occurred_at
    _add_to_sums(state, new, 1)


def stage(state: ConsignmentState, entry: Entry, event: events.UnitStaged) -> Rejection | None:
    """Note the door where the unit waits for its container."""
    if state.exit is not None:
        return reject_if_exited(state)
    part = _find_or_add_unit(state, entry, event)
    if part.received_at is None:
        return Rejection(Code.NOT_RECEIVED, "it was never received")
    rejection = _reject_if_stuffed(part)
    if rejection is not None:
        return rejection
    if state.blocked:
        held = ", ".join(sorted(state.open_holds))
        return Rejection(Code.BLOCKED, f"the consignment is on hold ({held})")
    _add_to_sums(state, part, -1)
    part.staged_at = entry.fact.occurred_at
    part.location = event.door or part.location
    _add_to_sums(state, part, 1)
    return None


def load(state: ConsignmentState, entry: Entry, event: events.UnitLoaded) -> Rejection | None:
    """Write down the reported loading; `timeline` decides whether it was legal."""
    if state.exit is not None:
        return reject_if_exited(state)
    part = _find_or_add_unit(state, entry, event)
    if part.gone:
        return _reject_if_stuffed(part)
    at = event.standing
    standing = None if at is None else (at.x_mm, at.y_mm, at.z_mm, at.dx_mm, at.dy_mm, at.dz_mm)
    part.moves.append(
        LoadMove(
            at=entry.fact.occurred_at,
            fact_id=entry.fact_id,
            into=True,
            equipment_ref=event.equipment_ref,
            consolidation_id=event.consolidation_id,
            standing=standing,
            deviation=event.deviation,
            unready=_unready_reason(state, part),
            gross_g=0 if part.measured is None else part.measured[3],
        )
    )
    state.load_moves += 1
    return None


def _unready_reason(
    state: ConsignmentState, part: UnitPart
) -> Literal["", "not_measured", "dg_not_cleared"]:
    if part.measured is None:
        return "not_measured"
    return "dg_not_cleared" if state.dg_status in ("declared", "rejected") else ""


def unload(state: ConsignmentState, entry: Entry, event: events.UnitUnloaded) -> Rejection | None:
    """Write down the reported unloading."""
    part = _find_or_add_unit(state, entry, event)
    if not part.moves:
        return Rejection(Code.NOT_LOADED, "it is in no container")
    part.moves.append(
        LoadMove(
            at=entry.fact.occurred_at,
            fact_id=entry.fact_id,
            into=False,
            equipment_ref=event.equipment_ref,
            deviation=event.reason,
        )
    )
    state.load_moves += 1
    state.unloads += 1
    return None


def ship(state: ConsignmentState, entry: Entry, event: events.UnitShipped) -> Rejection | None:
    """Note where the unit was seen leaving; the container says when the consignment departs."""
    part = _find_or_add_unit(state, entry, event)
    part.location = event.place or part.location
    return None
