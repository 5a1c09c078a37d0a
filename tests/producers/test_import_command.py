import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from openpyxl import load_workbook

from groupage.settings import KafkaSettings
from producers.publisher import Publisher
from tests.producers.dcsa_events import CONTAINER, dcsa_event, hub_facts

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]
pytestmark = pytest.mark.integration
COMMAND = [sys.executable, "-c", "from groupage.app.cli import main; main()", "import"]
LIST = """\
唛头,品名,HS编码,件数,尺寸cm,单件毛重kg,发货人,目的港,贸易方式
A/1,玩具,950300,3,60*40*35,12.5,甲,NLRTM,1039
A/2,布娃娃,950300,2,50*40*40,8,甲,NLRTM,1039
"""


@pytest.fixture
def run_import(
    kafka: KafkaSettings, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Run `groupage import … --json`; return exit status and report."""
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    monkeypatch.setenv("GROUPAGE_TOPIC_PREFIX", topic_prefix)

    def run(*arguments: object) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments), "--json"],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def _ids(records: list[ConsumerRecord]) -> list[tuple[bytes, bytes]]:
    headers = [dict(record.headers) for record in records]
    return [(found["ce_source"], found["ce_id"]) for found in headers]


async def test_a_packing_list_imported_twice_gives_the_same_facts(
    run_import: Callable[..., tuple[int, dict[str, Any]]], read_topic: ReadTopic, tmp_path: Path
) -> None:
    """Booking and notice are on the consignment's topic; the second import repeats them whole.

    Another time under the same id would be another fact, and go to the dead letters.
    """
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="utf-8")
    first, second = run_import("packing-list", file), run_import("packing-list", file)
    assert first == second
    status, report = first
    assert status == 0
    assert list(report)[:5] == ["read", "accepted", "quarantined", "rejected", "reasons"]
    assert (report["read"], report["accepted"], report["facts"]) == (2, 2, 2)
    assert (report["cartons"], report["questions"], report["errors"]) == (5, [], [])
    records = await read_topic("hub.consignment.v1")
    assert len(records) == 4
    assert len(set(_ids(records))) == 2
    assert len({(record.value, dict(record.headers)["ce_time"]) for record in records}) == 2


async def test_with_a_wrong_cell_nothing_is_published(
    run_import: Callable[..., tuple[int, dict[str, Any]]], read_topic: ReadTopic, tmp_path: Path
) -> None:
    """All or nothing: status 1, every row rejected, the cell named, no record anywhere."""
    file = tmp_path / "list.csv"
    file.write_text(LIST.replace("A/2,布娃娃,950300,2", "A/2,布娃娃,950300,zwei"), encoding="utf-8")
    status, report = run_import("packing-list", file)
    assert status == 1
    assert (report["read"], report["accepted"], report["rejected"]) == (2, 0, 2)
    assert report["reasons"] == {"invalid_packing_list": 2}
    assert "D3" in [error["cell"] for error in report["errors"]]
    assert all({"cell", "code", "text"} <= error.keys() for error in report["errors"])
    assert await read_topic("hub.consignment.v1") == []


async def test_a_later_list_with_sizes_amends_a_booking_of_totals(
    run_import: Callable[..., tuple[int, dict[str, Any]]], read_topic: ReadTopic, tmp_path: Path
) -> None:
    """Booked by totals, then by lines: a booking, an amendment and a shipping notice."""
    totals, sizes = tmp_path / "totals.csv", tmp_path / "sizes.csv"
    totals.write_text("品名,件数,总体积(m3),总毛重(kg)\n玩具,5,0.41,54\n", encoding="utf-8")
    sizes.write_text(LIST, encoding="utf-8")
    given = ("--consignment-id", "CN-1", "--shipper", "甲", "--pod", "NLRTM")
    status, report = run_import("packing-list", totals, *given)
    assert (status, report["cartons"], report["facts"]) == (0, 5, 1)
    status, report = run_import("packing-list", sizes, "--amend", "--consignment-id", "CN-1")
    assert (status, report["cartons"], report["facts"]) == (0, 5, 2)
    types = {dict(each.headers)["ce_type"] for each in await read_topic("hub.consignment.v1")}
    assert types == {b"consignment.booked.v1", b"consignment.amended.v1", b"asn.received.v1"}


def test_profiles_and_explained_lists(
    run_import: Callable[..., tuple[int, dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Saved answers are used for the same form, and refused for another, which is named."""
    monkeypatch.setenv("GROUPAGE_DATA_DIR", str(tmp_path / "hub"))
    file, out = tmp_path / "list.csv", tmp_path / "out.xlsx"
    asks = LIST.replace("单件毛重kg", "毛重kg").replace("A/1", "B/1")
    file.write_text(asks, encoding="utf-8")
    dry = ("packing-list", file, "--dry-run")
    status, report = run_import(*dry, "--explain", out)
    assert (status, [each["cell"] for each in report["questions"]]) == (1, ["F1"])
    assert "毛重" in load_workbook(out)["list"]["F1"].value
    assert load_workbook(out)["list"]["F1"].comment is not None
    answer = report["questions"][0]["choices"][0]["answer"]
    assert run_import(*dry, "--answer", answer, "--profile", "star", "--save")[0] == 0
    assert run_import(*dry, "--profile", "star")[0] == 0
    file.write_text(asks.replace("尺寸cm", "外箱尺寸cm"), encoding="utf-8")
    status, report = run_import(*dry, "--profile", "star")
    assert status == 1
    assert "E1 was '尺寸cm' and is '外箱尺寸cm'" in report["errors"][0]["text"]
    assert run_import(*dry, "--profile", "sta")[1]["errors"][0]["code"] == "unreadable"
    file.write_bytes(b"")
    assert run_import(*dry)[1]["errors"][0]["code"] == "unreadable"


async def test_an_epcis_file(
    run_import: Callable[..., tuple[int, dict[str, Any]]], read_topic: ReadTopic, tmp_path: Path
) -> None:
    """The report counts accepted, quarantined and rejected events; each has its topic."""
    common = {"eventTime": "2026-03-01T08:00:00+08:00", "eventTimeZoneOffset": "+08:00"}
    seen = common | {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "epcList": ["urn:epc:id:sscc:0614141.1234567890"],
    }
    events = [
        seen | {"bizStep": "receiving"},
        seen | {"bizStep": "retail_selling"},
        seen | {"bizStep": "greeting"},
    ]
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T08:00:00Z",
        "epcisBody": {"eventList": events},
    }
    file = tmp_path / "document.jsonld"
    file.write_text(json.dumps(document), encoding="utf-8")
    status, report = run_import("epcis", file)
    counts = [report[name] for name in ("read", "accepted", "quarantined", "rejected")]
    assert (status, counts) == (1, [3, 1, 1, 1])
    assert report["reasons"] == {"step_not_of_a_hub": 1, "invalid_epcis": 1}
    (fact,) = await read_topic("hub.unit.v1")
    assert fact.key == b"106141412345678908"
    captured = await read_topic("hub.capture.v1")
    assert sorted(json.loads(record.value)["bizStep"] for record in captured) == [
        "receiving",
        "retail_selling",
    ]
    (dead_letter,) = await read_topic("hub.dlq.v1")
    assert json.loads(dead_letter.value) == events[1]
    nothing = run_import("epcis", file, "--all-or-nothing")
    assert nothing[1]["rejected"] == nothing[1]["read"] == 3
    assert len(await read_topic("hub.unit.v1")) == 1
    assert len(await read_topic("hub.capture.v1")) == 2


