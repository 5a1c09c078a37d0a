"""Workers with a real Kafka and PostgreSQL: every record has its effect once."""

from datetime import timedelta

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from groupage.app.bench import workload
from groupage.contracts.encoding import encode
from groupage.contracts.partitioning import partition_of
from groupage.domain.errors import InvalidInput
from groupage.domain.events import unit as units
from groupage.domain.events.consignment import AnnouncedUnit, AsnReceived, HoldPlaced, HoldReleased
from groupage.domain.policy import Policy
from groupage.store.dead_letters import find_dead_letters
from processors.aggregates.registry import all_aggregates
from processors.operations import replay
from processors.operations.rebuild import rebuild
from tests.aggregate_lists import require_right_lists
from tests.processors.stream.facts import (
    EVENTS,
    NOON,
    fact_of,
    folded_in_memory,
    stored_consignments,
)
from tests.processors.stream.hub import StreamHub
from tests.unreadable import send_unreadable

pytestmark = pytest.mark.integration


async def test_every_fact_is_stored_once_and_states_are_the_fold(stream_hub: StreamHub) -> None:
    """Shuffled, doubled and sent in two parts, the facts give the states of their set."""
    facts = list(workload.facts(EVENTS, seed=5))
    shuffled = sorted(facts, key=lambda fact: hash(fact.event_id) % 997)
    async with stream_hub.worker():
        await stream_hub.send(*shuffled[: EVENTS // 2])
        await stream_hub.send(*shuffled[EVENTS // 3 :])
        await stream_hub.until_committed()
    count = await stream_hub.pool.fetchval("select count(*) from fact where source = '/bench/wms'")
    assert count == EVENTS
    await require_right_lists(stream_hub.pool)
    assert await stored_consignments(stream_hub) == folded_in_memory(facts)


async def test_a_poison_record_costs_its_own_dead_letter_only(stream_hub: StreamHub) -> None:
    """Bytes that are not an event give a dead letter with the reason, and a copy on the topic."""
    good = fact_of(units.UnitReceived(unit_id="U1", consignment_id="C1"), event_id="1")
    record = encode(good)
    async with stream_hub.worker():
        await stream_hub.send_raw("hub.consignment.v1", b"\xff\x00{", key=b"C1")
        await stream_hub.send_raw(
            "hub.consignment.v1",
            b'{"unit_id":7}',
            key=b"C1\x00\xff",
            headers=[*record.headers, ("x-nul", b"\x00"), ("x-empty", None)],
        )
        await stream_hub.send_raw("hub.consignment.v1", None, key=b"C1", headers=record.headers)
        await stream_hub.send(good)
        await stream_hub.until_committed()
    dead_letters = await find_dead_letters(stream_hub.pool, limit=10)
    assert sorted(dead_letter.code for dead_letter in dead_letters) == [
        "bad_data",
        "no_data",
        "not_cloudevents",
    ]
    assert any(dead_letter.value == b"\xff\x00{" for dead_letter in dead_letters)
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 1


async def test_a_wrong_key_is_rejected_and_can_be_corrected(stream_hub: StreamHub) -> None:
    """The dead letter names the right key; a replay takes it from the event."""
    record = encode(fact_of(units.UnitReceived(unit_id="U1", consignment_id="C1"), event_id="1"))
    async with stream_hub.worker():
        await stream_hub.send_raw(
            "hub.consignment.v1", record.value, key=b"C2", headers=record.headers
        )
        await stream_hub.until_committed()
        (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=10)
        assert dead_letter.code == "wrong_key"
        assert "'C1'" in dead_letter.reason
        count = await replay.replay(
            stream_hub.pool,
            stream_hub.settings.kafka,
            [dead_letter],
            prefix=stream_hub.prefix,
        )
        assert count == 1
        await stream_hub.until_committed()
    assert await stream_hub.pool.fetchval("select key from consignment") == "C1"
    assert await find_dead_letters(stream_hub.pool, limit=10) == []
    (corrected,) = await find_dead_letters(stream_hub.pool, settled=True, limit=10)
    assert (corrected.letter_id, corrected.settled_as) == (dead_letter.letter_id, "taken_in")


async def test_a_record_on_a_wrong_topic_is_not_replayed(stream_hub: StreamHub) -> None:
    """It would be there again; the error says what helps."""
    record = encode(fact_of(units.UnitReceived(unit_id="U1", consignment_id="C1"), event_id="1"))
    async with stream_hub.worker():
        await stream_hub.send_raw(
            "hub.customs.v1", record.value, key=record.key, headers=record.headers
        )
        await stream_hub.until_committed()
    (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=10)
    assert dead_letter.code == "wrong_topic"
    with pytest.raises(InvalidInput, match=r"hub\.consignment\.v1.*Send the event to the right"):
        await replay.replay(
            stream_hub.pool, stream_hub.settings.kafka, [dead_letter], prefix=stream_hub.prefix
        )


async def test_a_misrouted_record_reaches_its_aggregate(stream_hub: StreamHub) -> None:
    """With another partitioner's record, the worker forwards it and stores the fact once."""
    facts = [
        fact_of(units.UnitReceived(unit_id=f"U{n}", consignment_id="C1"), event_id=str(n))
        for n in range(8)
    ]
    async with stream_hub.worker():
        for partition, fact in enumerate(facts):
            record = encode(fact)
            await stream_hub.send_raw(
                "hub.consignment.v1",
                record.value,
                key=record.key,
                headers=record.headers,
                partition=partition,
            )
        await stream_hub.until_committed()
    rows = await stream_hub.pool.fetch("select partition, count(*) from fact group by partition")
    assert [tuple(row) for row in rows] == [(partition_of("C1", "hub.consignment.v1"), 8)]
    assert await stored_consignments(stream_hub) == folded_in_memory(facts)


async def test_late_corrected_and_retracted_facts_rederive_the_state(
    stream_hub: StreamHub,
) -> None:
    """Sent one by one, so that each meets a stored state, they give the state of their set."""
    hold = HoldPlaced(consignment_id="C1", hold_id="H1", hold="DOCS", by="desk")
    release = HoldReleased(consignment_id="C1", hold_id="H1", by="desk")
    received = units.UnitReceived(unit_id="U1", consignment_id="C1", pieces=3)
    facts = [
        fact_of(release, event_id="late-release", at=NOON + timedelta(hours=2)),
        fact_of(hold, event_id="hold", at=NOON),
        fact_of(received, event_id="rcv", at=NOON + timedelta(hours=1)),
        msgspec.structs.replace(
            fact_of(
                msgspec.structs.replace(received, pieces=2),
                event_id="rcv-2",
                at=NOON + timedelta(hours=1),
            ),
            correction_of="rcv",
        ),
        msgspec.structs.replace(
            fact_of(release, event_id="undo", at=NOON + timedelta(hours=3)),
            correction_of="late-release",
            retracted=True,
        ),
    ]
    async with stream_hub.worker():
        for fact in facts:
            await stream_hub.send(fact)
            await stream_hub.until_committed()
    stored = await stored_consignments(stream_hub)
    assert stored == folded_in_memory(facts)
    row = await stream_hub.pool.fetchrow("select blocked, received_pieces from consignment")
    assert row is not None
    assert tuple(row) == (True, 2)
    assert await stream_hub.pool.fetchval("select code from dead_letter") is not None


async def test_facts_that_waited_under_their_unit_are_forwarded(stream_hub: StreamHub) -> None:
    """A unit received before its announcement: its consignment gets the same fact later."""
    waiting = fact_of(units.UnitReceived(unit_id="U1"), event_id="early")
    asn = fact_of(
        AsnReceived(consignment_id="C1", units=(AnnouncedUnit(unit_id="U1"),)),
        event_id="asn",
        at=NOON + timedelta(hours=1),
    )
    async with stream_hub.worker():
        await stream_hub.send(waiting)
        await stream_hub.until_committed()
        await stream_hub.send(asn)
        await stream_hub.until_committed()
    row = await stream_hub.pool.fetchrow(
        "select relayed_by, source from fact where kind = 'consignment' and event_id = 'early'"
    )
    assert row is not None
    assert tuple(row) == ("unit", "/wms/t")
    assert await stream_hub.pool.fetchval("select received_pieces from consignment") == 1


async def test_an_illegal_fact_raises_an_alert_and_is_published(stream_hub: StreamHub) -> None:
    """The fact is stored without effect, with a dead letter and an alert."""
    received = units.UnitReceived(unit_id="U1", consignment_id="C1")
    async with stream_hub.worker():
        await stream_hub.send(fact_of(received, event_id="1"))
        await stream_hub.send(fact_of(received, event_id="2", at=NOON + timedelta(hours=1)))
        await stream_hub.until_committed()
    (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=5)
    assert dead_letter.code == "already_received"
    row = await stream_hub.pool.fetchrow("select about, code, raised_at from alert")
    assert row is not None
    assert tuple(row) == ("C1", "event_rejected", NOON + timedelta(hours=1))
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 2


async def test_ticks_move_the_clock_and_are_not_stored(stream_hub: StreamHub) -> None:
    """Every partition with deadlines keeps the time; an older tick changes nothing."""
    async with stream_hub.worker():
        await stream_hub.tick(NOON)
        await stream_hub.tick(NOON - timedelta(hours=1))
        await stream_hub.until_committed()
    rows = await stream_hub.pool.fetch(
        "select topic, clock_at, count(*) from intake_offset where next_offset > 0 "
        "group by topic, clock_at order by topic"
    )
    assert [tuple(row) for row in rows] == [
        ("hub.consignment.internal.v1", NOON, 8),
        ("hub.consolidation.internal.v1", NOON, 4),
        ("hub.plan.v1", NOON, 4),
    ]
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 0


async def test_a_record_that_the_client_cannot_read_is_skipped(stream_hub: StreamHub) -> None:
    """A header name that is not UTF-8, between two valid records, gives one dead letter."""
    good = [
        fact_of(units.UnitReceived(unit_id=f"U{n}", consignment_id="C1"), event_id=str(n))
        for n in range(4)
    ]
    partition = partition_of("C1", "hub.consignment.v1")
    await stream_hub.send(*good[:2])
    await stream_hub.producer.stop()
    await send_unreadable(
        stream_hub.settings.kafka, f"{stream_hub.prefix}hub.consignment.v1", partition
    )
    stream_hub.producer = AIOKafkaProducer(**stream_hub.settings.kafka.client_kwargs())
    await stream_hub.producer.start()
    await stream_hub.send(*good[2:])
    async with stream_hub.worker():
        await stream_hub.until_committed()
    (dead_letter,) = await find_dead_letters(stream_hub.pool, limit=5)
    assert (dead_letter.code, dead_letter.partition, dead_letter.record_offset) == (
        "unreadable",
        partition,
        2,
    )
    assert await stored_consignments(stream_hub) == folded_in_memory(good)
    report = await rebuild(
        stream_hub.settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None
    )
    assert report.equal, report.tables
