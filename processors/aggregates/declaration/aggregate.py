"""The declaration.

    NONE ─▶ DECLARED ─▶ SELECTED_SCAN | SELECTED_INSPECTION ─▶ RELEASED | REJECTED
               └──────────────────────────────────────────────▶ RELEASED | REJECTED

All consignments under a declaration share its fate: each gets a snapshot of each step.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from groupage.domain.codes import AlertCode
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consignment import CustomsSnapshot
from groupage.domain.events.customs import (
    CustomsDeclared,
    CustomsRejected,
    CustomsReleased,
    CustomsSelected,
)
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.columns import DeclarationColumns
from groupage.domain.state.declaration import DeclarationState
from groupage.domain.states import CustomsStatus
from groupage.domain.units import us_cents
from groupage.domain.words import when
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, Rejection
from processors.kernel.outputs import Output, Publication

_Word = Literal["NONE", "DECLARED", "SELECTED_SCAN", "SELECTED_INSPECTION", "RELEASED", "REJECTED"]
_WORDS: dict[CustomsStatus, _Word] = {
    CustomsStatus.DECLARED: "DECLARED",
    CustomsStatus.SELECTED_SCAN: "SELECTED_SCAN",
    CustomsStatus.SELECTED_INSPECTION: "SELECTED_INSPECTION",
    CustomsStatus.RELEASED: "RELEASED",
    CustomsStatus.REJECTED: "REJECTED",
}
_WAITING = frozenset(
    {CustomsStatus.DECLARED, CustomsStatus.SELECTED_SCAN, CustomsStatus.SELECTED_INSPECTION}
)


def _declared(state: DeclarationState, entry: Entry, event: CustomsDeclared) -> Rejection | None:
    if state.status != CustomsStatus.NONE:
        return Rejection(Code.ALREADY_DECLARED, f"it was declared at {when(state.declared_at)}")
    if not event.consignment_ids:
        return Rejection(Code.NO_CONSIGNMENTS, "consignment_ids must name what is declared")
    state.status = CustomsStatus.DECLARED
    state.status_at = state.declared_at = entry.fact.occurred_at
    state.mode = event.mode
    state.consignment_ids = event.consignment_ids
    state.value = event.value
    state.broker = event.broker
    return None


def _decided(state: DeclarationState) -> Rejection | None:
    """Say why customs cannot act on it now."""
    if state.status == CustomsStatus.NONE:
        return Rejection(Code.NOT_DECLARED, "nothing was declared under this id")
    if state.status not in _WAITING:
        return Rejection(Code.FINAL, f"customs decided {state.status} at {when(state.status_at)}")
    return None


def _selected(state: DeclarationState, entry: Entry, event: CustomsSelected) -> Rejection | None:
    if rejection := _decided(state):
        return rejection
    state.status = CustomsStatus(f"SELECTED_{event.selection}")
    state.status_at, state.slot_at = entry.fact.occurred_at, event.slot_at
    return None


def _released(state: DeclarationState, entry: Entry, event: CustomsReleased) -> Rejection | None:
    if rejection := _decided(state):
        return rejection
    state.status, state.reference = CustomsStatus.RELEASED, event.reference
    state.status_at = entry.fact.occurred_at
    return None


def _rejected(state: DeclarationState, entry: Entry, event: CustomsRejected) -> Rejection | None:
    if rejection := _decided(state):
        return rejection
    state.status, state.reason = CustomsStatus.REJECTED, event.reason
    state.status_at = entry.fact.occurred_at
    return None


class DeclarationAggregate(Aggregate[DeclarationState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "declaration"
    state_type = DeclarationState
    handlers = (
        On(CustomsDeclared, _declared),
        On(CustomsSelected, _selected),
        On(CustomsRejected, _rejected),
        On(CustomsReleased, _released),
    )

    def outputs(self, state: DeclarationState) -> dict[str, Publication]:
        """List its status, for each consignment, and a warning when it breaks the cap of 1039."""
        published = rejection_alerts("declaration", state)
        if state.status == CustomsStatus.NONE or state.status_at is None:
            return published
        for name in state.consignment_ids:
            event = CustomsSnapshot(
                consignment_id=name,
                declaration_id=state.key,
                status=_WORDS[state.status],
                revision=0,
                declared_at=state.declared_at,
            )
            published[f"customs:{name}"] = Output(event, state.status_at)
        for code, text in self._cap(state):
            raised = alert("declaration", state, code, text)
            published[f"alert:{code}"] = Output(raised, state.status_at)
        return published

    def _cap(self, state: DeclarationState) -> Iterator[tuple[AlertCode, str]]:
        """Whether the value is above the cap of 1039, or cannot be compared with it."""
        cap_cents, value = self._policy.rules.declaration_cap_usd_cents, state.value
        if state.mode != "1039" or value is None:
            return
        told = f"{value.amount_minor:,} minor units of {value.currency} declared under 1039"
        cents = us_cents(value.amount_minor, value.currency)
        if cents is None:
            yield (
                AlertCode.CAP_NOT_JUDGED,
                (
                    f"{told}: the cap is {cap_cents:,} US cents, and there is no rate for "
                    f"{value.currency}. Compare by hand"
                ),
            )
        elif cents > cap_cents:
            if value.currency == "USD":
                told = f"{cents:,} US cents declared under 1039"
            else:
                told += f", about {cents:,} US cents"
            yield AlertCode.OVER_CAP, f"{told}: {cents - cap_cents:,} over the cap"

    def columns(self, state: DeclarationState) -> DeclarationColumns:
        """Its row of table `declaration`."""
        return DeclarationColumns(status=str(state.status), mode=state.mode)
