"""Duplicates: the same fact again, or another fact with the id of an earlier one."""

from datetime import timedelta

import msgspec
import pytest

from groupage.domain.events import unit as units
from groupage.domain.events.base import Dimensions
from groupage.store.dead_letters import find_dead_letters
from tests.processors.stream.facts import NOON, fact_of, folded_in_memory, stored_consignments
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

SIZE = Dimensions(length_mm=400, width_mm=300, height_mm=300)
FIRST = fact_of(
    units.UnitMeasured(unit_id="U1", consignment_id="C1", size=SIZE, gross_g=9_000),
    event_id="scale-1",
)
HEAVIER = msgspec.structs.replace(
    FIRST, data=msgspec.structs.replace(FIRST.data, gross_g=11_000), occurred_at=NOON
)
LATER = msgspec.structs.replace(FIRST, occurred_at=NOON + timedelta(hours=1))


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "after its commit"])
async def test_another_fact_with_a_used_id_becomes_a_dead_letter(
    stream_hub: StreamHub, *, apart: bool
) -> None:
    """The first fact stands; the others become dead letters, which name the fields that differ."""
    async with stream_hub.worker():
        await stream_hub.send(FIRST)
        if apart:
            await stream_hub.until_committed()
        await stream_hub.send(HEAVIER, LATER, FIRST)
        await stream_hub.until_committed()
    dead_letters = await find_dead_letters(stream_hub.pool, limit=10)
    assert [dead_letter.code for dead_letter in dead_letters] == ["id_reused"] * 2
    reasons = sorted(dead_letter.reason for dead_letter in dead_letters)
    assert "/wms/t sent an event with id 'scale-1' before that differs in data:" in reasons[0]
    assert "differs in occurred_at:" in reasons[1]
    assert await stored_consignments(stream_hub) == folded_in_memory([FIRST])


async def test_the_same_again_while_the_first_is_committed(stream_hub: StreamHub) -> None:
    """The same record in many consecutive batches gives one fact and no dead letter."""
    async with stream_hub.worker():
        for _ in range(30):
            await stream_hub.send(*[FIRST] * 20)
        await stream_hub.until_committed()
    assert await find_dead_letters(stream_hub.pool, limit=10) == []
    assert await stream_hub.pool.fetchval("select count(*) from fact where key = 'C1'") == 1


async def test_the_same_event_in_another_encoding_is_the_same(stream_hub: StreamHub) -> None:
    """Another order of fields, an unknown field or another UTC offset gives no dead letter."""
    await stream_hub.send(FIRST)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", b"unit.measured.v1"),
        ("ce_source", b"/wms/t"),
        ("ce_id", b"scale-1"),
        ("ce_time", b"2026-03-01T20:00:00+08:00"),
    ]
    value = (
        b'{"gross_g":9000,"size":{"width_mm":300,"length_mm":400,"height_mm":300},'
        b'"consignment_id":"C1","unit_id":"U1","operator":"Li"}'
    )
    async with stream_hub.worker():
        await stream_hub.until_committed()
        await stream_hub.send_raw("hub.consignment.v1", value, key=b"C1", headers=headers)
        await stream_hub.until_committed()
    assert await find_dead_letters(stream_hub.pool, limit=10) == []
    assert await stream_hub.pool.fetchval("select count(*) from fact where key = 'C1'") == 1
