"""Files of what the hub knows: an OCEL log, EPCIS events, a Parquet archive.

A file is complete, or not there.
"""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import asyncpg

from groupage.app.exports.effective import read_facts, says_something_new
from groupage.app.exports.epcis import read_captured, write_document
from groupage.app.exports.ocel_draft import OcelDraft
from groupage.app.exports.ocel_formats import OcelFormat, write_json, write_sqlite, write_xml
from groupage.app.exports.parquet import require_pyarrow, write_parquet
from groupage.domain.errors import InvalidInput
from groupage.settings import PolicySettings
from groupage.store.facts import StoredFact
from groupage.store.policies import read_history

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Period: TypeAlias = tuple[datetime | None, datetime | None]
"""From when, and until before when; None: without a bound."""
_PROGRESS_EVERY = 20_000


async def write_ocel(pool: Pool, output: Path, format_: OcelFormat, period: Period) -> int:
    """Write a log of what happened in the period; return its number of events.

    Raises InvalidInput for an output that cannot be written.
    """
    with (
        replacing(output) as partial,
        tempfile.TemporaryDirectory(dir=output.parent) as folder,
        closing(OcelDraft(Path(folder) / "draft.sqlite")) as draft,
    ):
        number = 0
        async for facts in _with_progress(read_facts(pool, since=period[0], until=period[1])):
            effective = [stored for stored, is_effective in facts if is_effective]
            number += draft.add(filter(says_something_new, effective))
        if format_ == "sqlite":
            partial.unlink()
            write_sqlite(draft, partial)
        else:
            with partial.open("wb") as file:
                (write_json if format_ == "json" else write_xml)(draft, file)
    return number


async def write_epcis(pool: Pool, output: Path, period: Period) -> int:
    """Write the EPCIS events that happened in the period as one document; return their number.

    Raises InvalidInput for an output that cannot be written.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        events = read_captured(connection, since=period[0], until=period[1])
        with replacing(output) as partial, partial.open("wb") as file:
            return await write_document(events, file, created_at=datetime.now(UTC))


async def write_archive(pool: Pool, output: Path, period: Period) -> int:
    """Write all facts of the period as Parquet; return their number.

    Raises Misconfigured without pyarrow, InvalidInput for an output that cannot be written.
    """
    require_pyarrow()
    history = await read_history(pool, assumed=PolicySettings().load)
    zone = ZoneInfo(history.newest.hub.timezone)
    with replacing(output) as partial:
        facts = _with_progress(read_facts(pool, since=period[0], until=period[1]))
        return await write_parquet(facts, partial, zone=zone)


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Give a file beside `output` that takes its place at the end, if nothing fails."""
    if output.is_dir():
        raise InvalidInput(f"--output {output} is a folder; give the name of a file")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
    except OSError as error:
        raise InvalidInput(f"--output {output} cannot be written: {error.strerror}") from error
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


async def _with_progress(
    groups: AsyncIterator[list[tuple[StoredFact, bool]]],
) -> AsyncIterator[list[tuple[StoredFact, bool]]]:
    """Pass the facts on, and say on a terminal now and then how many there were."""
    read, next_at, terminal = 0, _PROGRESS_EVERY, sys.stderr.isatty()
    async for group in groups:
        yield group
        read += len(group)
        if terminal and read >= next_at:
            next_at = read + _PROGRESS_EVERY
            sys.stderr.write(f"\r{read:,} facts read")
            sys.stderr.flush()
    if next_at > _PROGRESS_EVERY:
        sys.stderr.write("\n")
