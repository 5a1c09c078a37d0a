"""``groupage export epcis``: the hub's own events among those that came in, and what is missing."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from groupage.app.own_events.projection import run_to_end
from groupage.domain.events.unit import UnitReceived
from tests.api.hub import fact, store_facts

pytestmark = pytest.mark.integration


async def fill(url: str, *, derives: bool) -> None:
    """Store two facts, and perhaps make them into events."""
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        if not derives:
            await store_facts(
                pool, [fact(UnitReceived(unit_id=f"U{number}"), number) for number in (1, 2)]
            )
            await pool.execute("insert into intake_offset values ('hub.unit.v1', 0, 2, null)")
        else:
            await run_to_end(pool)


def export(url: str, file: Path) -> str:
    """Run the command; return what it says on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "groupage", "export", "epcis", "-o", str(file)],
        env=os.environ | {"GROUPAGE_DATABASE_URL": url},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.decode()


def test_the_command_says_which_facts_are_not_in_the_file(
    database_url: str, tmp_path: Path
) -> None:
    """A file that lacks them without a word would be taken for the whole."""
    file = tmp_path / "events.jsonld"
    asyncio.run(fill(database_url, derives=False))
    printed = export(database_url, file)
    assert "0 events in" in printed
    assert "2 facts of the hub may be missing" in printed
    asyncio.run(fill(database_url, derives=True))
    printed = export(database_url, file)
    assert "missing" not in printed
    events = json.loads(file.read_bytes())["epcisBody"]["eventList"]
    assert [each["epcList"] for each in events] == [
        ["urn:groupage:unit:U1"],
        ["urn:groupage:unit:U2"],
    ]
