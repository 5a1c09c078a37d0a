"""Dead letters that a person dismissed stay dismissed, with who and why; nothing is deleted."""

import asyncio
import json
import sys
from typing import Any

import pytest

from groupage.domain.events.consignment import HoldReleased
from groupage.store import dismissals
from groupage.store.dead_letters import count_dead_letters, find_dead_letters
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_operating import environment
from tests.processors.stream.test_sender_alerts import (
    forge,
    forged,
    open_alerts,
    published_alerts,
    require_equal_rebuild,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

WHY = ("--reason", "a test host", "--by", "anna")


async def dismiss(hub: StreamHub, *arguments: str, answer: str = "") -> tuple[int, str, str]:
    """Run ``groupage deadletters dismiss``; return status, output and errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "groupage", "deadletters", "dismiss", *WHY, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(hub),
    )
    output, errors = await asyncio.wait_for(process.communicate(answer.encode()), 60)
    assert process.returncode is not None
    return process.returncode, output.decode().strip(), errors.decode()


async def settled(hub: StreamHub) -> list[tuple[Any, ...]]:
    """Return how the settled dead letters were settled, each once."""
    rows = await hub.pool.fetch(
        "select distinct code, source, settled_as, dismissed_by, dismissed_because "
        "from dead_letter where settled_at is not null order by 1, 2"
    )
    return [tuple(row) for row in rows]


async def test_dead_letters_are_dismissed_by_sender_code_and_id(stream_hub: StreamHub) -> None:
    """The command counts and asks; the alert of a sender ends; a rebuild opens nothing again."""
    released = HoldReleased(consignment_id="C1", hold_id="H1", by="desk")
    async with stream_hub.worker():
        await stream_hub.send(fact_of(released, event_id="r"))
        await stream_hub.send_raw("hub.consignment.v1", b"?", key=b"C")
        await forge(stream_hub, [forged(number) for number in range(5)])
        await forge(stream_hub, [forged(number, "/another") for number in range(2)])
        all_open = {"no_such_hold": 1, "not_cloudevents": 1, "not_yours": 7}
        assert await count_dead_letters(stream_hub.pool) == all_open

        status, output, errors = await dismiss(stream_hub, "--source=/outsider", answer="n\n")
        assert (status, output) == (1, "")
        assert "5 not_yours of /outsider" in errors
        assert "Dismiss 5 dead letters?" in errors
        assert "nothing was dismissed" in errors
        assert (await dismiss(stream_hub, "--source=/outsider"))[0] == 1, "nobody answered"
        assert await count_dead_letters(stream_hub.pool) == all_open

        status, output, _ = await dismiss(stream_hub, "--source=/outsider", answer="y\n")
        assert (status, output) == (0, "5 dead letters dismissed")
        await stream_hub.until_committed()
        assert await open_sender_alerts(stream_hub) == ["clock/hub/not_yours//another"]

        _, output, _ = await dismiss(stream_hub, "--code=not_yours", "--yes", "--json")
        assert json.loads(output) == {"dismissed": 2, "rejected": 0}
        (undecodable,) = await find_dead_letters(stream_hub.pool, code="not_cloudevents", limit=10)
        await dismiss(stream_hub, str(undecodable.letter_id)[:8], "--yes")
        await stream_hub.until_committed()
        assert await count_dead_letters(stream_hub.pool) == {"no_such_hold": 1}

        _, output, _ = await dismiss(stream_hub, "--topic=hub.consignment.v1", "--yes")
        assert "1 dead letter of rejected events stay" in output
        assert await count_dead_letters(stream_hub.pool) == {"no_such_hold": 1}
    why = ("dismissed", "anna", "a test host")
    dismissed = [
        ("not_cloudevents", "", *why),
        ("not_yours", "/another", *why),
        ("not_yours", "/outsider", *why),
    ]
    assert await settled(stream_hub) == dismissed
    names = await published_alerts(stream_hub)
    assert names.count(b"alert.cleared.v1") == 2

    stored = await stream_hub.pool.fetch("select * from dead_letter order by 1")
    await stream_hub.pool.execute("delete from alert where code = 'not_yours'")
    for verify in (True, False):
        await require_equal_rebuild(stream_hub, verify=verify)
    assert await stream_hub.pool.fetch("select * from dead_letter order by 1") == stored
    assert await open_sender_alerts(stream_hub) == []


async def open_sender_alerts(hub: StreamHub) -> list[str]:
    """Return the ids of the open alerts about senders."""
    rows = await hub.pool.fetch(
        "select alert_id from alert where about_kind = 'clock' and cleared_at is null order by 1"
    )
    return [row[0] for row in rows]


async def test_a_sender_that_goes_on_raises_the_alert_again(stream_hub: StreamHub) -> None:
    """A dismissal is about the records that are there, not about those to come."""
    async with stream_hub.worker():
        await forge(stream_hub, [forged(number) for number in range(3)])
        (group,) = await dismissals.find_open(stream_hub.pool, code="not_yours")
        assert (group.source, group.rejected, len(group.letter_ids)) == ("/outsider", False, 3)
        await forge(stream_hub, [forged(4)])
        count = await dismissals.dismiss(stream_hub.pool, group.letter_ids, by="anna", reason="x")
        assert count == 3, "not the record that came after the count"
        (message,) = (await open_alerts(stream_hub)).values()
        assert message.startswith("/outsider: ")
        again = await dismissals.dismiss(stream_hub.pool, group.letter_ids, by="bo", reason="y")
        assert again == 0, "the first to dismiss them stays"
        await dismissals.dismiss(
            stream_hub.pool,
            (await dismissals.find_open(stream_hub.pool))[0].letter_ids,
            by="anna",
            reason="x",
        )
        assert await open_alerts(stream_hub) == {}
        await forge(stream_hub, [forged(5)])
        assert list(await open_alerts(stream_hub)) == ["/outsider"]
