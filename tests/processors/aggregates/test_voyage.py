"""A voyage from schedule to arrival, and what the carrier changes."""

from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import schedule as sc
from groupage.domain.events.base import Money
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


U = "106141412345678908"


def sailing(**more: Any) -> sc.SailingPublished:
    """One week to load, cargo cut-off on day two."""
    fields: dict[str, Any] = {
        "voyage_id": w.VOYAGE,
        "service_id": "FE4",
        "mode": "VESSEL",
        "pol": "CNNGB",
        "pod": "NLRTM",
        "etd_at": at(10_000),
        "eta_at": at(50_000),
        "cutoffs": (sc.Cutoff(code="LCO", due_at=at(2_880)),),
        "equipment": (),
    }
    return sc.SailingPublished(**{**fields, **more})


def departed(**more: Any) -> sc.LegDeparted:
    """The main leg leaves."""
    fields = {"voyage_id": w.VOYAGE, "leg_id": "L1", "mode": "VESSEL", "place": "CNNGB"}
    return sc.LegDeparted(**{**fields, **more})


def test_a_voyage_from_schedule_to_arrival(play: Start) -> None:
    """Followers get a snapshot of each change, the lane a trigger for each that matters."""
    story = play("voyage", w.VOYAGE)
    story.deliver(sailing(), 0)
    story.deliver(sc.VoyageFollowed(voyage_id=w.VOYAGE, consolidation_id=w.CSL), 5)
    late = sc.SailingChanged(voyage_id=w.VOYAGE, reason="storm", etd_at=at(12_000))
    story.deliver(late, 100)
    sent = story.sent("consolidation.voyage_changed")
    assert [each.etd_at for each in sent] == [at(10_000), at(12_000)]
    assert [each.cause for each in story.sent("plan.wanted")] == ["schedule", "schedule"]
    truck = departed(leg_id="L0", mode="TRUCK", place="hub")
    story.deliver(truck, 11_000)
    assert story.state.status == "SCHEDULED"
    story.deliver(departed(), 12_000)
    assert (story.state.status, story.state.departed_at) == ("DEPARTED", at(12_000))
    eta = sc.EtaUpdated(voyage_id=w.VOYAGE, leg_id="L1", place="NLRTM", eta_at=at(55_000))
    story.deliver(eta, 20_000, classifier="EST")
    assert story.state.eta_at == at(55_000)
    arrived = sc.LegArrived(voyage_id=w.VOYAGE, leg_id="L1", mode="VESSEL", place="NLRTM")
    story.deliver(arrived, 55_100)
    assert story.state.status == "ARRIVED"
    assert story.rejections() == []


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        ([sailing(), sailing()], ["already_published"]),
        ([sailing(eta_at=at(1))], ["eta_before_etd"]),
        ([sc.SailingChanged(voyage_id=w.VOYAGE, reason="x")], ["not_published"]),
        ([sailing(), departed(), departed()], ["already_departed"]),
        (
            [sailing(), departed(), sc.SailingChanged(voyage_id=w.VOYAGE, reason="x")],
            ["departed"],
        ),
        (
            [
                sailing(),
                sc.LegArrived(voyage_id=w.VOYAGE, leg_id="L1", mode="VESSEL", place="NLRTM"),
            ],
            ["not_departed"],
        ),
        (
            [
                sailing(),
                sc.SailingChanged(voyage_id=w.VOYAGE, reason="x", cancelled=True),
                departed(),
            ],
            ["cancelled"],
        ),
    ],
)
def test_voyages_that_contradict_themselves(
    play: Start, events: list[Any], codes: list[str]
) -> None:
    """The fact is stored and rejected."""
    story = play("voyage", w.VOYAGE)
    for minutes, event in enumerate(events):
        story.deliver(event, minutes)
    assert story.rejections() == codes


