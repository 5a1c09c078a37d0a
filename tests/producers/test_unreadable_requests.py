"""Responses of our HTTP server to input that is not HTTP, and to too many connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette

from groupage.serving import listen, serve_http


@pytest.fixture(name="port")
async def a_server() -> AsyncIterator[int]:
    """An empty application on the server of the gateway and the read API."""
    listener = listen("127.0.0.1", 0, setting="PORT")
    stop = asyncio.Event()
    serving = asyncio.create_task(
        serve_http(Starlette(), listener, stop, connections_max=10, grace_s=1)
    )
    yield listener.getsockname()[1]
    stop.set()
    await serving


def problem_in(head: bytes, body: bytes) -> dict[str, Any]:
    """Check that the response is a problem document, and return it."""
    assert b"content-type: application/problem+json" in head
    assert int(head.lower().split(b"content-length: ")[1].split()[0]) == len(body)
    problem: dict[str, Any] = json.loads(body)
    return problem


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 80_000, "65536 bytes"),
    ],
    ids=["TLS on a plain port", "a head without end"],
)
async def test_unreadable_input_gets_a_problem(port: int, sent: bytes, words: str) -> None:
    """400, as every other problem, and the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 400 ")
    problem = problem_in(head, body)
    assert (problem["type"], problem["status"]) == ("urn:groupage:problem:bad_request", 400)
    assert words in problem["detail"]


async def test_one_connection_too_many_gets_a_problem(port: int) -> None:
    """The eleventh of ten gets 503 and Retry-After; when others close, the next is served."""
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(10)]

    async def request() -> tuple[bytes, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(5):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return head, body

    head, body = await request()
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in head
    problem = problem_in(head, body)
    assert (problem["type"], problem["status"]) == ("urn:groupage:problem:overloaded", 503)
    assert "more than 10 connections" in problem["detail"]
    for _, writer in held:
        writer.close()
    async with asyncio.timeout(5):
        while not (await request())[0].startswith(b"HTTP/1.1 404 "):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
