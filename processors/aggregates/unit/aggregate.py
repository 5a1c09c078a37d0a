"""The unit: what holds it, where it is, and whose it is.

    facts under the unit's key ──▶ wait ──(announced: its consignment is known)──▶ handed over

One direct parent at a time: the newest packed or loaded, until unpacked or unloaded. Parents have
parents: carton, case, pallet, container. Repacking ends the inputs; outputs have their owner.
"""

from bisect import insort
from datetime import datetime
from typing import ClassVar

from groupage.domain.codes import AlertCode
from groupage.domain.events import unit as events
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.columns import UnitColumns
from groupage.domain.state.unit import Claim, UnitState, WaitingFact
from groupage.domain.words import cut, when
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Handler, On, Rejection
from processors.kernel.outputs import ForwardedFact, Output, Publication


def _received(state: UnitState, entry: Entry, event: events.UnitReceived) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.received_at is not None:
        return Rejection(Code.ALREADY_RECEIVED, f"it was received at {when(state.received_at)}")
    state.received_at = at
    state.condition = event.condition
    state.location = event.dock or state.location
    state.status = "RECEIVED"
    return None


def _measured(state: UnitState, _entry: Entry, event: events.UnitMeasured) -> None:
    size = event.size
    state.measured = (size.length_mm, size.width_mm, size.height_mm, event.gross_g)
    state.status = "MEASURED"


def _put(state: UnitState, _entry: Entry, event: events.UnitStored | events.UnitMoved) -> None:
    state.location = event.location
    state.status = "STORED"


def _staged(state: UnitState, _entry: Entry, event: events.UnitStaged) -> None:
    state.location = event.door or state.location
    state.status = "STAGED"


def _packed(state: UnitState, entry: Entry, event: events.UnitPacked) -> Rejection | None:
    at = entry.fact.occurred_at
    if event.parent_id == state.key:
        return Rejection(Code.OWN_PARENT, "a unit cannot be packed into itself")
    state.parent_id, state.parent_at, state.status = event.parent_id, at, "PACKED"
    return None


def _loaded(state: UnitState, entry: Entry, event: events.UnitLoaded) -> Rejection | None:
    at = entry.fact.occurred_at
    if event.equipment_ref == state.key:
        return Rejection(Code.OWN_PARENT, "a unit cannot be loaded into itself")
    state.parent_id, state.parent_at, state.status = event.equipment_ref, at, "LOADED"
    return None


def _unpacked(state: UnitState, _entry: Entry, event: events.UnitUnpacked) -> Rejection | None:
    return _out_of(state, event.parent_id or state.parent_id)


def _unloaded(state: UnitState, _entry: Entry, event: events.UnitUnloaded) -> Rejection | None:
    return _out_of(state, event.equipment_ref)


def _out_of(state: UnitState, parent_id: str) -> Rejection | None:
    if not state.parent_id:
        return Rejection(Code.NO_PARENT, "nothing holds it")
    if parent_id != state.parent_id:
        return Rejection(Code.OTHER_PARENT, f"it is in {state.parent_id}, not in {parent_id}")
    state.parent_id, state.parent_at = "", None
    state.status = "KNOWN" if state.received_at is None else "STORED"
    return None


def _shipped(state: UnitState, entry: Entry, event: events.UnitShipped) -> None:
    at = entry.fact.occurred_at
    state.shipped_at = at
    state.location = event.place or state.location
    state.status = "SHIPPED"


def _repacked(state: UnitState, entry: Entry, event: events.UnitRepacked) -> Rejection | None:
    at = entry.fact.occurred_at
    if set(event.inputs) & set(event.outputs) or not event.outputs:
        return Rejection(Code.BAD_OUTPUTS, "outputs must be new units, and at least one")
    if state.key in event.inputs:
        state.repacked_into, state.status = event.outputs, "CEASED"
        state.parent_id, state.parent_at = "", None
        return None
    if state.key not in event.outputs:
        return Rejection(Code.NOT_CONCERNED, f"{state.key} is neither input nor output")
    state.repacked_from = event.inputs
    state.repack, state.repacked_at = (event.inputs, event.outputs), at
    if event.size is not None and event.gross_g is not None:
        size = event.size
        state.measured = (size.length_mm, size.width_mm, size.height_mm, event.gross_g)
    return None


def _announced(state: UnitState, entry: Entry, event: events.UnitAnnounced) -> None:
    """Give it to the consignment with the newest claim, or leave it with the last that had one."""
    if entry.fact.relayed_by == "unit":
        claim_before = (event.announced_at, event.owner_id)
        if state.inherited_claim is None or state.inherited_claim < claim_before:
            state.inherited_claim = claim_before
    else:
        claim = Claim(announced_at=event.announced_at, revision=event.revision, ended=event.ended)
        known = state.claims.get(event.owner_id)
        if known is None or _claim_key(known) < _claim_key(claim):
            state.claims[event.owner_id] = claim
    owners = _claiming(state)
    if state.inherited_claim is not None:
        owners.append(state.inherited_claim)
    if not owners:
        owners = [(claim.announced_at, name) for name, claim in state.claims.items()]
    state.announced_at, state.owner_id = max(owners)


