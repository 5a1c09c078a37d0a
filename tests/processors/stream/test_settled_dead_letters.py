"""Dead letters stand while their record has no effect, and are settled when it has."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from groupage.contracts.encoding import encode
from groupage.domain.events import unit as units
from groupage.domain.events.consignment import AnnouncedUnit, AsnReceived, HoldPlaced, HoldReleased
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.store.dead_letters import count_dead_letters, find_dead_letters, mark_replayed
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

RECEIVED = units.UnitReceived(unit_id="U1", consignment_id="C1")
PLACED = HoldPlaced(consignment_id="C1", hold_id="H1", hold="DOCS", by="desk")
RELEASED = HoldReleased(consignment_id="C1", hold_id="H1", by="desk")


def fact(data: Any, event_id: str, hours: float, **more: Any) -> Fact:
    """Return the instant that many hours after noon."""
    plain = fact_of(data, event_id=event_id, at=NOON + timedelta(hours=hours))
    return msgspec.structs.replace(plain, **more)


async def taken_in(hub: StreamHub, *facts: Fact) -> None:
    """Publish facts, and wait until they are committed."""
    await hub.send(*facts)
    await hub.until_committed()


async def standing(hub: StreamHub) -> list[tuple[str, str]]:
    """Return event ids and codes of the dead letters that stand."""
    dead_letters = await find_dead_letters(hub.pool, limit=10)
    codes = await count_dead_letters(hub.pool)
    assert sum(codes.values()) == len(dead_letters)
    return sorted((dead_letter.event_id, dead_letter.code) for dead_letter in dead_letters)


async def settled(hub: StreamHub) -> list[tuple[str, str, str | None]]:
    """Return event ids, codes and reasons of those that are settled."""
    dead_letters = await find_dead_letters(hub.pool, settled=True, limit=10)
    assert sum((await count_dead_letters(hub.pool, settled=True)).values()) == len(dead_letters)
    return sorted(
        (dead_letter.event_id, dead_letter.code, dead_letter.settled_as)
        for dead_letter in dead_letters
        if dead_letter.settled_at
    )


async def rebuilt_equal(hub: StreamHub, *, verify: bool = True) -> None:
    """Check that a rebuild gives the same dead letters."""
    report = await rebuild(
        hub.settings, all_aggregates(Policy()), verify=verify, progress=lambda *_: None
    )
    assert report.equal, report.tables


async def test_a_legal_fact_is_settled_and_its_dead_letter_stands_again_when_it_is_not(
    stream_hub: StreamHub,
) -> None:
    """A release before its hold, the hold, its retraction, and the retraction of that."""
    undone = fact(PLACED, "undo", 3, correction_of="hold", retracted=True)
    redone = fact(PLACED, "redo", 4, correction_of="undo", retracted=True)
    refused = [("release", "no_such_hold")]
    async with stream_hub.worker():
        await taken_in(stream_hub, fact(RELEASED, "release", 2))
        assert await standing(stream_hub) == refused
        await taken_in(stream_hub, fact(PLACED, "hold", 0))
        assert await standing(stream_hub) == []
        assert await settled(stream_hub) == [("release", "no_such_hold", "legal")]
        await taken_in(stream_hub, undone)
        assert await standing(stream_hub) == refused
        assert await settled(stream_hub) == []
    await rebuilt_equal(stream_hub)
    async with stream_hub.worker():
        await taken_in(stream_hub, redone)
        assert await settled(stream_hub) == [("release", "no_such_hold", "legal")]
    before = await stream_hub.pool.fetch("select * from dead_letter")
    await rebuilt_equal(stream_hub, verify=False)
    assert await stream_hub.pool.fetch("select * from dead_letter") == before


async def test_a_withdrawn_fact_or_another_rejection_settles_the_dead_letter(
    stream_hub: StreamHub,
) -> None:
    """The dead letter says why it is settled; another rejection makes another dead letter."""
    async with stream_hub.worker():
        await taken_in(stream_hub, fact(RECEIVED, "1", 0), fact(RECEIVED, "2", 1))
        await taken_in(stream_hub, fact(RELEASED, "3", 3))
        assert await standing(stream_hub) == [("2", "already_received"), ("3", "no_such_hold")]
        back = fact(RECEIVED, "back", 1, correction_of="2", retracted=True)
        await taken_in(stream_hub, back)
        await taken_in(stream_hub, fact(PLACED, "hold", 1), fact(RELEASED, "first", 2))
        assert await standing(stream_hub) == [("3", "hold_not_open")]
    assert await settled(stream_hub) == [
        ("2", "already_received", "withdrawn"),
        ("3", "no_such_hold", "other_reason"),
    ]
    await rebuilt_equal(stream_hub)


async def test_a_fact_rejected_by_a_later_one_of_its_batch_has_its_dead_letter(
    stream_hub: StreamHub,
) -> None:
    """A fact folded before a tick and rejected after it has its dead letter."""
    await stream_hub.send(fact(RECEIVED, "late", 1))
    await stream_hub.tick(NOON)
    await stream_hub.send(fact(RECEIVED, "early", 0))
    async with stream_hub.worker():
        await stream_hub.until_committed()
        assert await standing(stream_hub) == [("late", "already_received")]


async def test_a_carton_scanned_to_the_wrong_consignment(stream_hub: StreamHub) -> None:
    """Its correction under the right key waits; doing what the reason advises settles all."""
    right = units.UnitReceived(unit_id="U1", consignment_id="C2")
    notes = [
        AsnReceived(consignment_id=name, units=(AnnouncedUnit(unit_id=unit_id),))
        for name, unit_id in (("C1", "U9"), ("C2", "U1"))
    ]
    open_alerts = "select about, code from alert where cleared_at is null order by about"
    async with stream_hub.worker():
        await taken_in(stream_hub, *(fact(note, f"asn-{note.key}", 0) for note in notes))
        await taken_in(stream_hub, fact(RECEIVED, "wrong", 1))
        await taken_in(stream_hub, fact(right, "moved", 1, correction_of="wrong"))
        assert await standing(stream_hub) == [("moved", "no_target")]
        rows = await stream_hub.pool.fetch(open_alerts)
        assert [tuple(row) for row in rows] == [
            ("C2", "event_rejected"),
            ("U1", "two_consignments"),
        ]
        undone = fact(RECEIVED, "undo", 1, correction_of="wrong", retracted=True)
        moved_again = fact(right, "moved_again", 1, correction_of="moved")
        await taken_in(stream_hub, undone, moved_again)
        assert await standing(stream_hub) == []
        assert await settled(stream_hub) == [("moved", "no_target", "withdrawn")]
        assert await stream_hub.pool.fetch(open_alerts) == []
    rows = await stream_hub.pool.fetch("select key, received_pieces from consignment order by key")
    assert [tuple(row) for row in rows] == [("C1", 0), ("C2", 1)]
    await rebuilt_equal(stream_hub)


async def test_a_rebuild_corrects_the_dead_letters(stream_hub: StreamHub) -> None:
    """After a change of the rules the dead letters that stand are those of rejected facts."""
    async with stream_hub.worker():
        await taken_in(stream_hub, fact(RECEIVED, "1", 0), fact(RECEIVED, "2", 1))
        await taken_in(stream_hub, fact(RELEASED, "3", 3))
        await taken_in(stream_hub, fact(PLACED, "hold", 1))
    await stream_hub.pool.execute(
        "update dead_letter set settled_at = case code when 'already_received' then now() end, "
        "settled_as = case code when 'already_received' then 'legal' end"
    )
    report = await rebuild(
        stream_hub.settings, all_aggregates(Policy()), verify=False, progress=lambda *_: None
    )
    assert {table.table for table in report.tables if table.only_stored} == {"dead_letter"}
    assert await standing(stream_hub) == [("2", "already_received")]
    assert await settled(stream_hub) == [("3", "no_such_hold", "legal")]


async def test_a_record_that_failed_again_stands_with_its_new_dead_letter(
    stream_hub: StreamHub,
) -> None:
    """A replay that is folded before it is marked is settled only if it gives a fact."""
    good = encode(fact(RECEIVED, "1", 0))
    async with stream_hub.worker():
        for value in (b"?", good.value):
            await stream_hub.send_raw(good.topic, value, key=b"wrong", headers=good.headers)
        await stream_hub.until_committed()
        dead_letters = await find_dead_letters(stream_hub.pool, limit=10)
        for dead_letter in dead_letters:
            sent = await stream_hub.producer.send_and_wait(
                stream_hub.prefix + dead_letter.topic,
                value=dead_letter.value,
                headers=dead_letter.headers,
            )
            await stream_hub.until_committed()
            await mark_replayed(
                stream_hub.pool, dead_letter, partition=sent.partition, offset=sent.offset
            )
    assert await settled(stream_hub) == [("1", "wrong_key", "taken_in")]
    assert await standing(stream_hub) == [("1", "bad_json")] * 2
