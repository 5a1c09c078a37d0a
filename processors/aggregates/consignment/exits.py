"""Exits that were reported while a carton was reported in a container.

Whether the loading was legal depends on other aggregates: a carton that was loaded without a place
in a consolidation is in no container of the hub, and does not keep the consignment from leaving. So
the handler notes such an exit, and `settle` decides about it once the loadings are judged. Handlers
of later events go on as if the consignment had not left: an unloading may still be reported.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import ConsignmentState, Exit
from groupage.domain.states import ConsignmentStatus
from groupage.domain.words import when
from processors.aggregates.consignment import timeline
from processors.aggregates.consignment.stays import Stay
from processors.kernel.handlers import Rejection


def may_be_returned(leaving: Exit) -> bool:
    """Tell whether the cargo may still be returned after this exit."""
    return leaving.status in (ConsignmentStatus.CANCELLED, ConsignmentStatus.REJECTED)


def add_return(leaving: Exit, returned: Exit) -> Exit:
    """Return the exit of cargo that was returned after it had been cancelled or rejected."""
    return msgspec.structs.replace(
        leaving,
        status=ConsignmentStatus.RETURNED,
        at=returned.at,
        reports=(*leaving.reports, *returned.reports),
    )


def settle(state: ConsignmentState, ended_stays: Mapping[str, Sequence[Stay]]) -> Exit | None:
    """Return the exit that counts, and note which contested ones are rejected, and why."""
    leaving: Exit | None = None
    counted = list(state.contested_exits)
    if state.exit is not None:
        counted.append(state.exit)
    for each in counted:
        rejection: Rejection | None = None
        if leaving is None:
            unit_id = "" if each is state.exit else _unit_inside(state, ended_stays, each.at)
            if unit_id:
                text = f"unit {unit_id} is in a container; unload it first"
                rejection = Rejection(Code.LOADED, text)
            else:
                # A copy, because the fee is noted in it: the contested one may count no more later.
                leaving = each if each is state.exit else msgspec.structs.replace(each)
        elif may_be_returned(leaving) and each.status == ConsignmentStatus.RETURNED:
            leaving = add_return(leaving, each)
        else:
            text = f"the consignment is {leaving.status} since {when(leaving.at)}"
            rejection = Rejection(Code.EXITED, text)
        for report in each.reports:
            timeline.note_rejection(state, report.fact_id, rejection, report.type, report.at)
    state.settled_exit = None if leaving is state.exit else leaving
    if state.exit is not None and leaving is not state.exit:
        state.exit.fee_due = False
    return leaving


def _unit_inside(
    state: ConsignmentState, ended_stays: Mapping[str, Sequence[Stay]], at: datetime
) -> str:
    """Return a unit that was legally in a container at that moment; empty: there was none."""
    inside = [
        unit_id
        for unit_id, part in state.units.items()
        if (part.loaded_in and part.moves[part.loading].at <= at)
        or any(
            stay.into.at <= at and (stay.out_at is None or at < stay.out_at)
            for stay in ended_stays.get(unit_id, ())
        )
    ]
    return min(inside, default="")