def _claim_key(claim: Claim) -> tuple[int, datetime, bool]:
    return (claim.revision, claim.announced_at, claim.ended)


def _claiming(state: UnitState) -> list[tuple[datetime, str]]:
    """Since when which consignments claim it."""
    return [(claim.announced_at, name) for name, claim in state.claims.items() if not claim.ended]


def _waiting_key(waiting: WaitingFact) -> tuple[datetime, str]:
    return (waiting.at, waiting.fact_id)


_AFTER_REPACK = frozenset({events.UnitAnnounced, events.UnitRepacked})


class UnitAggregate(Aggregate[UnitState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "unit"
    state_type = UnitState
    handlers = (
        On(events.UnitAnnounced, _announced),
        On(events.UnitRepacked, _repacked),
        On(events.UnitReceived, _received),
        On(events.UnitMeasured, _measured),
        On(events.UnitStored, _put),
        On(events.UnitMoved, _put),
        On(events.UnitUnpacked, _unpacked),
        On(events.UnitPacked, _packed),
        On(events.UnitStaged, _staged),
        On(events.UnitUnloaded, _unloaded),
        On(events.UnitLoaded, _loaded),
        On(events.UnitShipped, _shipped),
    )

    audits = True

    def audit(self, state: UnitState, entry: Entry) -> None:
        """Keep what outsiders sent for the consignment, which judges for itself."""
        fact = entry.fact
        if fact.relayed_by is None and fact.data.name != "unit.announced":
            waiting = WaitingFact(at=fact.occurred_at, fact_id=entry.fact_id, type=fact.data.name)
            insort(state.waiting_facts, waiting, key=_waiting_key)

    def guarded(self, event: type[Event], handler: Handler) -> Handler:
        """Let a unit that was repacked into others take nothing more."""
        if event in _AFTER_REPACK:
            return handler

        def while_it_exists(state: UnitState, entry: Entry, event: Event) -> Rejection | None:
            if state.status == "CEASED":
                return Rejection(
                    Code.CEASED, f"it was repacked into {', '.join(state.repacked_into)}"
                )
            return handler(state, entry, event)

        return while_it_exists

    def derive(self, state: UnitState) -> None:
        """Accept corrections of facts that its consignment has: that judges for itself."""
        if state.owner_id and state.correction_count:
            for fact_id in [waiting.fact_id for waiting in state.waiting_facts]:
                rejected = state.rejected.get(fact_id)
                if rejected is not None and rejected.code == Code.NO_TARGET:
                    del state.rejected[fact_id]

    def outputs(self, state: UnitState) -> dict[str, Publication]:
        """List facts for its consignment, and what the other units of a repack must know."""
        published = rejection_alerts("unit", state)
        at = state.changed_at
        if at is None:
            return published
        if state.owner_id:
            for waiting in state.waiting_facts:
                output_id = f"hand:{state.owner_id}:{waiting.fact_id}"
                published[output_id] = ForwardedFact(waiting.fact_id, state.owner_id)
            for name in state.repacked_into:
                told = events.UnitAnnounced(
                    unit_id=name, owner_id=state.owner_id, announced_at=state.announced_at or at
                )
                published[f"announce:{name}"] = Output(told, at)
        published.update(_repacks(state))
        if len(state.claims) > 1:
            published.update(_disputed(state))
        return published

    def columns(self, state: UnitState) -> UnitColumns:
        """Its row of table `unit`."""
        return UnitColumns(
            status=state.status,
            owner_id=state.owner_id or None,
            parent_id=state.parent_id or None,
            location=state.location,
        )


def _disputed(state: UnitState) -> dict[str, Publication]:
    """One carton, two consignments: a label printed twice, or scanned to the wrong papers."""
    claiming = sorted(_claiming(state))
    if len(claiming) < 2:
        return {}
    names = " and ".join(f"{name} (since {when(at)})" for at, name in claiming)
    text = (
        f"announced or received under {names}: correct or retract the asn.received or "
        f"unit.received that is wrong. Until then, events about it alone go to "
        f"{state.owner_id}"
    )
    raised = alert("unit", state, AlertCode.TWO_CONSIGNMENTS, cut(text))
    return {"alert:two_consignments": Output(raised, claiming[1][0])}


def _repacks(state: UnitState) -> dict[str, Publication]:
    """The fact of a repack comes under its first output's key: the others are told."""
    if state.repack is None or state.repacked_at is None or state.repack[1][0] != state.key:
        return {}
    (inputs, outputs), at = state.repack, state.repacked_at
    return {
        f"repack:{name}": Output(
            events.UnitRepacked(unit_id=name, inputs=inputs, outputs=outputs), at
        )
        for name in (*inputs, *outputs[1:])
    }
