"""Make alerts about an aggregate; rejected events share one alert per reason."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from groupage.domain.codes import AlertCode
from groupage.domain.events.alerts import AlertRaised, Severity
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.events.consolidation import ConsolidationUnfrozen
from groupage.domain.events.planning import (
    LaneForbidden,
    LanePinned,
    PlanApproved,
    PlanRejected,
    ReplanWanted,
)
from groupage.domain.events.steering import ConsignmentSteered, VoyageSteered
from groupage.domain.rejections import RejectionCode
from groupage.domain.state.base import RejectedEvent, State
from groupage.domain.words import cut, join_names, when
from processors.kernel.outputs import Output, Publication

_NAMED_MAX = 3
_COMMAND = "command."
_STEERED = frozenset({ConsignmentSteered.name, VoyageSteered.name})
"""Their subject is the id of the command."""
_COMMANDED = {
    HoldPlaced.name: "to hold consignment",
    HoldReleased.name: "to release consignment",
    ReplanWanted.name: "to plan lane",
    PlanApproved.name: "to accept a plan of lane",
    PlanRejected.name: "to reject a plan of lane",
    ConsolidationUnfrozen.name: "to unfreeze consolidation",
    LanePinned.name: "to end the pin of consignment",
    LaneForbidden.name: "to lift what forbids a voyage to consignment",
}
"""An aggregate rejects these events only if a dispatcher commanded them; no id is in them."""


def alert(
    kind: AggregateKind,
    state: State,
    code: AlertCode,
    message: str,
    *,
    severity: Severity = "warning",
    part: str = "",
    due_at: datetime | None = None,
) -> AlertRaised:
    """Make an alert about an aggregate. `part` tells several alerts of one code apart."""
    return AlertRaised(
        alert_id=f"{kind}/{state.key}/{code}" + (f"/{part}" if part else ""),
        about=state.key,
        about_kind=kind,
        code=code,
        severity=severity,
        message=message,
        due_at=due_at,
    )


def rejection_alerts(kind: AggregateKind, state: State) -> dict[str, Publication]:
    """Make one alert per rejection code: a single hold may reject every carton.

    Events of one instant stand in the order of their types: the fact ids of messages differ with
    the revisions of their senders, and would order them otherwise when a hub takes a detour.
    """
    by_code: dict[str, list[tuple[datetime, str, str, str, RejectedEvent]]] = {}
    for fact_id, rejected in state.rejected.items():
        by_code.setdefault(rejected.code, []).append(
            (rejected.at, rejected.type, rejected.subject, fact_id, rejected)
        )
    alerts: dict[str, Publication] = {}
    for code, rejections in by_code.items():
        in_order = [each[-1] for each in sorted(rejections, key=itemgetter(0, 1, 2, 3))]
        text = cut(_describe(code, in_order))
        alerts[f"alert:rejected:{code}"] = Output(
            alert(kind, state, AlertCode.EVENT_REJECTED, text, part=code), in_order[0].at
        )
    return alerts


def _describe(code: str, rejections: Sequence[RejectedEvent]) -> str:
    """Say how many events were rejected, and name the first few and the latest."""
    *others, latest = rejections
    about, advice = _name_of(latest), _advice(latest)
    if not others:
        verb = "refused" if advice else "rejected"
        return f"{about} was {verb}: {latest.reason}{advice}"
    named = join_names([_name_of(each) for each in others], _NAMED_MAX)
    return (
        f"{len(rejections):,} events were rejected ({code}): {named}, "
        f"and the latest at {when(latest.at)}, {about}: {latest.reason}{advice}"
    )


def _name_of(rejected: RejectedEvent) -> str:
    """Name a dispatcher's command, also one on its way; any other event by type and subject."""
    subject = rejected.subject
    if _has_command_id(rejected):
        return f"command {subject}"
    if _is_commanded(rejected):
        return f"a command {_COMMANDED[rejected.type]} {subject}"
    return f"{rejected.type} of {subject}"


def _advice(rejected: RejectedEvent) -> str:
    """Say how the alert about a refused command ends; nothing for other events."""
    if _has_command_id(rejected):
        return f" (`groupage command withdraw {rejected.subject}` ends this alert)"
    if _is_commanded(rejected):
        return (
            " (`groupage commands --refused` has its id, `groupage command withdraw ID` ends this "
            "alert)"
        )
    return ""


def _is_commanded(rejected: RejectedEvent) -> bool:
    """Others than dispatchers place and release holds, too, also before anybody books."""
    is_hold = rejected.type in (HoldPlaced.name, HoldReleased.name)
    return rejected.type in _COMMANDED and (
        not is_hold or rejected.code == RejectionCode.UNKNOWN_CONSIGNMENT
    )


def _has_command_id(rejected: RejectedEvent) -> bool:
    return rejected.type in _STEERED or rejected.type.startswith(_COMMAND)
