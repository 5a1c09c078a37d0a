"""The unit: what holds it, where it is, and whose it is.

    facts under the unit's key ──▶ wait ──(announced: its consignment is known)──▶ forwarded

A unit has one direct parent: the one that it was last packed or loaded into, until it is unpacked
or unloaded. Parents have parents: carton, case, pallet, container. A repack ends its inputs; its
outputs belong to the same consignment.
"""

from bisect import insort
from datetime import datetime
from typing import ClassVar

import msgspec

from groupage.contracts.encoding import fact_digest
from groupage.domain.events import unit as events
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.columns import UnitColumns
from groupage.domain.state.unit import UnitState, WaitingFact
from processors.aggregates.unit import handlers, outputs
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Handler, On, Rejection
from processors.kernel.outputs import Publication


def _waiting_key(waiting: WaitingFact) -> tuple[datetime, str]:
    return (waiting.at, waiting.fact_id)


def _target_id(fact: Fact) -> str:
    """Return the fact id of the fact that it corrects or retracts; empty: none."""
    if fact.correction_of is None:
        return ""
    target = msgspec.structs.replace(fact, event_id=fact.correction_of)
    return fact_digest(target, target.data.aggregate_kind).hex()


_AFTER_REPACK = frozenset({events.UnitAnnounced, events.UnitRepacked})


class UnitAggregate(Aggregate[UnitState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "unit"
    state_type = UnitState
    handlers = (
        On(events.UnitAnnounced, handlers.announce),
        On(events.UnitRepacked, handlers.repack),
        On(events.UnitReceived, handlers.receive),
        On(events.UnitMeasured, handlers.measure),
        On(events.UnitStored, handlers.store),
        On(events.UnitMoved, handlers.store),
        On(events.UnitUnpacked, handlers.unpack),
        On(events.UnitPacked, handlers.pack),
        On(events.UnitStaged, handlers.stage),
        On(events.UnitUnloaded, handlers.unload),
        On(events.UnitLoaded, handlers.load),
        On(events.UnitShipped, handlers.ship),
    )

    audits = True

    def audit(self, state: UnitState, entry: Entry, *, effective: bool) -> None:
        """Keep the facts from outside for the consignment, corrected and retracted ones too."""
        fact = entry.fact
        if fact.relayed_by is None and fact.data.name != "unit.announced":
            waiting = WaitingFact(
                at=fact.occurred_at,
                fact_id=entry.fact_id,
                type=fact.data.name,
                effective=effective,
                corrects=_target_id(fact),
            )
            insort(state.waiting_facts, waiting, key=_waiting_key)

    def guard(self, event: type[Event], handler: Handler) -> Handler:
        """Reject events about a unit that was repacked into others."""
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
        """Drop rejections of corrections whose target only its consignment has."""
        if state.owner_id and state.correction_count:
            for fact_id in [waiting.fact_id for waiting in state.waiting_facts]:
                rejected = state.rejected.get(fact_id)
                if rejected is not None and rejected.code == Code.NO_TARGET:
                    del state.rejected[fact_id]

    def outputs(self, state: UnitState) -> dict[str, Publication]:
        """List facts for its consignment, messages for the units of a repack, alerts."""
        return outputs.outputs(state)

    def columns(self, state: UnitState) -> UnitColumns:
        """Return the query columns of table `unit`."""
        return UnitColumns(
            status=state.status,
            owner_id=state.owner_id or None,
            parent_id=state.parent_id or None,
            location=state.location,
        )
