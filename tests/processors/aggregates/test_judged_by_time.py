"""Each rule of the policy judges by the policy that was in force when the judged thing happened."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import planning as pl
from groupage.domain.events.base import AggregateKind, Dimensions, Event, Money
from groupage.domain.events.customs import CustomsDeclared
from groupage.domain.policy import Policy
from groupage.domain.policy_file import DEFAULT
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.working_days_of_china import CHINA
from processors.aggregates.registry import all_aggregates
from processors.kernel.fold import fold
from tests.processors.aggregates import consolidation_snapshots as snapshots
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan, trigger
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.test_policy_changes import adoption

BIG = Dimensions(length_mm=600, width_mm=400, height_mm=300)
STUFFED: list[tuple[float, Event]] = [
    (0, w.opened()),
    (0, w.planned("CN-1", "CN-2")),
    (1, snapshots.voyage(1)),
    (300, w.frozen()),
    (310, snapshots.container(1)),
    (400, csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER)),
    (450, snapshots.full("CN-1", 5)),
    (450, snapshots.full("CN-2", 5)),
]
MEASURED: list[tuple[float, Event]] = [
    (0, w.booked(1)),
    (100, w.received("u1")),
    (110, w.measured("u1", size=BIG)),
]
LOADED: list[tuple[float, Event]] = [
    (0, w.booked(1)),
    (30, w.received("u1")),
    (40, w.measured("u1")),
    (60, w.allocated()),
    (80, w.customs("DECLARED", revision=0, declared_at=at(80))),
    (90, w.consolidation(0, stuffing_started_at=at(100), frozen_at=at(90))),
    (120, w.loaded("u1")),
]
SUNDAY_WORKED = msgspec.structs.replace(
    CHINA, make_up_days=tuple(sorted((*CHINA.make_up_days, date(2026, 3, 1))))
)


class Rule(NamedTuple):
    """A field of the policy, what it judges and when, and the outcome."""

    kind: AggregateKind
    facts: Sequence[tuple[float, Event]]
    judged: float
    one: Policy
    other: Policy
    outcome: Callable[[Any, Any], Any]
    """Of aggregate and state."""


def _rejections(_aggregate: Any, state: Any) -> Any:
    return sorted(each.code for each in state.rejected.values())


RULES = {
    "measure_tolerance_permille": Rule(
        "consignment",
        MEASURED,
        110,
        Policy(),
        Policy(measure_tolerance_permille=10**6),
        lambda _, state: state.needs_rerate,
    ),
    "calibrated_only": Rule(
        "consignment", MEASURED, 110, Policy(), Policy(calibrated_only=True), _rejections
    ),
    "terminals": Rule(
        "consignment", MEASURED, 0, Policy(), Policy(terminals=()), lambda _, state: state.status
    ),
    "release_before_stuffing": Rule(
        "consignment", LOADED, 120, Policy(), Policy(release_before_stuffing=False), _rejections
    ),
    "dead_freight_notice_s, of a consignment": Rule(
        "consignment",
        [
            *MEASURED[:2],
            (200, w.allocated()),
            (201, w.consolidation(1, status="PLANNED", frozen_at=None)),
            (3_300, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        ],
        3_300,
        Policy(),
        Policy(dead_freight_notice_s=0),
        lambda _, state: state.exit.fee_due,
    ),
    "dead_freight_notice_s, of a consolidation": Rule(
        "consolidation",
        [
            *STUFFED[:3],
            (5, csl.ConsolidationBooked(consolidation_id=w.CSL, carrier_booking_id="B")),
            (1_000, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
        ],
        1_000,
        Policy(),
        Policy(dead_freight_notice_s=0),
        lambda aggregate, state: "alert:dead_freight" in aggregate.outputs(state),
    ),
    "dead_freight_time_s, of a consignment": Rule(
        "consignment",
        [
            *MEASURED[:2],
            (200, w.allocated()),
            (201, w.consolidation(1, status="PLANNED", frozen_at=None)),
            (3_300, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x")),
        ],
        3_300,
        DEFAULT,
        msgspec.structs.replace(DEFAULT, dead_freight_time_s=23 * 3_600),
        lambda _, state: state.exit.fee_due,
    ),
    "working_days, of a consolidation": Rule(
        "consolidation",
        [
            *STUFFED[:3],
            (5, csl.ConsolidationBooked(consolidation_id=w.CSL, carrier_booking_id="B")),
            (100, csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x")),
        ],
        100,
        DEFAULT,
        Policy(working_days=SUNDAY_WORKED),
        lambda aggregate, state: "alert:dead_freight" in aggregate.outputs(state),
    ),
    "vgm_tolerance_g": Rule(
        "consolidation",
        [*STUFFED, (510, snapshots.weighed(9, snapshots.TARE_G + 2_100_000))],
        510,
        Policy(),
        Policy(vgm_tolerance_g=0),
        lambda _, state: dict(state.failed_guards),
    ),
    "haul_s": Rule(
        "consolidation",
        [*STUFFED, (2_900, snapshots.weighed(9, gated_out_at=at(2_900)))],
        2_900,
        Policy(),
        Policy(haul_s=0),
        lambda _, state: dict(state.failed_guards),
    ),
    "rules.declaration_cap_usd_cents": Rule(
        "declaration",
        [
            (
                10,
                CustomsDeclared(
                    declaration_id="D1",
                    mode="1039",
                    consignment_ids=("CN-1",),
                    value=Money(amount_minor=15_000_001, currency="USD"),
                ),
            )
        ],
        10,
        Policy(),
        Policy(rules=msgspec.structs.replace(Policy().rules, declaration_cap_usd_cents=15_000_001)),
        lambda aggregate, state: "alert:over_cap" in aggregate.outputs(state),
    ),
    "auto_approve": Rule(
        "lane",
        [(10, plan(1, {"CN-1": "C1"}))],
        10,
        Policy(),
        Policy(auto_approve=False),
        lambda _, state: state.published_plan_id,
    ),
    "replan_debounce_s": Rule(
        "lane",
        [(10, trigger())],
        10,
        Policy(),
        Policy(replan_debounce_s=0),
        lambda aggregate, state: aggregate.deadline(state),
    ),
    "urgent_causes": Rule(
        "lane",
        [(10, trigger())],
        10,
        Policy(),
        Policy(urgent_causes=("available",)),
        lambda aggregate, state: aggregate.deadline(state),
    ),
    "request_timeout_s": Rule(
        "lane",
        [(10, pl.PlanAsked(lane_id=w.LANE, request_id="R1", sequence=1, wish_ids=()))],
        10,
        Policy(),
        Policy(request_timeout_s=7_200),
        lambda aggregate, state: aggregate.deadline(state),
    ),
}


def outcome(rule: Rule, history: PolicyHistory) -> Any:
    """Fold the facts under these policies, and return what became of them."""
    aggregate = all_aggregates(history)[rule.kind]
    entries = [
        entry(event, minutes, event_id=f"f{n}") for n, (minutes, event) in enumerate(rule.facts)
    ]
    state = fold(aggregate, rule.facts[0][1].key, entries)
    return rule.outcome(aggregate, state)


@pytest.mark.parametrize("name", RULES)
def test_the_policy_of_its_time_judges(name: str) -> None:
    """A policy that takes effect at that minute judges, one that does a minute later does not."""
    rule = RULES[name]
    always = [
        outcome(rule, PolicyHistory(policy, [adoption(policy, 0)]))
        for policy in (rule.one, rule.other)
    ]
    assert always[0] != always[1], "the rule matters"
    for before, after, expected in (
        (rule.one, rule.other, always),
        (rule.other, rule.one, always[::-1]),
    ):
        in_time = [adoption(before, -10), adoption(after, rule.judged)]
        too_late = [adoption(before, -10), adoption(after, rule.judged + 1)]
        assert outcome(rule, PolicyHistory(before, in_time)) == expected[1]
        assert outcome(rule, PolicyHistory(before, too_late)) == expected[0]
