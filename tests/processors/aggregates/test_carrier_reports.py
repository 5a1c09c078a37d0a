"""DCSA events of a carrier as they move containers and voyages, in any order of arrival."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processors.kernel.fold import encode_state
from tests.processors.aggregates.carrier_reports import (
    LEG,
    container_after,
    facts_of,
    voyage_after,
)
from tests.producers.dcsa_events import (
    CONTAINER,
    DIALECTS,
    ETD,
    VOYAGE,
    Dialect,
    dcsa_event,
    hub_facts,
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_way_of_a_container_and_its_ship(dialect: Dialect) -> None:
    """Picked up empty, loaded on board; the ship departs, is estimated, arrives."""
    facts = facts_of(
        dcsa_event(
            dialect,
            "EQUIPMENT",
            "GATED_OUT",
            at="2026-03-01T08:00:00+08:00",
            event_id="E1",
            container=CONTAINER,
            empty="EMPTY",
            facility_type="DEPOT",
            locode="CNNGB",
        ),
        dcsa_event(
            dialect,
            "EQUIPMENT",
            "LOADED",
            event_id="E2",
            container=CONTAINER,
            locode="CNNGB",
            **LEG,
        ),
        dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E3", locode="CNNGB", **LEG),
        dcsa_event(
            dialect,
            "TRANSPORT",
            "ARRIVED",
            event_id="E4",
            classifier="ESTIMATED",
            at="2026-04-09T08:00:00+02:00",
            updated="2026-03-20T00:00:00Z",
            locode="NLRTM",
            **LEG,
        ),
    )
    assert not voyage_after(facts).rejected
    assert not container_after(facts).rejected
    assert container_after(facts).status == "ON_BOARD"
    assert container_after(facts).voyage_id == VOYAGE
    assert voyage_after(facts).status == "DEPARTED"
    assert voyage_after(facts).eta_at == datetime(2026, 4, 9, 6, tzinfo=UTC)
    arrived = dcsa_event(
        dialect,
        "TRANSPORT",
        "ARRIVED",
        event_id="E5",
        at="2026-04-10T08:00:00+02:00",
        locode="NLRTM",
        **LEG,
    )
    state = voyage_after([*facts, *facts_of(arrived)[len(hub_facts()) :]])
    assert (state.status, state.arrived_at) == ("ARRIVED", datetime(2026, 4, 10, 6, tzinfo=UTC))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("classifier", ["ESTIMATED", "PLANNED"])
def test_estimates_and_plans_move_no_state(dialect: Dialect, classifier: str) -> None:
    """A planned loading is stored and nothing else; a planned departure is none."""
    facts = facts_of(
        dcsa_event(
            dialect,
            "EQUIPMENT",
            "LOADED",
            event_id="E1",
            classifier=classifier,
            container=CONTAINER,
            locode="CNNGB",
            **LEG,
        ),
        dcsa_event(
            dialect,
            "TRANSPORT",
            "DEPARTED",
            event_id="E2",
            classifier=classifier,
            at="2026-03-06T08:00:00Z",
            locode="CNNGB",
            **LEG,
        ),
    )
    before = container_after(hub_facts())
    assert container_after(facts).status == before.status == "RELEASED"
    state = voyage_after(facts)
    assert (state.status, state.departed_at) == ("SCHEDULED", None)
    assert (state.etd_at, state.rejected) == (datetime(2026, 3, 6, 8, tzinfo=UTC), {})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_newest_estimate_counts_in_any_order(dialect: Dialect) -> None:
    """By when it was made."""
    estimates = [
        dcsa_event(
            dialect,
            "TRANSPORT",
            "ARRIVED",
            event_id=f"E{day}",
            classifier="ESTIMATED",
            at=f"2026-04-{day:02}T00:00:00Z",
            updated=f"2026-03-{10 + number}T00:00:00Z",
            locode="NLRTM",
            **LEG,
        )
        for number, day in enumerate((9, 7, 8))
    ]
    for order in itertools.permutations(estimates):
        assert voyage_after(facts_of(*order)).eta_at == datetime(2026, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_retraction_undoes_an_event_with_its_updates(dialect: Dialect) -> None:
    """The states are those of a hub that never had them, whatever arrives first at the worker."""

    def departed(hour: int) -> dict[str, Any]:
        return dcsa_event(
            dialect,
            "TRANSPORT",
            "DEPARTED",
            at=f"2026-03-05T{hour:02}:00:00Z",
            updated=f"2026-03-05T{hour + 1:02}:00:00Z",
            locode="CNNGB",
            **LEG,
        )

    retraction = (
        {"eventID": "E9", "retractedEventID": "E1", "eventCreatedDateTime": "2026-03-06T00:00:00Z"}
        if dialect == "2.2"
        else {"eventID": "E1", "isRetracted": True}
    )
    updated = facts_of(departed(4), departed(6))
    assert voyage_after(updated).departed_at == ETD + timedelta(hours=2)
    facts = facts_of(departed(4), departed(6), retraction)
    own = list({fact.event_id: fact for fact in facts[len(hub_facts()) :]}.values())
    assert len(own) == 4  # two versions and their withdrawals
    for order in itertools.permutations(own):
        state = voyage_after([*hub_facts(), *order])
        assert (state.status, state.departed_at) == ("SCHEDULED", None)
        assert (state.legs, state.rejected) == ({}, {})
    assert len({encode_state(voyage_after([*hub_facts(), *o])) for o in (own, own[::-1])}) == 1
