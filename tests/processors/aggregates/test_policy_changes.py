"""A hub whose policy changes: what must hold for any facts, any policies and any times of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from groupage.domain.events.base import AggregateKind
from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import Adoption, PolicyHistory
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold, refold
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.logs import CLOCK, key_of, logs
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.stories import STORIES

relaxed = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FIRST = Policy()
SECONDS = st.sampled_from([0, 600, 3_600, 6 * 3_600, 30 * 3_600])
POLICIES = st.builds(
    Policy,
    auto_approve=st.booleans(),
    calibrated_only=st.booleans(),
    release_before_stuffing=st.booleans(),
    terminals=st.sampled_from([FIRST.terminals, ()]),
    measure_tolerance_permille=st.sampled_from([0, 50, 10**6]),
    vgm_tolerance_permille=st.sampled_from([0, 50, 1_000]),
    vgm_tolerance_g=st.sampled_from([0, 10**6, 10**9]),
    haul_s=SECONDS,
    at_risk_before_s=SECONDS,
    door_close_before_gate_in_s=SECONDS,
    dead_freight_notice_s=SECONDS,
    replan_debounce_s=SECONDS,
    replan_urgent_s=SECONDS,
    request_timeout_s=SECONDS,
    rules=st.sampled_from(
        [msgspec.structs.replace(FIRST.rules, declaration_cap_usd_cents=cap) for cap in (0, 10**9)]
    ),
)


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


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(data=st.data())
def test_states_are_those_of_the_whole_log_whenever_a_policy_comes(
    kind: AggregateKind, data: st.DataObject
) -> None:
    """Facts and adoptions in any order of arrival give the fold of all, also their outputs."""
    entries = data.draw(logs(kind, corrected=data.draw(st.booleans())))
    adoptions = [
        adoption(policy, data.draw(st.integers(0, 500)))
        for policy in data.draw(st.lists(POLICIES, max_size=4))
    ]
    shuffled = data.draw(st.permutations(entries))
    bounds = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=6)))
    cuts = [0, *bounds, len(shuffled)]
    steps: list[Sequence[Entry] | Adoption] = [shuffled[a:b] for a, b in pairwise(cuts)]
    places = sorted(
        data.draw(st.integers(0, len(steps))) for _ in adoptions
    )  # the log of adoptions has one order
    for place, adopted in reversed(list(zip(places, adoptions, strict=True))):
        steps.insert(place, adopted)
    start = all_aggregates(data.draw(POLICIES))[kind]
    state, aggregate = worked(start, key_of(kind), steps)
    event(f"changes of policy: {aggregate.policies.number}")
    whole = fold(aggregate, key_of(kind), entries, clock_at=CLOCK)
    assert encode_state(state) == encode_state(whole)
    assert aggregate.outputs(state) == aggregate.outputs(whole)
    assert aggregate.deadline(state) == aggregate.deadline(whole)


_AHEAD: dict[str, Any] = {"cutoffs": {}}
"""What of a consolidation lies ahead: the policy of that time will count."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(data=st.data())
def test_a_later_policy_changes_nothing_that_has_happened(
    kind: AggregateKind, data: st.DataObject
) -> None:
    """Statuses, plans, rejections and fees stay, also when all facts are folded again."""
    entries = data.draw(logs(kind))
    adopted = [adoption(data.draw(POLICIES), 0), adoption(data.draw(POLICIES), 401)]
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
    visit = all_aggregates(PolicyHistory(FIRST, [adoption(FIRST, 0)]))["visit"]
    arrived = [entry(STORIES["visit"][0], 1)]
    plain, _ = worked(visit, key_of("visit"), [arrived])
    changed, _ = worked(visit, key_of("visit"), [arrived, adoption(Policy(haul_s=1), 5)])
    assert (plain.revision, changed.revision) == (1, 2)