async def test_dcsa_events_are_matched_to_what_the_hub_knows(
    run_import: Callable[..., tuple[int, dict[str, Any]]],
    publisher: Publisher,
    read_topic: ReadTopic,
    tmp_path: Path,
) -> None:
    """Twice the same facts; a container that nobody knows waits, unless it is welcome."""
    await publisher.publish_many(hub_facts())
    other = "APZU4812090"
    events = [
        dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=ref, event_id=ref, locode="NLRTM")
        for ref in (CONTAINER, other)
    ]
    file = tmp_path / "events.json"
    file.write_text(json.dumps(events), encoding="utf-8")
    first, second = run_import("dcsa", file), run_import("dcsa", file)
    assert first == second
    status, report = first
    assert (status, report["accepted"], report["facts"]) == (0, 1, 1)
    assert report["reasons"] == {"unknown_reference": 1}
    status, report = run_import("dcsa", file, "--new-containers")
    assert (status, report["accepted"]) == (0, 2)
    records = await read_topic("hub.equipment.v1")
    moved = [record for record in records if dict(record.headers)["ce_source"] == b"/dcsa"]
    assert {record.key for record in moved} == {CONTAINER.encode(), other.encode()}
    assert len(set(_ids(moved))) == 2


def test_a_document_without_events_is_refused(tmp_path: Path) -> None:
    """Before Kafka is asked: one sentence, and no traceback."""
    file = tmp_path / "events.json"
    file.write_text('{"someEvents": []}', encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "dcsa", str(file)], capture_output=True, text=True, timeout=110, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "the list `events`" in done.stderr


async def test_the_whole_log_arrives(
    run_import: Callable[..., tuple[int, dict[str, Any]]], read_topic: ReadTopic, foreign_data: Path
) -> None:
    """Every fact and every dead letter of 35,413 events is in Kafka."""
    status, report = run_import("ocel", foreign_data / "ocel" / "container-logistics.csv")
    counts = [report[name] for name in ("read", "accepted", "quarantined", "rejected")]
    assert (status, counts) == (0, [35_413, 35_372, 41, 0])
    assert report["counts"]["rollovers"] == 36
    topics = ("hub.consignment.v1", "hub.unit.v1", "hub.equipment.v1", "hub.schedule.v1")
    records = [record for topic in topics for record in await read_topic(topic)]
    assert len(records) == len(set(_ids(records))) == report["facts"]
    dead_letters = await read_topic("hub.dlq.v1")
    assert len({dict(dead_letter.headers)["dlq_id"] for dead_letter in dead_letters}) == 41


def test_without_kafka_the_message_says_what_to_do(tmp_path: Path) -> None:
    """Status 1 and one sentence that names the servers."""
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "packing-list", str(file)],
        env={"GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "PATH": "", "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert "list.csv is read and right" in done.stderr
    assert "Traceback" not in done.stderr
