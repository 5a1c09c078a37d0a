"""Dead letters stand as long as their record has no effect: settled, and standing again."""

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
    """So many hours after noon."""
    plain = fact_of(data, event_id=event_id, at=NOON + timedelta(hours=hours))
    return msgspec.structs.replace(plain, **more)


async def taken_in(hub: StreamHub, *facts: Fact) -> None:
    """Sent, and in the database."""
    await hub.send(*facts)
    await hub.until_taken_in()


async def standing(hub: StreamHub) -> list[tuple[str, str]]:
    """Event ids and codes of the letters that stand."""
    letters = await find_dead_letters(hub.pool, limit=10)
    codes = await count_dead_letters(hub.pool)
    assert sum(codes.values()) == len(letters)
    return sorted((letter.event_id, letter.code) for letter in letters)


async def settled(hub: StreamHub) -> list[tuple[str, str, str | None]]:
    """The same of those that do not, with the reason."""
    letters = await find_dead_letters(hub.pool, settled=True, limit=10)
    assert sum((await count_dead_letters(hub.pool, settled=True)).values()) == len(letters)
    return sorted(
        (letter.event_id, letter.code, letter.settled_as) for letter in letters if letter.settled_at
    )


async def rebuilt_equal(hub: StreamHub, *, verify: bool = True) -> None:
    """A rebuild finds the same."""
    report = await rebuild(
        hub.settings, all_aggregates(Policy()), verify=verify, progress=lambda *_: None
    )
    assert report.equal, report.tables


async def test_what_became_legal_is_settled_and_stands_again_when_refused_again(
    stream_hub: StreamHub,
) -> None:
    """A release before its hold, the hold, the hold retracted, and that retracted: in four acts."""
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


async def test_what_was_taken_back_or_is_refused_otherwise_is_settled(
    stream_hub: StreamHub,
) -> None:
    """The letter says which of the two; what is refused otherwise has another letter."""
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


async def test_a_fact_refused_by_what_comes_later_in_its_batch_has_its_letter(
    stream_hub: StreamHub,
) -> None:
    """Taken in before a tick, refused after it: the letter is not lost."""
    await stream_hub.send(fact(RECEIVED, "late", 1))
    await stream_hub.tick(NOON)
    await stream_hub.send(fact(RECEIVED, "early", 0))
    async with stream_hub.worker():
        await stream_hub.until_taken_in()
        assert await standing(stream_hub) == [("late", "already_received")]


async def test_a_carton_scanned_to_the_wrong_consignment(stream_hub: StreamHub) -> None:
    """Its correction under the right key waits, told; what the words advise settles everything."""
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
            ("C2", "illegal_transition"),
            ("U1", "two_consignments"),
        ]
        undone = fact(RECEIVED, "undo", 1, correction_of="wrong", retracted=True)
        anew = fact(right, "anew", 1, correction_of="moved")
        await taken_in(stream_hub, undone, anew)
        assert await standing(stream_hub) == []
        assert await settled(stream_hub) == [("moved", "no_target", "withdrawn")]
        assert await stream_hub.pool.fetch(open_alerts) == []
    rows = await stream_hub.pool.fetch("select key, received_pieces from consignment order by key")
    assert [tuple(row) for row in rows] == [("C1", 0), ("C2", 1)]
    await rebuilt_equal(stream_hub)


async def test_a_rebuild_sets_letters_right(stream_hub: StreamHub) -> None:
    """As after a change of the rules: those that stand are those of refused facts."""
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


async def test_a_record_that_failed_again_stands_with_its_new_letter(
    stream_hub: StreamHub,
) -> None:
    """Sent again, taken in before it was marked: one that gives a fact is settled, others not."""
    good = encode(fact(RECEIVED, "1", 0))
    async with stream_hub.worker():
        for value in (b"?", good.value):
            await stream_hub.send_raw(good.topic, value, key=b"wrong", headers=good.headers)
        await stream_hub.until_taken_in()
        letters = await find_dead_letters(stream_hub.pool, limit=10)
        for letter in letters:
            sent = await stream_hub.producer.send_and_wait(
                stream_hub.prefix + letter.topic, value=letter.value, headers=letter.headers
            )
            await stream_hub.until_taken_in()
            await mark_replayed(
                stream_hub.pool, letter, partition=sent.partition, offset=sent.offset
            )
    assert await settled(stream_hub) == [("1", "wrong_key", "taken_in")]
    assert await standing(stream_hub) == [("1", "bad_json")] * 2
