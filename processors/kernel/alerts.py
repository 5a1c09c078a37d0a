"""Make alerts about an aggregate; rejected events share one alert per reason."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from groupage.domain.codes import AlertCode
from groupage.domain.events.alerts import AlertRaised, Severity
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.base import RejectedEvent, State
from groupage.domain.words import cut, join_names, when
from processors.kernel.outputs import Output, Publication

_NAMED_MAX = 3


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
    about = f"{latest.type} of {latest.subject}"
    if not others:
        return f"{about} was rejected: {latest.reason}"
    named = join_names([f"{each.type} of {each.subject}" for each in others], _NAMED_MAX)
    return (
        f"{len(rejections):,} events were rejected ({code}): {named}, "
        f"and the latest at {when(latest.at)}, {about}: {latest.reason}"
    )
