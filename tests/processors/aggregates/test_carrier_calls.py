"""Calls of ships between the ports of a voyage, and containers that change ships on the way."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from groupage.domain.events.equipment import ContainerMoved
from groupage.domain.events.schedule import PortCallReported
from tests.processors.aggregates.carrier_reports import (
    LEG,
    container_after,
    facts_of,
    voyage_after,
)
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    ETD,
    NUMBER,
    VOYAGE,
    Dialect,
    dcsa_event,
    hub_facts,
)

ETA = ETD + timedelta(days=30)
CFS = "CONTAINER_FREIGHT_STATION"
FEEDER = {"number": "F77N", "imo": "9700001", "booking": BOOKING, "mode": "VESSEL"}


def call(dialect: Dialect, subtype: str, at: str, **details: Any) -> dict[str, Any]:
    """A call of the voyage's ship, Singapore if nothing else is given."""
    return dcsa_event(dialect, "TRANSPORT", subtype, at=at, **({"locode": "SGSIN"} | details))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_timeline_shows_a_call_and_the_eta_stays(dialect: Dialect) -> None:
    """Estimated, arrived, departed; the voyage departs and arrives by its own two ports."""
    facts = facts_of(
        call(dialect, "ARRIVED", "2026-03-10T00:00:00Z", classifier="ESTIMATED", **LEG),
        call(dialect, "ARRIVED", "2026-03-11T00:00:00Z", event_id="E2", **LEG),
        call(dialect, "DEPARTED", "2026-03-12T00:00:00Z", event_id="E3", **LEG),
    )
    state = voyage_after(facts)
    (port,) = state.calls.values()
    assert (port.place, port.ship) == ("SGSIN", "")
    assert [port.eta_at, port.arrived_at, port.departed_at] == [
        datetime(2026, 3, day, tzinfo=UTC) for day in (10, 11, 12)
    ]
    assert (state.status, state.departed_at, state.eta_at) == ("SCHEDULED", None, ETA)
    assert (state.legs, state.rejected) == ({}, {})


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("subtype", "locode", "details"),
    [
        ("ARRIVED", "CNNGB", LEG),
        ("DEPARTED", "NLRTM", LEG),
        ("DEPARTED", "CNSHA", LEG),
        ("ARRIVED", "NLRTM", FEEDER),
        ("DEPARTED", "CNNGB", FEEDER),
        ("ARRIVED", "NLRTM", LEG | {"imo": "9700001", "booking": BOOKING}),
        ("DEPARTED", "CNNGB", LEG | {"mode": "TRUCK"}),
    ],
)
@pytest.mark.parametrize("classifier", ["ACTUAL", "ESTIMATED", "PLANNED"])
def test_no_other_call_moves_the_voyage(
    dialect: Dialect, subtype: str, locode: str, details: dict[str, Any], classifier: str
) -> None:
    """Its ship at other ports, the wrong way round, another ship at its ports, a truck."""
    event = dcsa_event(
        dialect,
        "TRANSPORT",
        subtype,
        classifier=classifier,
        at="2026-04-20T00:00:00Z",
        locode=locode,
        **details,
    )
    facts = facts_of(event)
    assert isinstance(facts[-1].data, PortCallReported)
    before, after = voyage_after(hub_facts()), voyage_after(facts)
    for field in ("status", "etd_at", "eta_at", "departed_at", "arrived_at", "legs", "rejected"):
        assert getattr(after, field) == getattr(before, field), field
    (call,) = after.calls.values()
    assert (call.place, bool(call.ship)) == (locode, "imo" in details)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("subtype", "details"),
    [
        ("GATED_OUT", {"empty": "EMPTY", "locode": "CNNGB"}),
        ("GATED_IN", {"empty": "EMPTY", "locode": "CNYIU", "facility_type": CFS}),
        ("STUFFED", {"seals": [("S-1", "CARRIER")]}),
        ("GATED_OUT", {"locode": "CNYIU", "facility_type": CFS}),
        ("LOADED", {"locode": "CNNGB", **LEG}),
    ],
)
def test_a_step_of_a_container_reported_twice_is_one(
    dialect: Dialect, subtype: str, details: dict[str, Any]
) -> None:
    """Under two ids, at the same time: no report is rejected, and each may be retracted."""

    def report(name: str, at: str = "2026-03-05T04:00:00Z") -> dict[str, Any]:
        return dcsa_event(
            dialect, "EQUIPMENT", subtype, event_id=name, at=at, container=CONTAINER, **details
        )

    once, twice = (
        container_after(facts_of(*map(report, names))) for names in (["E1"], ["E1", "E2"])
    )
    assert (twice.status, twice.rejected) == (once.status, {})
    assert once.status != container_after(hub_facts()).status
    for gone in ("E1", "E2"):
        facts = facts_of(report("E1"), report("E2"), {"eventID": gone, "isRetracted": True})
        assert container_after(facts).status == once.status
    later = container_after(facts_of(report("E1"), report("E2", "2026-03-05T05:00:00Z")))
    assert len(later.rejected) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_newest_estimate_of_a_call_counts_in_any_order(dialect: Dialect) -> None:
    """By when it was made; a retracted report leaves nothing."""
    estimates = [
        call(
            dialect,
            "ARRIVED",
            f"2026-03-{day}T00:00:00Z",
            event_id=f"E{day}",
            classifier="ESTIMATED",
            updated=f"2026-03-0{number + 6}T00:00:00Z",
            **LEG,
        )
        for number, day in enumerate((12, 10, 11))
    ]
    for order in itertools.permutations(estimates):
        assert voyage_after(facts_of(*order)).calls["SGSIN"].eta_at == datetime(
            2026, 3, 11, tzinfo=UTC
        )
    gone = [{"eventID": event["eventID"], "isRetracted": True} for event in estimates]
    assert voyage_after(facts_of(*estimates, *gone)).calls == {}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("phase", ["", "TRANSSHIPMENT"])
