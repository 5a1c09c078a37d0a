"""A hub whose policy changes: what must hold for any facts, any policies and any times of them."""

import inspect
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import Adoption, PolicyHistory
from groupage.domain.state.forms import POLICY_KINDS
from groupage.domain.working_days_of_china import CHINA
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold, refold
from tests.processors.aggregates import events as w
from tests.processors.aggregates.choices import CHOICES, Choices
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.logs import CLOCK, key_of, random_log
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.stories import STORIES

relaxed = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FIRST = Policy()
SHORT = msgspec.structs.replace(CHINA, known_until=date(2026, 2, 28))
"""A calendar that ends before the LCOs of the stories: their thresholds are provisional."""
_SECONDS = (0, 600, 3_600, 6 * 3_600, 30 * 3_600)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "auto_approve": (False, True),
    "calibrated_only": (False, True),
    "release_before_stuffing": (False, True),
    "terminals": (FIRST.terminals, ()),
    "measure_tolerance_permille": (0, 50, 10**6),
    "vgm_tolerance_permille": (0, 50, 1_000),
    "vgm_tolerance_g": (0, 10**6, 10**9),
    "haul_s": _SECONDS,
    "at_risk_before_s": _SECONDS,
    "door_close_before_gate_in_s": _SECONDS,
    "dead_freight_notice_s": _SECONDS,
    "dead_freight_time_s": (0, 11 * 3_600),
    "working_days": (None, CHINA, SHORT),
    "replan_debounce_s": _SECONDS,
    "replan_urgent_s": _SECONDS,
    "request_timeout_s": _SECONDS,
    "rules": tuple(
        msgspec.structs.replace(FIRST.rules, declaration_cap_usd_cents=cap) for cap in (0, 10**9)
    ),
}


def random_policy(choices: Choices) -> Policy:
    """Make a policy of values that change what aggregates decide."""
    return Policy(**{field: choices.item(values) for field, values in _CHOICES.items()})


def adoption(policy: Policy, minutes: float) -> Adoption:
    """Make an adoption that takes effect at that minute."""
    adopted = PolicyAdopted(digest="x", policy=policy, by="wang", reason="test")
    return Adoption(event=adopted, event_json=b"", effective_at=at(minutes), adopted_at=at(minutes))


def worked(aggregate: Aggregate[Any], key: str, steps: Sequence[Sequence[Entry] | Adoption]) -> Any:
    """Fold batches and take over policies in that order, as a worker does."""
    history = aggregate.policies
    state: Any = aggregate.new(key)
    stored: dict[str, Entry] = {}
    for step in steps:
        if isinstance(step, Adoption):
            history = history.extended((*history.adoptions, step))
            aggregate = aggregate.under(history)
            state = refold(aggregate, state, stored.values())
            continue
        new = {each.fact_id: each for each in step if each.fact_id not in stored}
        stored.update(new)
        state = advance(aggregate, state, list(new.values()), stored.values).state
        state = msgspec.json.decode(encode_state(state), type=aggregate.state_type)
    aggregate.derive(state)
    aggregate.on_clock(state, CLOCK)
    return state, aggregate


