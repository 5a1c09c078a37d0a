import csv
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from groupage.domain.errors import InvalidInput
from groupage.domain.events.equipment import ContainerBooked, ContainerOnBoard, ContainerReleased
from groupage.domain.events.schedule import CarrierBookingConfirmed
from producers.entries import Accepted, Entry, Quarantined, Rejected
from producers.ocel.importing import entries_of
from producers.ocel.log import read_log

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HEADER = (
    "id,type,time,Customer_Order,Transport_Document,Vehicle,Container,Handling_Unit,Truck,Forklift"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of a few rows with the defects of the public log."""
    file = tmp_path / "small-log.csv"
    rows = [
        'book,Book_Vehicles,2023-05-23T10:05:16,,td1,"vh1,vh4",,,,',
        "draw,Create_Transport_Document,2023-05-23T08:22:17,co2,td1,,,,,",
        'order,Order_Empty_Containers,2023-05-23T13:22:08,,td1,,"cr1,cr2",,,',
        "void,Weigh,2023-05-24T08:00:00,,,,,,,",
        "bare,Order_Empty_Containers,2023-05-24T09:00:00,,td1,,,,,",
        "load,Load_to_Vehicle,2023-05-24T10:00:00,,,,cr1,,,fl1",
        "resch,Reschedule_Container,2023-05-24T11:00:00,,td1,,cr2,,,",
        "dance,Dance,2023-05-24T12:00:00,,,,cr2,,,",
        "half,Load_Truck,2023-05-24T13:00:00,,,,cr2,,tr1,",
        "late,Weigh,some day,,,,cr2,,,",
    ]
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return file


def by_id(entries: list[Entry]) -> dict[str, Entry]:
    """Return the results by row."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if isinstance(entry, Accepted):
            found[entry.facts[0].event_id.partition("#")[0]] = entry
        elif isinstance(entry, Quarantined):
            found[entry.dead_letter.event_id] = entry
        else:
            found[entry.event_id] = entry
    return found


def test_an_import_cannot_speak_for_the_hub(log: Path) -> None:
    """A source of the hub's own is refused for every row that would be a fact."""
    entries = list(entries_of(log, recorded_at=NOW, source="/groupage/lane"))
    assert not any(isinstance(entry, Accepted) for entry in entries)
    refused = [entry for entry in entries if isinstance(entry, Rejected)]
    codes = {entry.code for entry in refused}
    assert "not_yours" in codes
    texts = [entry.problems[0].message for entry in refused if entry.code == "not_yours"]
    assert all("are the hub's own, name your system" in text for text in texts)


def test_rows_become_facts_or_have_a_reason(log: Path) -> None:
    """A list in a cell gives several facts; a missing object gives fewer facts or a reason."""
    found = by_id(list(entries_of(log, recorded_at=NOW)))
    codes = {
        name: entry.dead_letter.code
        for name, entry in found.items()
        if isinstance(entry, Quarantined)
    }
    assert codes == {"void": "no_object", "dance": "unknown_activity", "half": "missing_object"}
    late = found["late"]
    assert isinstance(late, Rejected)
    assert late.problems[0].field == "line 11, column time"
    booked, ordered = found["book"], found["order"]
    assert isinstance(booked, Accepted)
    assert isinstance(ordered, Accepted)
    assert [fact.data for fact in booked.facts] == [
        CarrierBookingConfirmed(
            voyage_id=vehicle, carrier_booking_id="td1", iso_type="22G1", count=2
        )
        for vehicle in ("vh1", "vh4")
    ]
    assert [fact.event_id for fact in ordered.facts] == ["order#1", "order#2"]
    assert all(isinstance(fact.data, ContainerReleased) for fact in ordered.facts)


def test_what_misses_a_vehicle_still_counts(log: Path) -> None:
    """A loading and a rescheduling without a vehicle are facts without a voyage."""
    found = by_id(list(entries_of(log, recorded_at=NOW)))
    events = [
        entry.facts[0].data
        for name in ("load", "resch")
        if isinstance(entry := found[name], Accepted)
    ]
    assert events == [
        ContainerOnBoard(equipment_ref="cr1"),
        ContainerBooked(equipment_ref="cr2", rescheduled=True),
    ]


def test_a_transport_document_finds_its_order(log: Path) -> None:
    """A row that names only a transport document belongs to the order of an earlier row."""
    bare = by_id(list(entries_of(log, recorded_at=NOW)))["bare"]
    assert isinstance(bare, Accepted)
    assert bare.facts[0].key == "co2"


def test_the_same_log_gives_the_same_facts(log: Path) -> None:
    """Identity does not depend on when or how often a log is read."""
    first = [e for e in entries_of(log, recorded_at=NOW) if isinstance(e, Accepted)]
    again = [
        e
        for e in entries_of(log, recorded_at=datetime(2027, 1, 1, tzinfo=UTC))
        if isinstance(e, Accepted)
    ]
    assert [(f.source, f.event_id) for e in first for f in e.facts] == [
        (f.source, f.event_id) for e in again for f in e.facts
    ]
    assert first[0].facts[0].source == "/ocel/small-log"


def test_times_without_offset_are_in_the_zone_asked_for(log: Path) -> None:
    """The clocks of such logs disagree, so the zone is a parameter."""
    utc = next(e for e in entries_of(log, recorded_at=NOW) if isinstance(e, Accepted))
    local = next(
        e
        for e in entries_of(log, recorded_at=NOW, zone=ZoneInfo("Europe/Berlin"))
        if isinstance(e, Accepted)
    )
    assert (utc.facts[0].occurred_at - local.facts[0].occurred_at).total_seconds() == 2 * 3_600


def test_another_file_is_rejected(tmp_path: Path) -> None:
    """The message names the columns that are expected."""
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="Transport_Document"):
        list(entries_of(file, recorded_at=NOW))


@pytest.mark.parametrize(
    "text", ["9999-12-31 23:59:59", "0001-01-01 00:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_times_beyond_the_calendar_are_none(log: Path, text: str) -> None:
    """Such a row is rejected with a reason; no arithmetic fails on it."""
    lines = log.read_text(encoding="utf-8").splitlines()
    at = next(csv.DictReader(lines))["time"]
    log.write_text("\n".join(lines).replace(at, text), encoding="utf-8")
    rows = list(read_log(log, zone=ZoneInfo("Asia/Shanghai")))
    assert rows[0].time == text
    assert rows[0].at is None
