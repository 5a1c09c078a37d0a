"""The examples of README.md and of the pages for senders: each is valid, and their ids differ."""

import asyncio
import itertools
import json
import re
import shlex
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from groupage.contracts.decoding import decode
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.gateway.bodies import BATCH, STRUCTURED
from producers.gateway.cloudevents import check_event
from tests.producers.gateway_process import Running

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]
ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/sending-events.md", "docs/integrating.md")
NOW = datetime(2026, 3, 3, tzinfo=UTC)


def blocks(page: str, language: str = "") -> list[str]:
    """Return the code blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        body
        for name, body in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL)
        if name == language
    ]


def option(arguments: list[str], name: str) -> list[str]:
    """Return all values of an option."""
    return [value for flag, value in itertools.pairwise(arguments) if flag == name]


def facts_of_requests() -> list[Fact]:
    """Check every event that a curl example posts; return the facts."""
    facts = []
    for block in (block for page in PAGES for block in blocks(page) if "curl" in block):
        arguments = shlex.split(block, comments=True)
        headers = dict(header.split(": ") for header in option(arguments, "-H"))
        (body,) = map(json.loads, option(arguments, "-d"))
        is_batch = any(argument.endswith("/v1/events:batch") for argument in arguments)
        assert headers == {"content-type": BATCH if is_batch else STRUCTURED}
        for event in body if is_batch else [body]:
            checked = check_event(event, recorded_at=NOW)
            assert checked.fact is not None, checked.problems
            facts.append(checked.fact)
    return facts


def facts_of_records() -> list[Fact]:
    """Decode every record that a kcat example produces."""
    facts = []
    for block in (block for page in PAGES for block in blocks(page) if "kcat" in block):
        arguments = shlex.split(block, comments=True)
        headers = [header.split("=", 1) for header in option(arguments, "-H")]
        (key,), (topic,) = option(arguments, "-k"), option(arguments, "-t")
        facts.append(
            decode(
                [(name, value.encode()) for name, value in headers],
                key.encode(),
                arguments[1].encode(),
                recorded_at=NOW,
                topic=topic,
            )
        )
    return facts


def test_events_of_the_examples_are_valid_and_follow_each_other() -> None:
    """A reader may try all on the same hub: no id is used twice, corrections name an earlier id."""
    facts = [*facts_of_requests(), *facts_of_records()]
    ids = [fact.event_id for fact in facts]
    assert len(ids) >= 4
    assert len(ids) == len(set(ids))
    assert {fact.correction_of for fact in facts} - {None} <= set(ids)
    assert any(fact.retracted for fact in facts)


@pytest.mark.integration
async def test_the_python_example_publishes_its_event(
    kafka: KafkaSettings, topic_prefix: str, read_topic: ReadTopic
) -> None:
    """It runs as it stands, except for the address and this test's topics."""
    (example,) = blocks("docs/sending-events.md", "python")
    program = example.replace(
        'bootstrap_servers="BROKER")',
        f'bootstrap_servers="{kafka.bootstrap_servers}"), prefix="{topic_prefix}"',
    )
    assert program != example
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
    (record,) = await read_topic("hub.unit.v1")
    assert record.key == b"106141412345678908"


@pytest.mark.integration
async def test_the_first_consignment_is_sent_as_the_page_says(
    gateway: Running, read_topic: ReadTopic
) -> None:
    """The script runs as it stands, as often as one likes."""
    (script,) = blocks("docs/integrating.md", "python")
    await gateway.ready()
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, gateway.url, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate()
        assert printed.decode() == "17 of 17 accepted\n"
    records = await read_topic("hub.consignment.v1")
    identities = [dict(record.headers)["ce_id"] for record in records]
    assert len(identities) == 34
    assert len(set(identities)) == 17
