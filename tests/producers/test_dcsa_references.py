"""DCSA Track & Trace in: how voyages and containers are matched."""

from datetime import timedelta

import pytest

from producers.dcsa import references, versions
from producers.dcsa.references import References
from producers.dead_letters import QuarantineCode as Code
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    ETD,
    NUMBER,
    VOYAGE,
    dcsa_event,
    hub_fact,
    known_hub,
    sailing,
)
from tests.producers.dcsa_results import LEG, dead_letter_of, facts_of, take


def test_two_voyages_with_one_number() -> None:
    """Service, place, time and booking tell them apart; else both are named."""
    hub = known_hub(
        sailing("AE1/260306", service_id="AE1"),
        sailing("FE4/260806", etd_at=ETD + timedelta(days=150)),
    )
    departed = dcsa_event("2.2", "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG)
    (fact,) = facts_of(departed, hub=hub)
    assert fact.key == VOYAGE
    unclear = dcsa_event(
        "2.2", "TRANSPORT", "DEPARTED", event_id="E2", locode="CNNGB", number=NUMBER, mode="VESSEL"
    )
    code, reason = dead_letter_of(unclear, hub=hub)
    assert code is Code.AMBIGUOUS_REFERENCE
    assert f"AE1/260306, {VOYAGE}" in reason
    booked = unclear | {"documentReferences": [_booking()], "eventID": "E4"}
    booked["eventDateTime"] = "2026-03-05T12:30:00+08:00"
    (by_booking,) = facts_of(booked, hub=hub)
    assert by_booking.key == VOYAGE


def _booking() -> dict[str, str]:
    return {"documentReferenceType": "BKG", "documentReferenceValue": BOOKING}


def test_a_universal_voyage_reference() -> None:
    """It names the voyage as well as the carrier's number does."""
    event = dcsa_event("3.0.0 words", "TRANSPORT", "DEPARTED", locode="CNNGB", mode="VESSEL")
    call = event["transportDetails"]["transportCall"]
    call["importVoyageNumberOrReference"] = {"universalVoyageReference": "2613W"}
    (fact,) = facts_of(event)
    assert fact.key == VOYAGE


def test_new_containers_are_taken_where_wanted() -> None:
    """An import into a hub that does not know them yet."""
    hub = References(takes_new_containers=True)
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    assert len(facts_of(event, hub=hub)) == 1


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten: sailings with their numbers, containers, events."""
    for name in ("VOYAGES_MAX", "CONTAINERS_MAX"):
        monkeypatch.setattr(references, name, 3)
    monkeypatch.setattr(versions, "REPORTS_MAX", 3)
    hub = References(takes_new_containers=True)
    for number in range(10):
        hub.note(hub_fact(sailing(f"V{number}", carrier_voyage_no=f"{number}E"), f"{number}"))
        event = dcsa_event(
            "2.2",
            "EQUIPMENT",
            "DISCHARGED",
            event_id=f"E{number}",
            container=f"C{number}",
            locode="NLRTM",
        )
        take(event, hub=hub, containers="warn")
    assert list(hub.voyages) == ["V7", "V8", "V9"]
    assert list(hub.containers) == ["C7", "C8", "C9"]
    assert [bool(hub.taken.find("/dcsa", f"E{n}").versions) for n in range(10)] == [False] * 7 + [
        True
    ] * 3
    gone = dcsa_event("2.2", "TRANSPORT", "DEPARTED", number="1E", mode="VESSEL", locode="CNNGB")
    assert dead_letter_of(gone, hub=hub)[0] is Code.UNKNOWN_REFERENCE
    (version,) = hub.taken.find("/dcsa", "E9").versions.values()
    assert all(fact.original is None for fact in version.facts.values())
