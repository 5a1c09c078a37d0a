"""Handlers of a unit's events."""

from datetime import datetime

from groupage.domain.events import unit as events
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.unit import Claim, InheritedClaim, UnitState
from groupage.domain.words import when
from processors.aggregates.unit import claims
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection


def receive(state: UnitState, entry: Entry, event: events.UnitReceived) -> Rejection | None:
    """Receive the unit, once."""
    at = entry.fact.occurred_at
    if state.received_at is not None:
        return Rejection(Code.ALREADY_RECEIVED, f"it was received at {when(state.received_at)}")
    state.received_at = at
    state.condition = event.condition
    state.location = event.dock or state.location
    state.status = "RECEIVED"
    return None


def measure(state: UnitState, _entry: Entry, event: events.UnitMeasured) -> None:
    """Take the newest measurement."""
    size = event.size
    state.measured = (size.length_mm, size.width_mm, size.height_mm, event.gross_g)
    state.status = "MEASURED"


def store(state: UnitState, _entry: Entry, event: events.UnitStored | events.UnitMoved) -> None:
    """Note where it is stored or moved to."""
    state.location = event.location
    state.status = "STORED"


def stage(state: UnitState, _entry: Entry, event: events.UnitStaged) -> None:
    """Note the door where it waits."""
    state.location = event.door or state.location
    state.status = "STAGED"


def pack(state: UnitState, entry: Entry, event: events.UnitPacked) -> Rejection | None:
    """Note the unit that holds it now."""
    at = entry.fact.occurred_at
    if event.parent_id == state.key:
        return Rejection(Code.OWN_PARENT, "a unit cannot be packed into itself")
    state.parent_id, state.parent_at, state.status = event.parent_id, at, "PACKED"
    return None


def load(state: UnitState, entry: Entry, event: events.UnitLoaded) -> Rejection | None:
    """Note the container that holds it now."""
    at = entry.fact.occurred_at
    if event.equipment_ref == state.key:
        return Rejection(Code.OWN_PARENT, "a unit cannot be loaded into itself")
    state.parent_id, state.parent_at, state.status = event.equipment_ref, at, "LOADED"
    return None


def unpack(state: UnitState, _entry: Entry, event: events.UnitUnpacked) -> Rejection | None:
    """Take it out of the unit that holds it."""
    return _take_out(state, event.parent_id or state.parent_id)


def unload(state: UnitState, _entry: Entry, event: events.UnitUnloaded) -> Rejection | None:
    """Take it out of the container that holds it."""
    return _take_out(state, event.equipment_ref)


def _take_out(state: UnitState, parent_id: str) -> Rejection | None:
    if not state.parent_id:
        return Rejection(Code.NO_PARENT, "nothing holds it")
    if parent_id != state.parent_id:
        return Rejection(Code.OTHER_PARENT, f"it is in {state.parent_id}, not in {parent_id}")
    state.parent_id, state.parent_at = "", None
    state.status = "KNOWN" if state.received_at is None else "STORED"
    return None


def ship(state: UnitState, entry: Entry, event: events.UnitShipped) -> None:
    """Note that it was shipped."""
    at = entry.fact.occurred_at
    state.shipped_at = at
    state.location = event.place or state.location
    state.status = "SHIPPED"


def repack(state: UnitState, entry: Entry, event: events.UnitRepacked) -> Rejection | None:
    """End it as an input of a repack, or note what it was made of."""
    at = entry.fact.occurred_at
    if set(event.inputs) & set(event.outputs) or not event.outputs:
        return Rejection(Code.BAD_OUTPUTS, "outputs must be new units, and at least one")
    if state.key in event.inputs:
        if state.ceased_at is not None:
            into = ", ".join(state.repacked_into)
            return Rejection(Code.CEASED, f"it was repacked into {into} at {when(state.ceased_at)}")
        state.repacked_into, state.status, state.ceased_at = event.outputs, "CEASED", at
        state.parent_id, state.parent_at = "", None
        return None
    if state.key not in event.outputs:
        return Rejection(Code.NOT_CONCERNED, f"{state.key} is neither input nor output")
    if state.repacked_at is not None:
        text = f"outputs must be new units; a repack made it at {when(state.repacked_at)}"
        return Rejection(Code.BAD_OUTPUTS, text)
    state.repacked_from = event.inputs
    state.repack, state.repacked_at = (event.inputs, event.outputs), at
    if event.size is not None and event.gross_g is not None:
        size = event.size
        state.measured = (size.length_mm, size.width_mm, size.height_mm, event.gross_g)
    return None


def announce(state: UnitState, entry: Entry, event: events.UnitAnnounced) -> None:
    """Note the claim of a consignment, and decide to whom the unit belongs."""
    if entry.fact.relayed_by == "unit":
        _note_inherited_claim(state, entry, event)
    else:
        claim = Claim(
            announced_at=event.announced_at,
            revision=event.revision,
            ended=event.ended,
            ended_at=entry.fact.occurred_at if event.ended else None,
            missing=event.missing,
            withdrawn=event.withdrawn,
        )
        known = state.claims.get(event.owner_id)
        if known is None or _claim_key(known) < _claim_key(claim):
            state.claims[event.owner_id] = claim
    state.announced_at, state.owner_id = claims.find_owner(state)


def _claim_key(claim: Claim) -> tuple[int, datetime, bool]:
    return (claim.revision, claim.announced_at, claim.ended)


def _note_inherited_claim(state: UnitState, entry: Entry, event: events.UnitAnnounced) -> None:
    """Note a claim to a unit that was repacked into this one; the message has the repack's time."""
    claim = InheritedClaim(
        announced_at=event.announced_at,
        owner_id=event.owner_id,
        repacked_at=entry.fact.occurred_at,
        ended_at=event.ended_at,
    )
    if claim not in state.inherited_claims:
        state.inherited_claims.append(claim)
        state.inherited_claims.sort(key=claims.inherited_order)
