"""What is sent to a gateway or to the reading API and is no HTTP at all."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from groupage.serving import listen, serve_http


@pytest.fixture(name="port")
async def a_server() -> AsyncIterator[int]:
    """An empty application behind the server that all of ours run behind."""
    listener = listen("127.0.0.1", 0, setting="PORT")
    stop = asyncio.Event()
    serving = asyncio.create_task(
        serve_http(Starlette(), listener, stop, connections_max=10, grace_s=1)
    )
    yield listener.getsockname()[1]
    stop.set()
    await serving


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 80_000, "65536 bytes"),
    ],
    ids=["TLS on a plain port", "a head without end"],
)
async def test_what_is_no_request_gets_a_problem(port: int, sent: bytes, said: str) -> None:
    """400, in the form of every other refusal, and the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert int(head.lower().split(b"content-length: ")[1].split()[0]) == len(body)
    problem = json.loads(body)
    assert (problem["type"], problem["status"]) == ("urn:groupage:problem:bad_request", 400)
    assert said in problem["detail"]
