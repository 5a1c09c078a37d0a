"""Customs beside the way: what its declarations say of a consignment, now and at any earlier time.

A consignment may be under several declarations (1039's cap splits a big one): all of them must be
released. One that customs refused is done with as soon as another one takes its place.
"""

from collections.abc import Iterable
from datetime import datetime

from groupage.domain.events.consolidation import Span
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import ConsignmentState, DatedCustomsStatus
from groupage.domain.states import CustomsStatus
from groupage.domain.words import when
from processors.kernel.handlers import Rejection

Bound = list[tuple[DatedCustomsStatus, Span]]
"""Each declaration, and from when until when it keeps the consignment from leaving."""

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


def bound(state: ConsignmentState) -> Bound:
    """Oldest declaration first."""
    in_order = sorted(state.declarations.items(), key=lambda item: (item[1].declared_at, item[0]))
    told = [each for _, each in in_order if each.status != CustomsStatus.NONE]
    return [
        (each, Span(since_at=each.declared_at, until_at=_until_at(each, told))) for each in told
    ]


def clear_since_at(declarations: Bound) -> datetime | None:
    """Since when all of them are done with; None: not so now."""
    ends = [span.until_at for _, span in declarations if span.until_at is not None]
    return max(ends) if ends and len(ends) == len(declarations) else None


def _until_at(position: DatedCustomsStatus, told: Iterable[DatedCustomsStatus]) -> datetime | None:
    if position.status == CustomsStatus.RELEASED:
        return position.at
    if position.status != CustomsStatus.REJECTED:
        return None
    later = [each.declared_at for each in told if each.declared_at > position.declared_at]
    return max(min(later), position.at) if later else None


def derive(state: ConsignmentState) -> None:
    """The gravest word of those that count speaks for all."""
    live = {
        name: each
        for name, each in state.declarations.items()
        if each.status != CustomsStatus.NONE and not _replaced(state, each)
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
        state.released_at = max(each.at for each in live.values())


def _replaced(state: ConsignmentState, position: DatedCustomsStatus) -> bool:
    return position.status == CustomsStatus.REJECTED and any(
        each.status != CustomsStatus.NONE and each.declared_at > position.declared_at
        for each in state.declarations.values()
    )


def against_loading(
    state: ConsignmentState, declarations: Bound, at: datetime, *, release_first: bool
) -> Rejection | None:
    """Why customs did not allow it at that moment; what customs said later changes nothing."""
    begun = [(position, span) for position, span in declarations if span.since_at <= at]
    if not begun:
        code = Code.CUSTOMS_NOT_RELEASED if release_first else Code.CUSTOMS_NOT_DECLARED
        return Rejection(
            code, f"it was not declared to customs by {when(at)}; now it is {state.customs}"
        )
    for position, span in begun:
        if not span.covers(at):
            continue
        if release_first:
            text = f"customs had not released it by {when(at)}; now it is {state.customs}"
            return Rejection(Code.CUSTOMS_NOT_RELEASED, text)
        if position.status in _STOPPED and position.at <= at:
            text = f"customs stopped it at {when(position.at)}: {position.status}"
            return Rejection(Code.CUSTOMS_STOPPED, text)
    return None
