"""What must hold for every set of facts, in whatever order and batches they come."""

from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings

from groupage.domain.events import consignment as cn
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.states import ConsignmentStatus, CustomsStatus
from processors.kernel.corrections import sift
from processors.kernel.fold import encode_state, sort_facts
from tests.processors.aggregates import events as w
from tests.processors.aggregates.choices import CHOICES, Choices
from tests.processors.aggregates.logs import AGGREGATES, folded, key_of, random_log, replayed
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.stories import ORDINARY, STORIES

relaxed = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(choices=CHOICES)
def test_any_order_any_batches_any_duplicates(kind: AggregateKind, choices: Choices) -> None:
    """Facts in any order, cut into any batches, some sent twice, give the fold of their set."""
    entries = random_log(choices, kind, corrected=choices.yes())
    shuffled = choices.shuffled(entries)
    twice = shuffled + (choices.items(entries, most=5) if entries else [])
    batches = choices.batches(twice, most=6)
    state, refolds = replayed(kind, batches)
    event(f"refolded: {refolds > 0}")
    assert encode_state(state) == encode_state(folded(kind, entries))
    before = AGGREGATES[kind].outputs(state)
    assert before == AGGREGATES[kind].outputs(folded(kind, entries))


def test_only_a_correction_that_waits_makes_later_facts_fold_again() -> None:
    """A correction folds all facts again once; while its target is missing, every fact does."""
    plain = [
        entry(event, minutes, event_id=f"f{n}")
        for n, (minutes, event) in enumerate(ORDINARY["consignment"])
    ]
    event_1 = plain[1].fact.data
    right = entry(event_1, 1, event_id="right", correction_of=plain[1].fact.event_id)
    _, refolds = replayed("consignment", [plain[:2], [right], *([each] for each in plain[2:])])
    assert refolds == 1
    early = [[plain[0]], [right], [plain[1]], *([each] for each in plain[2:])]
    state, refolds = replayed("consignment", early)
    assert refolds == 2
    assert encode_state(state) == encode_state(folded("consignment", [*plain, right]))


def test_a_replaced_correction_still_takes_its_target_out_when_that_comes() -> None:
    """A correction of a fact that is missing was itself corrected: the fact must not count."""
    booked, *rest = [
        entry(event, minutes, event_id=f"f{n}")
        for n, (minutes, event) in enumerate(ORDINARY["consignment"])
    ]
    *others, target = rest
    first = entry(target.fact.data, 300, event_id="first", correction_of=target.fact.event_id)
    second = entry(booked.fact.data, 0, event_id="second", correction_of="first")
    every = [booked, first, second, *others, target]
    state, _ = replayed("consignment", [[each] for each in every])
    assert encode_state(state) == encode_state(folded("consignment", every))


def without_counts(state: Any, *ignored: str) -> bytes:
    """Return a state without the counts of its facts and the time of the newest one.

    A lane plans again when a fact is retracted: the triggers of `ignored` facts are left out, and
    the request that answers them.
    """
    unlike: dict[str, Any] = {
        "fact_count": 0,
        "correction_count": 0,
        "awaits_target": False,
        "changed_at": None,
    }
    if "waiting_facts" in state.__struct_fields__:
        unlike["waiting_facts"] = []
    if "triggers" in state.__struct_fields__:
        triggers = state.triggers.items()
        unlike["pending_request"] = None
        unlike["triggers"] = {name: trigger for name, trigger in triggers if name not in ignored}
    return encode_state(msgspec.structs.replace(state, **unlike))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(choices=CHOICES)
def test_a_retracted_fact_never_was(kind: AggregateKind, choices: Choices) -> None:
    """The log with a retraction is the log without the fact, wherever the retraction sorts."""
    entries = random_log(choices, kind, corrected=False, least=1)
    gone = choices.item(entries)
    retraction = entry(
        gone.fact.data,
        choices.number(301),
        event_id="retraction",
        correction_of=gone.fact.event_id,
        retracted=True,
    )
    rest = [each for each in entries if each is not gone]
    assert without_counts(
        folded(kind, [*entries, retraction]), retraction.fact_id
    ) == without_counts(folded(kind, rest))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(choices=CHOICES)
