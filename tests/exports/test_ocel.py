import json
import os
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import asyncpg
import pytest

from groupage.app.exports import files
from groupage.app.exports.effective import DECISIONS
from groupage.app.exports.files import write_ocel
from groupage.app.exports.ocel_objects import (
    OBJECT_ATTRIBUTES,
    OBJECT_TYPES,
    attribute_types,
    relations_of,
)
from groupage.domain.catalogue import EVENTS
from groupage.domain.commands import ReplanLane
from groupage.domain.errors import InvalidInput
from groupage.store.facts import StoredFact
from tests.api.hub import START, fact
from tests.exports.conftest import UNIT

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
ALWAYS = (None, None)


async def _log(pool: "Pool[asyncpg.Record]", folder: Path) -> dict[str, Any]:
    file = folder / "log.json"
    assert await write_ocel(pool, file, "json", ALWAYS) > 0
    log: dict[str, Any] = json.loads(file.read_bytes())
    return log


def _by_event_id(log: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for event in log["events"]:
        values = {each["name"]: each["value"] for each in event["attributes"]}
        found[values["fact_event_id"]] = event | {"values": values}
    return found


async def test_a_correction_stands_for_what_it_corrects_and_a_retracted_fact_is_left_out(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """OCEL knows neither corrections nor retractions."""
    events = _by_event_id(await _log(pool, tmp_path))
    assert {name for name in events if name.startswith("scan-")} == {
        "scan-1",
        "scan-2b",
        "scan-5",
        "scan-6",
    }
    assert events["scan-2b"]["values"]["size_length_mm"] == 500


async def test_each_fact_is_one_event_and_snapshots_are_none(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """The carton's consignment has a copy of its receipt, and others have snapshots."""
    log = await _log(pool, tmp_path)
    ids = [event["id"] for event in log["events"]]
    assert len(ids) == len(set(ids)) > 10
    sent = [each["values"]["fact_event_id"] for each in _by_event_id(log).values()]
    assert sent.count("scan-1") == 1
    assert not any(event["type"].endswith("_changed") for event in log["events"])
    assert any(event["type"] == "consignment.allocated" for event in log["events"])


async def test_the_log_is_sorted_and_each_reference_has_its_object(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Each event has an object, and each type that occurs is declared."""
    log = await _log(pool, tmp_path)
    times = [event["time"] for event in log["events"]]
    assert times == sorted(times)
    objects = {each["id"]: each for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    for item in (*log["events"], *log["objects"]):
        for related in item["relationships"]:
            assert related["objectId"] in objects
            assert related["qualifier"]
    assert all(event["relationships"] for event in log["events"])
    assert {each["type"] for each in log["objects"]} == {
        each["name"] for each in log["objectTypes"]
    }
    assert {each["type"] for each in log["events"]} == {each["name"] for each in log["eventTypes"]}


async def test_values_have_the_types_that_the_log_declares(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Readers convert columns by the declared type."""
    log = await _log(pool, tmp_path)
    python: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "time": str,
        "integer": int,
        "float": float,
        "boolean": bool,
    }
    for kind in ("event", "object"):
        declared = {
            each["name"]: {attribute["name"]: attribute["type"] for attribute in each["attributes"]}
            for each in log[f"{kind}Types"]
        }
        for item in log[f"{kind}s"]:
            for attribute in item["attributes"]:
                type_ = declared[item["type"]][attribute["name"]]
                assert isinstance(attribute["value"], python[type_]), (item["type"], attribute)


async def test_an_object_keeps_the_history_of_its_attributes(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """The first value is of the beginning of time, as OCEL 2.0 has it; the next are dated."""
    log = await _log(pool, tmp_path)
    (unit,) = [each for each in log["objects"] if each["id"] == f"unit:{UNIT}"]
    places = [
        (each["time"], each["value"]) for each in unit["attributes"] if each["name"] == "location"
    ]
    assert places == [
        ("1970-01-01T00:00:00Z", "B-02"),
        ("2026-03-02T08:06:00Z", "C-\x01<&>"),
    ]


async def test_xml_and_sqlite_have_the_same_log(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Also an id that XML cannot hold, and each key of the database."""
    log = await _log(pool, tmp_path)
    events = sorted((each["id"], each["type"], each["time"]) for each in log["events"])
    objects = sorted((each["id"], each["type"]) for each in log["objects"])
    related = sorted(
        (each["id"], of["objectId"], of["qualifier"])
        for each in log["events"]
        for of in each["relationships"]
    )
    between = sorted(
        (each["id"], of["objectId"], of["qualifier"])
        for each in log["objects"]
        for of in each["relationships"]
    )
    await write_ocel(pool, tmp_path / "log.xml", "xml", ALWAYS)
    root = ET.parse(tmp_path / "log.xml").getroot()  # noqa: S314 - written above
    assert events == sorted(
        (each.get("id"), each.get("type"), each.get("time")) for each in root.find("events") or ()
    )
    assert objects == sorted(
        (each.get("id"), each.get("type")) for each in root.find("objects") or ()
    )
    assert related == _related(root, "events")
    assert between == _related(root, "objects")
    assert "C-\ufffd<&>" in [each.text for each in root.iter("attribute")]

    await write_ocel(pool, tmp_path / "log.sqlite", "sqlite", ALWAYS)
    with sqlite3.connect(tmp_path / "log.sqlite") as database:
        rows = database.execute
        assert rows("pragma foreign_key_check").fetchall() == []
        assert objects == sorted(rows("select * from object"))
        assert related == sorted(rows("select * from event_object"))
        assert between == sorted(rows("select * from object_object"))
        found = []
        for type_, part in rows("select * from event_map_type").fetchall():
            query = f"select ocel_id, ocel_time from event_{part}"
            found += [(id_, type_, at) for id_, at in rows(query)]
        assert events == sorted(found)
        changes = rows(
            "select ocel_changed_field, location from object_Unit where ocel_id = ? "
            "order by ocel_time",
            (f"unit:{UNIT}",),
        )
        assert changes.fetchall() == [(None, "B-02"), ("location", "C-\x01<&>")]


def _related(root: ET.Element, name: str) -> list[tuple[str | None, ...]]:
    return sorted(
        (each.get("id"), of.get("object-id"), of.get("qualifier"))
        for each in root.find(name) or ()
        for of in each.find("objects") or ()
    )


async def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Two periods side by side have each event once."""
    period = (START + timedelta(minutes=5), START + timedelta(minutes=6))
    await write_ocel(pool, tmp_path / "log.json", "json", period)
    log = json.loads((tmp_path / "log.json").read_bytes())
    assert {"scan-5"} == {name for name in _by_event_id(log) if name.startswith("scan-")}


async def test_a_file_stays_as_it_was_until_the_new_one_is_complete(
    pool: "Pool[asyncpg.Record]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing half-written is left beside it."""

    async def break_off(*_: object, **__: object) -> AsyncIterator[list[tuple[StoredFact, bool]]]:
        yield []
        raise ConnectionResetError

    file = tmp_path / "log.json"
    file.write_text("the one before")
    monkeypatch.setattr(files, "read_facts", break_off)
    with pytest.raises(ConnectionResetError):
        await write_ocel(pool, file, "json", ALWAYS)
    assert file.read_text() == "the one before"
    assert os.listdir(tmp_path) == ["log.json"]  # noqa: PTH208


@pytest.mark.parametrize("name", [".", "missing/log.json"])
async def test_an_output_that_cannot_be_written_is_named(
    pool: "Pool[asyncpg.Record]", tmp_path: Path, name: str
) -> None:
    """A folder, and a file in a folder that is not there."""
    with pytest.raises(InvalidInput, match="--output"):
        await write_ocel(pool, tmp_path / name, "json", ALWAYS)


def test_a_command_is_an_object_of_its_own_id() -> None:
    """Its key is the lane, which is another object of the event."""
    command = fact(ReplanLane(command_id="CMD-1", by="me", reason="", lane_id="CNNGB-NLRTM"), 1)
    assert [(each.object_id, each.qualifier) for each in relations_of(command)] == [
        ("command:CMD-1", "command"),
        ("lane:CNNGB-NLRTM", "lane"),
    ]


def test_the_hubs_decisions_are_events_of_the_catalogue() -> None:
    """A misspelled one would be missing from each log without a word."""
    assert EVENTS.keys() >= DECISIONS


def test_attributes_of_objects_are_attributes_of_events_about_them() -> None:
    """With one type each."""
    for object_type, names in OBJECT_ATTRIBUTES.items():
        assert object_type in OBJECT_TYPES
        for name in names:
            types = {
                attribute_types(event)[name]
                for event in EVENTS.values()
                if name in attribute_types(event)
            }
            assert len(types) == 1, (object_type, name, types)