def test_the_carrier_takes_space_back(play: Start) -> None:
    """A rolled booking triggers a plan; more than was booked cannot be rolled."""
    story = play("voyage", w.VOYAGE)
    story.deliver(sailing(), 0)
    booking: dict[str, Any] = {"voyage_id": w.VOYAGE, "carrier_booking_id": "B1"}
    story.deliver(sc.CarrierBookingConfirmed(**booking, iso_type="45G1", count=3), 1)
    story.deliver(sc.CarrierBookingConfirmed(**booking, iso_type="45G1", count=3), 2)
    story.deliver(sc.CarrierBookingRolled(**booking, iso_type="45G1", count=2), 3)
    wish = story.published[-1]
    assert (wish.event.name, wish.at) == ("plan.wanted", at(3)), (
        "not when the sailing was published"
    )
    assert story.sent("plan.wanted")[-1].cause == "carrier"
    story.deliver(sc.CarrierBookingRolled(**booking, iso_type="45G1", count=2), 4)
    unknown = {**booking, "carrier_booking_id": "B9"}
    story.deliver(sc.CarrierBookingRolled(**unknown, iso_type="45G1", count=1), 5)
    assert story.rejections() == ["already_confirmed", "more_than_booked", "no_such_booking"]


def test_a_blanked_sailing_and_back(play: Start) -> None:
    """Cancelled with followers is critical; a later change may bring it back."""
    story = play("voyage", w.VOYAGE)
    story.deliver(sailing(), 0)
    story.deliver(sc.VoyageFollowed(voyage_id=w.VOYAGE, consolidation_id=w.CSL), 1)
    story.deliver(sc.SailingChanged(voyage_id=w.VOYAGE, reason="blank", cancelled=True), 10)
    assert story.alerts() == {"cancelled"}
    assert story.sent("consolidation.voyage_changed")[-1].status == "CANCELLED"
    story.deliver(sc.SailingChanged(voyage_id=w.VOYAGE, reason="restored"), 20)
    assert story.alerts() == set()
    assert [each.cause for each in story.sent("plan.wanted")] == [
        "schedule",
        "carrier",
        "schedule",
    ]


def test_freight_without_a_rate_raises_an_alert(play: Start) -> None:
    """An alert says why no plan opens such a container."""
    story = play("voyage", w.VOYAGE)
    yen, dollars = (
        sc.EquipmentOffer(iso_type="45G1", freight=Money(amount_minor=1, currency=currency))
        for currency in ("JPY", "USD")
    )
    story.deliver(sailing(equipment=(yen,)), 0)
    assert story.alerts() == {"freight_not_priced"}
    (raised,) = story.outputs("alert.raised")
    assert "JPY" in raised.message
    dearer = sc.SailingChanged(voyage_id=w.VOYAGE, reason="in dollars", equipment=(dollars,))
    story.deliver(dearer, 10)
    assert story.alerts() == set()


def test_a_cutoff_after_the_departure_raises_an_alert(play: Start) -> None:
    """Plans count on cut-offs; one after the ship has left is a mistake of the schedule."""
    story = play("voyage", w.VOYAGE)
    late = (sc.Cutoff(code="LCO", due_at=at(10_001)), sc.Cutoff(code="PCO", due_at=at(9_000)))
    story.deliver(sailing(cutoffs=late), 0)
    assert story.alerts() == {"cutoff_after_departure"}
    assert "LCO" in story.sent("alert.raised")[0].message
    assert "PCO" not in story.sent("alert.raised")[0].message
    story.deliver(sc.SailingChanged(voyage_id=w.VOYAGE, reason="late", etd_at=at(10_001)), 100)
    assert story.alerts() == set()


def test_earlier_cutoffs_of_the_terminal_are_kept(play: Start) -> None:
    """Until when each counted; a change of the others leaves none."""

    def cutoffs(lco: float, pco: float) -> tuple[sc.Cutoff, ...]:
        return (sc.Cutoff(code="LCO", due_at=at(lco)), sc.Cutoff(code="PCO", due_at=at(pco)))

    story = play("voyage", w.VOYAGE)
    story.deliver(sailing(cutoffs=cutoffs(100, 200)), 0)
    story.deliver(sc.VoyageFollowed(voyage_id=w.VOYAGE, consolidation_id=w.CSL), 1)
    for minute, changed in ((30, cutoffs(120, 220)), (10, cutoffs(90, 200)), (40, cutoffs(1, 2))):
        story.deliver(sc.SailingChanged(voyage_id=w.VOYAGE, reason="x", cutoffs=changed), minute)
    (sent,) = story.outputs("consolidation.voyage_changed")
    assert sent.cutoffs == cutoffs(1, 2)
    assert [(each.until_at, each.cutoffs) for each in sent.earlier_cutoffs] == [
        (at(30), cutoffs(0, 200)[1:]),
        (at(40), cutoffs(0, 220)[1:]),
    ]