def test_a_correction_takes_the_place(kind: AggregateKind, choices: Choices) -> None:
    """The log with a correction is the log with the corrected fact instead."""
    entries = random_log(choices, kind, corrected=False, least=1)
    wrong = choices.item(entries)
    right_event = choices.item(STORIES[kind])
    minutes = choices.number(301)
    right = entry(right_event, minutes, event_id="right", correction_of=wrong.fact.event_id)
    plain = entry(right_event, minutes, event_id="right")
    rest = [each for each in entries if each is not wrong]
    assert without_counts(folded(kind, [*entries, right])) == without_counts(
        folded(kind, [*rest, plain])
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(choices=CHOICES)
def test_a_correction_without_its_target_changes_nothing(
    kind: AggregateKind, choices: Choices
) -> None:
    """It is rejected, and the rest is as if it had never come.

    Not by a unit that hands it over: its consignment judges.
    """
    entries = random_log(choices, kind, corrected=False)
    astray = entry(
        choices.item(STORIES[kind]),
        choices.number(301),
        event_id="astray",
        correction_of="elsewhere",
        retracted=choices.yes(),
    )
    state = folded(kind, [*entries, astray])
    rejected = state.rejected.pop(astray.fact_id, None)
    assert rejected is None or rejected.code == "no_target"
    handed_over = kind == "unit" and state.owner_id and astray.fact.type != "unit.announced"
    assert (rejected is None) == bool(handed_over)
    assert without_counts(state, astray.fact_id) == without_counts(folded(kind, entries))


@pytest.mark.slow
@relaxed
@given(choices=CHOICES)
def test_sums_equal_a_count(choices: Choices) -> None:
    """The running sums equal a count over the units; it is blocked iff a hold is open."""
    entries = random_log(choices, "consignment")
    state: ConsignmentState = folded("consignment", entries)
    here = [each for each in state.units.values() if each.received_at and not each.gone]
    assert state.received_units == len(here)
    assert state.received_pieces == sum(each.pieces for each in here)
    measured = [each.measured for each in here if each.measured]
    assert state.measured_units == len(measured)
    assert state.measured_gross_g == sum(box[3] for box in measured)
    assert state.staged_units == sum(1 for each in here if each.staged_at)
    assert state.damaged_units == sum(1 for each in here if each.condition != "good")
    inside = [each for each in state.units.values() if each.loaded_in]
    assert state.loaded_units == len(inside)
    assert state.blocked is bool(state.open_holds)
    assert state.fact_count == len(entries)
    event(f"status {state.status}")


@pytest.mark.slow
@relaxed
@given(choices=CHOICES)
def test_a_loaded_unit_is_legally_in_a_single_container(choices: Choices) -> None:
    """A loaded unit is in its consolidation's container, loaded while stuffing was open."""
    entries = random_log(choices, "consignment")
    state: ConsignmentState = folded("consignment", entries)
    for part in state.units.values():
        if not part.loaded_in:
            continue
        move = next(
            each
            for each in reversed(part.moves)
            if each.into and each.fact_id not in state.rejected
        )
        assert move.equipment_ref == part.loaded_in
        homes = [
            position
            for position in state.consolidations.values()
            if position.equipment_ref == part.loaded_in
        ]
        assert any(
            home.stuffing_started_at is not None and home.stuffing_started_at <= move.at
            for home in homes
        )
        # A declaration made after the loading takes the release back, but not the loading.
        assert any(
            each.status == CustomsStatus.RELEASED and each.at <= move.at
            for each in state.declarations.values()
        )
    event(f"loaded {state.loaded_units}")


@pytest.mark.slow
@relaxed
@given(choices=CHOICES)
def test_a_departed_consolidation_was_clear(choices: Choices) -> None:
    """GATED_OUT only with every manifested consignment loaded, released, unblocked, weighed."""
    entries = random_log(choices, "consolidation")
    state = folded("consolidation", entries)
    event(f"status {state.status}")
    if state.gated_out_at is None:
        return
    assert state.manifest is not None
    assert state.container is not None
    assert state.container.vgm_at <= state.gated_out_at
    for name in state.manifest.consignment_ids:
        seen = state.members[name]
        assert seen.member
        assert seen.loaded_at <= state.container.sealed_at <= state.gated_out_at
        assert seen.released_at <= state.gated_out_at
        assert not any(hold.covers(state.gated_out_at) for hold in seen.holds)


_AFTERWARDS = [
    each
    for each in STORIES["consignment"]
    if each.name != "consignment.consolidation_changed"
    and getattr(each, "declaration_id", "D2") == "D2"
    and getattr(each, "declared_at", None) is None
]
"""All that could happen to it then: not what its consolidation or its first declaration say, nor
news of a declaration that was made before."""


@pytest.mark.slow
@relaxed
@given(choices=CHOICES)
def test_a_departed_consignment_stays_departed(choices: Choices) -> None:
    """Whatever happens afterwards, in any order: the consignment stays DEPARTED."""
    later = [
        (201 + choices.number(100), choices.item(_AFTERWARDS)) for _ in range(choices.number(13))
    ]
    left = w.consolidation(
        50,
        status="GATED_OUT",
        stuffing_started_at=at(100),
        frozen_at=at(90),
        departed_at=at(200),
    )
    whole = [*ORDINARY["consignment"], (130, w.measured("u2")), (200, left), *later]
    entries = [entry(event, minutes, event_id=f"f{n}") for n, (minutes, event) in enumerate(whole)]
    state, _ = replayed("consignment", [[each] for each in choices.shuffled(entries)])
    assert state.status == ConsignmentStatus.DEPARTED
    event(f"refused {len(state.rejected)}")


@pytest.mark.slow
@relaxed
@given(choices=CHOICES)
def test_a_frozen_plan_changes_through_unfreezing_only(choices: Choices) -> None:
    """While a manifest stands, neither it nor the planned consignments change."""
    entries = random_log(choices, "consolidation")
    aggregate = AGGREGATES["consolidation"]
    state = aggregate.new(key_of("consolidation"))
    for _, sent in sort_facts(aggregate, sift(entries).effective):
        before = state.manifest, state.planned_ids
        aggregate.apply(state, sent)
        if before[0] is not None and sent.fact.data.name != "consolidation.unfrozen":
            assert (state.manifest, state.planned_ids) == before
        if state.manifest is not None:
            assert set(state.manifest.consignment_ids) <= set(state.planned_ids)


def test_outputs_do_not_depend_on_the_order_of_facts() -> None:
    """The outputs do not depend on the order of units and holds, which a stored state sorts."""
    kind: AggregateKind = "consignment"
    hold = partial(cn.HoldPlaced, consignment_id=w.CN, hold="DOCS", by="x")
    sent = [w.asn("u"), w.allocated(), w.received("b"), w.received("a"), hold(hold_id="H2")]
    facts = [entry(event, 5, event_id=str(n)) for n, event in enumerate(sent)]
    facts.append(entry(hold(hold_id="H1"), 6))
    states = [
        folded(kind, facts),
        folded(kind, facts[::-1]),
        replayed(kind, [*([each] for each in facts), []])[0],
    ]
    sent = [AGGREGATES[kind].outputs(state) for state in states]
    assert {"claims", f"snapshot:{w.CSL}"} <= sent[0].keys()
    assert sent[0] == sent[1] == sent[2]
