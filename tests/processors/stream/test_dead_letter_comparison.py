"""``rebuild --verify`` compares every dead letter that the log gives, and counts the others."""

from datetime import UTC, datetime, timedelta

import pytest

from groupage.domain.events.consignment import HoldReleased
from groupage.domain.events.unit import UnitReceived
from groupage.domain.policy import Policy
from groupage.store import dismissals
from groupage.store.dead_letter_comparison import DeadLetterCounts
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import RebuildReport, rebuild
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_operating import groupage
from tests.processors.stream.test_sender_alerts import forge, forged

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


async def compare(hub: StreamHub) -> RebuildReport:
    """Rebuild and compare."""
    return await rebuild(
        hub.settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None
    )


async def differences(hub: StreamHub) -> dict[str, tuple[int, int]]:
    """Return the numbers of rows that are only stored and only rebuilt, where there are some."""
    return {
        table.table: (table.only_stored, table.only_rebuilt)
        for table in (await compare(hub)).tables
        if table.only_stored or table.only_rebuilt
    }


async def test_all_dead_letters_of_the_log_are_compared(stream_hub: StreamHub) -> None:
    """Rejected, undecodable, forged, dated ahead, of a producer; open and dismissed ones."""
    now = datetime.now(UTC)
    received = UnitReceived(unit_id="U1", consignment_id="C1")
    producer = {
        "dlq_id": "00000000-0000-0000-0000-000000000001",
        "dlq_at": "2026-03-01T12:00:00Z",
        "dlq_code": "check_digit",
        "dlq_reason": "wrong",
    }
    producer_headers = [(name, text.encode()) for name, text in producer.items()]
    async with stream_hub.worker():
        await stream_hub.send(
            fact_of(HoldReleased(consignment_id="C1", hold_id="H1", by="x"), event_id="1"),
            fact_of(received, event_id="2", at=now + timedelta(days=400)),
            fact_of(received, event_id="3", at=NOON),
        )
        await stream_hub.send(
            fact_of(UnitReceived(unit_id="U2", consignment_id="C1"), event_id="3", at=NOON)
        )
        await stream_hub.send_raw("hub.consignment.v1", b"?", key=b"C")
        await stream_hub.send_raw("hub.dlq.v1", b"{}", headers=producer_headers)
        await forge(stream_hub, [forged(number) for number in range(200)])
        (group,) = await dismissals.find_open(stream_hub.pool, code="not_cloudevents")
        await dismissals.dismiss(stream_hub.pool, group.letter_ids, by="anna", reason="noise")
    report = await compare(stream_hub)
    assert report.equal, report.tables
    still_open = {
        "check_digit": 1,
        "from_the_future": 1,
        "id_reused": 1,
        "no_such_hold": 1,
        "not_yours": 200,
    }
    assert report.dead_letters == DeadLetterCounts(
        compared_open=still_open,
        compared_settled={"not_cloudevents": 1},
        other_open={},
        other_settled={},
    )
    status, output, _ = await groupage(stream_hub, "rebuild", "--verify")
    assert status == 0
    _, listed, _ = await groupage(stream_hub, "deadletters", "list", "--limit=1")
    assert f"compared, open: {listed.splitlines()[-1]}\n" in output
    assert "compared, settled: 1 dead letter: 1 not_cloudevents\n" in output
    assert "not compared, because the log does not have it: reasons of dead letters" in output

    # What nobody compares: a producer's dead letter that expired in Kafka, and where the plan may
    # be stored by now.
    await stream_hub.pool.execute(
        "update dead_letter set letter_id = '00000000-0000-0000-0000-000000000002' "
        "where code = 'check_digit'"
    )
    assert await differences(stream_hub) == {"dead_letter": (0, 1)}, "the log still has it"
    await stream_hub.pool.execute(
        "insert into dead_letter select '00000000-0000-0000-0000-000000000001', at, topic, "
        "partition, record_offset, code, reason, type, source, event_id, key, headers, value "
        "from dead_letter where code = 'check_digit'"
    )
    await stream_hub.pool.execute(
        "insert into dead_letter select '00000000-0000-0000-0000-000000000003', at, topic, "
        "partition, record_offset, 'plan_not_stored', reason, type, source, event_id, key, "
        "headers, value, null, null, null, null, now(), 'taken_in' "
        "from dead_letter where code = 'id_reused'"
    )
    report = await compare(stream_hub)
    assert report.equal, report.tables
    assert report.dead_letters.compared_open == still_open
    assert report.dead_letters.other_open == {"check_digit": 1}
    assert report.dead_letters.other_settled == {"plan_not_stored": 1}

    # What a comparison must find.
    await stream_hub.pool.execute("delete from dead_letter where code = 'from_the_future'")
    await stream_hub.pool.execute(
        "update dead_letter set source = '/inside' where code = 'not_yours' and record_offset < 3"
    )
    assert await differences(stream_hub) == {"dead_letter": (3, 4)}
    status, output, _ = await groupage(stream_hub, "rebuild", "--verify")
    assert status == 1
    assert "3 rows only stored, 4 only rebuilt" in output
