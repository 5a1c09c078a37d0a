"""Customs status of a consignment from the snapshots of its declarations, now and at any time.

A consignment may have several declarations (the cap of mode 1039 splits a big one): customs must
release all of them. A rejected declaration no longer counts once a later one replaces it.
"""

from collections.abc import Iterable
from datetime import datetime

from groupage.domain.events.consolidation import Span
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import ConsignmentState, DatedCustomsStatus
from groupage.domain.states import CustomsStatus
from groupage.domain.words import when
from processors.kernel.handlers import Rejection

CustomsSpans = list[tuple[DatedCustomsStatus, Span]]
"""Each declaration, and the span in which it keeps the consignment from leaving."""

_GRAVITY = {
    CustomsStatus.RELEASED: 0,
    CustomsStatus.DECLARED: 1,
    CustomsStatus.SELECTED_SCAN: 2,
    CustomsStatus.SELECTED_INSPECTION: 3,
    CustomsStatus.REJECTED: 4,
}
_STOPPED = frozenset(
    {CustomsStatus.SELECTED_SCAN, CustomsStatus.SELECTED_INSPECTION, CustomsStatus.REJECTED}
)


def find_spans(state: ConsignmentState) -> CustomsSpans:
    """Return the declarations with their spans, oldest first."""
    in_order = sorted(state.declarations.items(), key=lambda item: (item[1].declared_at, item[0]))
    filed = [status for _, status in in_order if status.status != CustomsStatus.NONE]
    return [
        (status, Span(since_at=status.declared_at, until_at=_until_at(status, filed)))
        for status in filed
    ]


def clear_since_at(declarations: CustomsSpans) -> datetime | None:
    """Return since when no declaration keeps it from leaving; None: one does now."""
    ends = [span.until_at for _, span in declarations if span.until_at is not None]
    return max(ends) if ends and len(ends) == len(declarations) else None


def _until_at(status: DatedCustomsStatus, filed: Iterable[DatedCustomsStatus]) -> datetime | None:
    if status.status == CustomsStatus.RELEASED:
        return status.at
    if status.status != CustomsStatus.REJECTED:
        return None
    later = [other.declared_at for other in filed if other.declared_at > status.declared_at]
    return max(min(later), status.at) if later else None


def derive(state: ConsignmentState) -> None:
    """Derive the customs status: the gravest among the declarations that count."""
    live = {
        declaration_id: status
        for declaration_id, status in state.declarations.items()
        if status.status != CustomsStatus.NONE and not _is_replaced(state, status)
    }
    state.declaration_id, state.customs = "", CustomsStatus.NONE
    state.declared_at = state.released_at = None
    if not live:
        return
    state.declaration_id, gravest = max(
        live.items(), key=lambda item: (_GRAVITY[item[1].status], item[1].declared_at, item[0])
    )
    state.customs, state.declared_at = gravest.status, gravest.declared_at
    if gravest.status == CustomsStatus.RELEASED:
        state.released_at = max(status.at for status in live.values())


def _is_replaced(state: ConsignmentState, status: DatedCustomsStatus) -> bool:
    return status.status == CustomsStatus.REJECTED and any(
        other.status != CustomsStatus.NONE and other.declared_at > status.declared_at
        for other in state.declarations.values()
    )


def reject_loading(
    state: ConsignmentState, declarations: CustomsSpans, at: datetime, *, release_first: bool
) -> Rejection | None:
    """Reject a loading that customs did not allow at that moment, whatever it decided later."""
    begun = [(status, span) for status, span in declarations if span.since_at <= at]
    if not begun:
        code = Code.CUSTOMS_NOT_RELEASED if release_first else Code.CUSTOMS_NOT_DECLARED
        return Rejection(
            code, f"it was not declared to customs by {when(at)}; now it is {state.customs}"
        )
    for status, span in begun:
        if not span.covers(at):
            continue
        if release_first:
            text = f"customs had not released it by {when(at)}; now it is {state.customs}"
            return Rejection(Code.CUSTOMS_NOT_RELEASED, text)
        if status.status in _STOPPED and status.at <= at:
            text = f"customs stopped it at {when(status.at)}: {status.status}"
            return Rejection(Code.CUSTOMS_STOPPED, text)
    return None
