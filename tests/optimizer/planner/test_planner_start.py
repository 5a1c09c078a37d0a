"""The start of a planner whose database is late, or does not answer."""

import asyncio
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import DatabaseSettings
from groupage.store.startup import migrated_pool
from tests.hub_key import SECRET

IMPATIENT = """
import groupage.store.startup as startup
startup.migrated_pool.__kwdefaults__["patience_s"] = 1.5
from optimizer.planner.main import main
main()
"""


def free_port() -> int:
    """Return a port on which no process listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_of(url: str) -> DatabaseSettings:
    """Return the settings of a database at this address."""
    return DatabaseSettings(url=SecretStr(url))


@pytest.mark.slow
async def test_without_a_database_a_planner_ends_with_a_message() -> None:
    """It retries, then exits with status 1 and one line that says what to do."""
    url = f"postgresql://somebody:s3cret@127.0.0.1:{free_port()}/hub"
    environment = {
        **os.environ,
        "GROUPAGE_DATABASE_URL": url,
        "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "GROUPAGE_HUB_SECRET": SECRET,
    }
    began_s = time.monotonic()
    planner = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        IMPATIENT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        output, _ = await planner.communicate()
    text = output.decode()
    assert planner.returncode == 1
    assert time.monotonic() - began_s > 1.0, "it gave up without trying again"
    assert "Traceback" not in text
    assert "s3cret" not in text
    assert text.count("retry_scheduled") >= 2
    assert re.search(r"PostgreSQL did not answer within 1.5 s \(\w+.*groupage up", text)


@pytest.mark.slow
async def test_a_server_that_never_answers_is_given_up_within_the_patience() -> None:
    """A port that accepts connections and never answers does not prolong the wait."""

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began_s = time.monotonic()
    with pytest.raises(Unavailable, match=r"did not answer within 0\.8 s"):
        await migrated_pool(
            settings_of(f"postgresql://x:y@127.0.0.1:{port}/hub"),
            application_name="test",
            patience_s=0.8,
        )
    assert time.monotonic() - began_s < 3
    server.close()


def socket_in(folder: str) -> str:
    """Return PostgreSQL's socket in that folder."""
    return next(str(path) for path in Path(folder).glob(".s.PGSQL.*[0-9]"))


@asynccontextmanager
async def opening_late(socket_file: str, *, port: int, after_s: float) -> AsyncIterator[None]:
    """Forward a port to a real server, after a while."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket_file)
        await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)

    async def open_late() -> asyncio.Server:
        await asyncio.sleep(after_s)
        return await asyncio.start_server(serve, "127.0.0.1", port)

    opening = asyncio.create_task(open_late())
    try:
        yield
    finally:
        (await opening).close()


@pytest.mark.integration
async def test_a_database_that_comes_back_is_waited_for(database_url: str) -> None:
    """The process starts without help when the database returns after 1.5 s."""
    parts = urlsplit(database_url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    if not folder.startswith("/"):
        pytest.skip("needs the test session's own PostgreSQL: a named one is not on a socket")
    port = free_port()
    url = f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}?sslmode=disable"
    async with opening_late(socket_in(folder), port=port, after_s=1.5):
        pool = await migrated_pool(settings_of(url), application_name="test", patience_s=15)
        assert await pool.fetchval("select count(*) from plan") == 0
        pool.terminate()


@pytest.mark.integration
async def test_another_schema_is_no_reason_to_wait(empty_database_url: str) -> None:
    """It does not wait for somebody to migrate: it fails at once and says what to do."""
    began_s = time.monotonic()
    with pytest.raises(Misconfigured, match="groupage migrate"):
        await migrated_pool(settings_of(empty_database_url), application_name="test")
    assert time.monotonic() - began_s < 5
