"""The declaration: its life cycle, and which handler applies which event.

    NONE ─▶ DECLARED ─▶ SELECTED_SCAN | SELECTED_INSPECTION ─▶ RELEASED | REJECTED
               └──────────────────────────────────────────────▶ RELEASED | REJECTED

Each consignment of a declaration gets a snapshot of each step.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from groupage.domain.codes import AlertCode
from groupage.domain.currencies import amount_text
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

_Status = Literal[
    "NONE", "DECLARED", "SELECTED_SCAN", "SELECTED_INSPECTION", "RELEASED", "REJECTED"
]
_STATUSES: dict[CustomsStatus, _Status] = {
    CustomsStatus.DECLARED: "DECLARED",
    CustomsStatus.SELECTED_SCAN: "SELECTED_SCAN",
    CustomsStatus.SELECTED_INSPECTION: "SELECTED_INSPECTION",
    CustomsStatus.RELEASED: "RELEASED",
    CustomsStatus.REJECTED: "REJECTED",
}
_PENDING = frozenset(
    {CustomsStatus.DECLARED, CustomsStatus.SELECTED_SCAN, CustomsStatus.SELECTED_INSPECTION}
)


def _declare(state: DeclarationState, entry: Entry, event: CustomsDeclared) -> Rejection | None:
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


def _reject_unless_pending(state: DeclarationState) -> Rejection | None:
    """Reject an act of customs before the declaration and after the decision."""
    if state.status == CustomsStatus.NONE:
        return Rejection(Code.NOT_DECLARED, "nothing was declared under this id")
    if state.status not in _PENDING:
        return Rejection(Code.FINAL, f"customs decided {state.status} at {when(state.status_at)}")
    return None


def _select(state: DeclarationState, entry: Entry, event: CustomsSelected) -> Rejection | None:
    if rejection := _reject_unless_pending(state):
        return rejection
    state.status = CustomsStatus(f"SELECTED_{event.selection}")
    state.status_at, state.slot_at = entry.fact.occurred_at, event.slot_at
    return None


def _release(state: DeclarationState, entry: Entry, event: CustomsReleased) -> Rejection | None:
    if rejection := _reject_unless_pending(state):
        return rejection
    state.status, state.reference = CustomsStatus.RELEASED, event.reference
    state.status_at = entry.fact.occurred_at
    return None


def _reject(state: DeclarationState, entry: Entry, event: CustomsRejected) -> Rejection | None:
    if rejection := _reject_unless_pending(state):
        return rejection
    state.status, state.reason = CustomsStatus.REJECTED, event.reason
    state.status_at = entry.fact.occurred_at
    return None


class DeclarationAggregate(Aggregate[DeclarationState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "declaration"
    state_type = DeclarationState
    handlers = (
        On(CustomsDeclared, _declare),
        On(CustomsSelected, _select),
        On(CustomsRejected, _reject),
        On(CustomsReleased, _release),
    )

    def outputs(self, state: DeclarationState) -> dict[str, Publication]:
        """List a snapshot for each consignment, and an alert about the cap of mode 1039."""
        published = rejection_alerts("declaration", state)
        if state.status == CustomsStatus.NONE or state.status_at is None:
            return published
        for name in state.consignment_ids:
            event = CustomsSnapshot(
                consignment_id=name,
                declaration_id=state.key,
                status=_STATUSES[state.status],
                revision=0,
                declared_at=state.declared_at,
            )
            published[f"snapshot:{name}"] = Output(event, state.status_at)
        for code, text in self._cap_alerts(state):
            raised = alert("declaration", state, code, text)
            published[f"alert:{code}"] = Output(raised, state.status_at)
        return published

    def _cap_alerts(self, state: DeclarationState) -> Iterator[tuple[AlertCode, str]]:
        """Yield an alert if the value exceeds the cap of mode 1039, or has no rate."""
        value, declared_at = state.value, state.declared_at
        if state.mode != "1039" or value is None or declared_at is None:
            return
        cap_cents = self._policies.at(declared_at).rules.declaration_cap_usd_cents
        declared = f"{amount_text(value.amount_minor, value.currency)} declared under 1039"
        cents = us_cents(value.amount_minor, value.currency)
        if cents is None:
            yield (
                AlertCode.CAP_NOT_JUDGED,
                (
                    f"{declared}: the cap is {amount_text(cap_cents, 'USD')}, and there is no "
                    f"rate for {value.currency}. Compare by hand"
                ),
            )
        elif cents > cap_cents:
            if value.currency != "USD":
                declared += f", about {amount_text(cents, 'USD')}"
            over = amount_text(cents - cap_cents, "USD")
            yield AlertCode.OVER_CAP, f"{declared}: {over} over the cap"

    def columns(self, state: DeclarationState) -> DeclarationColumns:
        """Return the query columns of table `declaration`."""
        return DeclarationColumns(status=str(state.status), mode=state.mode)