def test_only_some_kinds_judge_by_the_policy() -> None:
    """After an adoption the states of the others stay; their code cannot read a policy."""
    changed = PolicyHistory(Policy(), [adoption(Policy(), 0), adoption(Policy(haul_s=1), 1)])
    for kind, aggregate in all_aggregates(changed).items():
        assert aggregate.new("X").policy_number == (kind in POLICY_KINDS)
        package = Path(inspect.getfile(type(aggregate))).parent
        reads = any("policies" in file.read_text() for file in package.glob("*.py"))
        assert reads == (kind in POLICY_KINDS), kind


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(choices=CHOICES)
def test_states_are_those_of_the_whole_log_whenever_a_policy_comes(
    kind: AggregateKind, choices: Choices
) -> None:
    """Facts and adoptions in any order of arrival give the fold of all, also their outputs."""
    start = all_aggregates(random_policy(choices))[kind]
    adoptions = [
        adoption(random_policy(choices), choices.number(501)) for _ in range(choices.number(5))
    ]
    entries = random_log(choices, kind, corrected=choices.yes())
    steps: list[Sequence[Entry] | Adoption] = [*choices.batches(choices.shuffled(entries), most=7)]
    # The log of adoptions has one order.
    places = sorted(choices.number(len(steps) + 1) for _ in adoptions)
    for place, adopted in reversed(list(zip(places, adoptions, strict=True))):
        steps.insert(place, adopted)
    state, aggregate = worked(start, key_of(kind), steps)
    event(f"changes of policy: {aggregate.policies.number}")
    whole = fold(aggregate, key_of(kind), entries, clock_at=CLOCK)
    assert encode_state(state) == encode_state(whole)
    assert aggregate.outputs(state) == aggregate.outputs(whole)
    assert aggregate.deadline(state) == aggregate.deadline(whole)


_AHEAD: dict[str, Any] = {
    "cutoffs": {},
    "dead_freight_from": None,
    "dead_freight_provisional": "",
}
"""What of a consolidation lies ahead: the policy of that time will count."""


def _with_known_days(policy: Policy) -> Policy:
    calendar = CHINA if policy.working_days is SHORT else policy.working_days
    return msgspec.structs.replace(policy, working_days=calendar)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(choices=CHOICES)
def test_a_later_policy_changes_nothing_that_has_happened(
    kind: AggregateKind, choices: Choices
) -> None:
    """Statuses, plans, rejections and fees stay, also when all facts are folded again.

    Fees by a provisional threshold do not: a calendar that knows the days decides about them.
    """
    adopted = [adoption(_with_known_days(random_policy(choices)), minute) for minute in (0, 401)]
    entries = random_log(choices, kind)
    states = []
    for count in (1, 2):
        history = PolicyHistory(FIRST, adopted[:count])
        aggregate = all_aggregates(history)[kind]
        state = fold(aggregate, key_of(kind), entries, clock_at=CLOCK)
        ahead = _AHEAD if kind == "consolidation" else {}
        states.append(msgspec.structs.replace(state, policy_number=0, **ahead))
    assert encode_state(states[0]) == encode_state(states[1])


def test_a_plan_is_approved_by_the_policy_of_its_time() -> None:
    """A late fact, which makes the lane fold all again, does not take a plan out of force."""
    approves, waits = Policy(auto_approve=True), Policy(auto_approve=False)
    lane = all_aggregates(PolicyHistory(approves, [adoption(approves, 0)]))["lane"]
    early, late, last = (
        entry(plan(number, {"CN-1": f"C{number}"}), minutes, event_id=f"P{number}")
        for number, minutes in ((1, 10), (2, 15), (3, 30))
    )
    state, _ = worked(lane, w.LANE, [[early], adoption(waits, 20), [last], [late]])
    assert {name: each.status for name, each in state.plans.items()} == {
        "P1": "superseded",
        "P2": "published",
        "P3": "proposed",
    }
    folded_first, _ = worked(lane, w.LANE, [[early, late, last], adoption(waits, 20)])
    assert encode_state(folded_first) == encode_state(state)


def test_a_revision_rises_with_each_policy() -> None:
    """Otherwise a receiver would keep the snapshot that was sent under the policy before."""
    aggregates = all_aggregates(PolicyHistory(FIRST, [adoption(FIRST, 0)]))
    revisions = {}
    for kind in ("declaration", "visit"):
        first = [entry(STORIES[kind][0], 1)]
        plain, _ = worked(aggregates[kind], key_of(kind), [first])
        changed, _ = worked(aggregates[kind], key_of(kind), [first, adoption(Policy(haul_s=1), 5)])
        revisions[kind] = plain.revision, changed.revision
    # Nothing about a visit follows from a policy.
    assert revisions == {"declaration": (1, 2), "visit": (1, 1)}
