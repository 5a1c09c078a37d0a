"""Check digits of records that come straight to Kafka, with a real Kafka and PostgreSQL."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from groupage.contracts.digits import ACCEPTED_HEADER
from groupage.contracts.encoding import encode
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import AnnouncedUnit, AsnReceived
from groupage.domain.events.equipment import ContainerPickedUp
from groupage.domain.events.unit import UnitPacked, UnitReceived
from groupage.domain.policy import Policy
from processors.operations import replay
from processors.worker.plausibility import TimeRules
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_time import open_dead_letters, require_equal_rebuild

pytestmark = pytest.mark.integration

RIGHT, WRONG = "106141412345678908", "106141412345678909"
EVENTS: list[Event] = [
    UnitReceived(unit_id=WRONG, consignment_id="C1"),
    UnitPacked(unit_id=RIGHT, parent_id=WRONG, consignment_id="C1"),
    AsnReceived(consignment_id="C1", units=(AnnouncedUnit(unit_id=WRONG),)),
    ContainerPickedUp(equipment_ref="CSQU3054384"),
]


async def stored(hub: StreamHub) -> set[str]:
    """Return the ids of the stored events from outside."""
    rows = await hub.pool.fetch("select event_id from fact where relayed_by is null")
    return {row[0] for row in rows}


async def test_the_policy_judges_check_digits_in_kafka(stream_hub: StreamHub) -> None:
    """A wrong digit is a dead letter; a person's replay takes the event as it is."""
    now = datetime.now(UTC)
    wrong = [fact_of(event, event_id=f"w{n}", at=now) for n, event in enumerate(EVENTS)]
    right = [
        fact_of(UnitReceived(unit_id=RIGHT, consignment_id="C1"), event_id="r1", at=now),
        fact_of(UnitReceived(unit_id="4711", consignment_id="C1"), event_id="r2", at=now),
        fact_of(ContainerPickedUp(equipment_ref="BOX 1"), event_id="r3", at=now),
    ]
    withdrawal = replace(wrong[0], event_id="r4", correction_of="w0", retracted=True)
    async with stream_hub.worker():
        await stream_hub.send(*wrong, *right, withdrawal)
        await stream_hub.until_committed()
        assert await stored(stream_hub) == {"r1", "r2", "r3", "r4"}
        dead_letters = await open_dead_letters(stream_hub, "check_digit")
        assert sorted(row.event_id for row in dead_letters) == ["w0", "w1", "w2", "w3"]
        reasons = " ".join(row.reason for row in dead_letters)
        assert f"unit_id {WRONG}: check digit by GS1 is 9, expected 8" in reasons
        assert "equipment_ref CSQU3054384: check digit by ISO 6346 is 4, expected 3" in reasons
        kafka = stream_hub.settings.kafka
        sent = await replay.replay(
            stream_hub.pool, kafka, dead_letters, prefix=stream_hub.settings.topics.prefix
        )
        assert sent == 4
        await stream_hub.until_committed()
    assert await stored(stream_hub) == {"r1", "r2", "r3", "r4", "w0", "w1", "w2", "w3"}
    assert await open_dead_letters(stream_hub, "check_digit") == []
    await require_equal_rebuild(stream_hub)


async def test_what_an_entrance_or_the_policy_lets_through_is_taken(stream_hub: StreamHub) -> None:
    """EPCIS lets wrong SSCCs through, and says so in a header; policy `warn` takes all."""
    now = datetime.now(UTC)
    accepted = encode(fact_of(EVENTS[0], event_id="w0", at=now), prefix=stream_hub.prefix)
    async with stream_hub.worker():
        await stream_hub.send_raw(
            accepted.topic.removeprefix(stream_hub.prefix),
            accepted.value,
            key=accepted.key,
            headers=[*accepted.headers, ACCEPTED_HEADER],
        )
        await stream_hub.until_committed()
    lenient = TimeRules(check_digits="warn")
    async with stream_hub.worker(lenient, policy=Policy(check_digits="warn")):
        await stream_hub.send(fact_of(EVENTS[3], event_id="w3", at=now))
        await stream_hub.until_committed()
    assert await stored(stream_hub) == {"w0", "w3"}