def test_a_container_changes_ships(dialect: Dialect, phase: str) -> None:
    """Its timeline names both ships; it stays on board of its voyage, and is where it is."""
    moves = [("LOADED", "CNNGB", LEG), ("DISCHARGED", "SGSIN", LEG), ("LOADED", "SGSIN", FEEDER)]
    events = [
        dcsa_event(
            dialect,
            "EQUIPMENT",
            subtype,
            event_id=f"E{day}",
            at=f"2026-03-{day:02}T00:00:00Z",
            container=CONTAINER,
            locode=locode,
            **ship,
        )
        for day, (subtype, locode, ship) in enumerate(moves, start=5)
    ]
    if phase and dialect != "2.2":
        events[-1]["equipmentDetails"]["transportPhase"] = phase
    facts = facts_of(*events)
    moved = [fact.data for fact in facts if isinstance(fact.data, ContainerMoved)]
    assert [(each.move, each.place, each.carrier_voyage_no, each.vessel_imo) for each in moved] == [
        ("DISCHARGED", "SGSIN", NUMBER, ""),
        ("LOADED", "SGSIN", "F77N", "9700001"),
    ]
    state = container_after(facts)
    assert (state.status, state.voyage_id, state.location) == ("ON_BOARD", VOYAGE, "SGSIN")
    assert (state.last_move, state.moved_by) == ("LOADED", "F77N")
    assert state.rejected == {}


def test_a_container_on_a_ship_that_the_hub_need_not_know() -> None:
    """After a transshipment, as the event says, no booking has to lead to the voyage."""
    event = dcsa_event(
        "3.0.0 words", "EQUIPMENT", "LOADED", container=CONTAINER, locode="SGSIN", number="X9"
    )
    event["equipmentDetails"]["transportPhase"] = "TRANSSHIPMENT"
    assert facts_of(event)[-1].data == ContainerMoved(
        equipment_ref=CONTAINER, place="SGSIN", move="LOADED", carrier_voyage_no="X9"
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_departure_reported_for_each_booking_is_one(dialect: Dialect) -> None:
    """Nothing is rejected; when the first report is retracted, the others hold."""
    sent = [
        dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id=name, locode="CNNGB", **LEG)
        for name in ("E1", "E2", "E3")
    ]
    state = voyage_after(facts_of(*sent))
    assert (state.status, state.departed_at, state.rejected) == ("DEPARTED", ETD, {})
    for gone in ("E1", "E2", "E3"):
        facts = facts_of(*sent, {"eventID": gone, "isRetracted": True})
        assert voyage_after(facts).departed_at == ETD
    facts = facts_of(*sent, *({"eventID": each["eventID"], "isRetracted": True} for each in sent))
    assert voyage_after(facts).departed_at is None
