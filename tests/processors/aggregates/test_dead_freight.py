"""The dead-freight threshold in states and alerts, provisional where holidays are not known."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.policy import Policy
from groupage.domain.policy_file import DEFAULT
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.working_days_of_china import CHINA
from processors.aggregates.registry import all_aggregates
from processors.kernel.fold import fold
from tests.processors.aggregates import consolidation_snapshots as snapshots
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.test_policy_changes import adoption

SHORT = Policy(working_days=msgspec.structs.replace(CHINA, known_until=date(2026, 2, 28)))
"""Its calendar ends before the voyage of these tests (LCO Monday 2026-03-02 17:20 in China)."""
WHY = "holidays are known from 2024-01-01 to 2026-02-28"
BOOKED: list[tuple[float, Event]] = [
    (0, w.opened()),
    (0, w.planned("CN-1", "CN-2")),
    (1, snapshots.voyage(1)),
    (5, csl.ConsolidationBooked(consolidation_id=w.CSL, carrier_booking_id="B")),
]
CANCELLED: list[tuple[float, Event]] = [
    *BOOKED,
    (100, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
]
CONSIGNMENT: list[tuple[float, Event]] = [
    (0, w.booked(1)),
    (200, w.allocated()),
    (201, w.consolidation(1, status="PLANNED", frozen_at=None)),
    (3_061, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
]


def folded(
    kind: AggregateKind, facts: Sequence[tuple[float, Event]], *policies: Policy
) -> tuple[Any, str]:
    """Fold facts under policies of minutes 0, 1,000, ...; return state and dead-freight alert."""
    adopted = [adoption(policy, 1_000 * number) for number, policy in enumerate(policies)]
    aggregate = all_aggregates(PolicyHistory(policies[0], adopted))[kind]
    key = w.CSL if kind == "consolidation" else w.CN
    entries = [entry(event, minute) for minute, event in facts]
    state = fold(aggregate, key, entries, clock_at=at(4_000))
    output = aggregate.outputs(state).get("alert:dead_freight")
    message: str = "" if output is None else output.event.message  # type: ignore[attr-defined]
    return state, message


def test_a_consolidation_says_from_when_on_its_space_costs_dead_freight() -> None:
    """11:00 in China on the make-up Saturday before the LCO; readers get it with the state."""
    state, alert = folded("consolidation", BOOKED, DEFAULT)
    assert state.dead_freight_from.isoformat() == "2026-02-28T03:00:00+00:00"
    assert (state.dead_freight_provisional, alert) == ("", "")
    state, _ = folded("consolidation", BOOKED[:2], DEFAULT)
    assert state.dead_freight_from is None


def test_a_threshold_is_provisional_until_the_calendar_is_renewed() -> None:
    """State and alert say so; the renewed calendar decides, also about what happened before."""
    state, alert = folded("consolidation", BOOKED, SHORT)
    assert state.dead_freight_provisional == WHY
    state, alert = folded("consolidation", CANCELLED, SHORT)
    assert f"after the threshold, 2026-02-28 03:00Z (provisional: {WHY}): dead" in alert
    worked = msgspec.structs.replace(
        CHINA, make_up_days=tuple(sorted((*CHINA.make_up_days, date(2026, 3, 1))))
    )
    for facts in (BOOKED, CANCELLED):
        state, alert = folded("consolidation", facts, SHORT, Policy(working_days=worked))
        assert state.dead_freight_from == at(180)
        assert (state.dead_freight_provisional, alert) == ("", "")


@pytest.mark.parametrize(
    ("policy", "minutes", "alert"),
    [
        (DEFAULT, 3_060, ""),
        (DEFAULT, 3_061, "cancelled after the threshold, 2026-03-03 03:00Z: dead freight on"),
        (SHORT, 3_061, f"after the threshold, 2026-03-03 03:00Z (provisional: {WHY}): dead"),
    ],
)
def test_a_cancelled_consignment_pays_after_the_threshold(
    policy: Policy, minutes: float, alert: str
) -> None:
    """Its LCO is on Wednesday 2026-03-04: space is free until Tuesday at 11:00 in China."""
    state, found = folded("consignment", [*CONSIGNMENT[:3], (minutes, CONSIGNMENT[3][1])], policy)
    assert state.exit.fee_due is bool(alert)
    assert alert in found
    assert bool(found) is bool(alert)
