"""A server of the kind that every process runs, and requests to it byte for byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from groupage.serving import Guard, listen, serve_http


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document in the body."""
        assert self.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        return found


@dataclass
class Served:
    """A running server: `held` requests to ``/wait`` end when `go` is set."""

    port: int
    go: asyncio.Event
    refusals: list[str]

    async def send(self, raw: bytes) -> Answer:
        """Send bytes on a new connection, and read until the server closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        async with asyncio.timeout(10):
            whole = await reader.read()
        writer.close()
        return parse_answer(whole)

    async def get(self, path: str = "/", *headers: str, method: str = "GET") -> Answer:
        """Send a request without body; `headers` in place of a right Host."""
        lines = headers or (f"Host: 127.0.0.1:{self.port}",)
        head = "\r\n".join((f"{method} {path} HTTP/1.1", *lines, "Connection: close", "", ""))
        return await self.send(head.encode("latin-1"))


def parse_answer(whole: bytes) -> Answer:
    """Take a response apart; checks its length."""
    head, _, body = whole.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    assert int(headers["content-length"]) == len(body)
    return Answer(int(line.split()[1]), headers, body)


Serve = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers; each answers ``/``, ``/healthz`` and, when it may go on, ``/wait``."""

    async def start(
        *, host: str = "127.0.0.1", token: str = "", also: str = "", requests_max: int = 10
    ) -> Served:
        listener = listen(host, 0, setting="PORT")
        served = Served(listener.getsockname()[1], asyncio.Event(), [])
        guard = Guard(
            host=host,
            token=SecretStr(token) if token else None,
            setting="GROUPAGE_TEST_TOKEN",
            more_hosts=also.split(",") if also else (),
            on_refusal=served.refusals.append,
        )
        await running.enter_async_context(_serving(served, listener, guard, requests_max))
        return served

    async with AsyncExitStack() as running:
        yield start


def _app(served: Served) -> Starlette:
    async def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse("here")

    async def wait(_: Request) -> PlainTextResponse:
        await served.go.wait()
        return PlainTextResponse("at last")

    return Starlette(
        routes=[
            Route("/", answer, methods=["GET", "POST"]),
            Route("/healthz", answer),
            Route("/wait", wait),
        ]
    )


@asynccontextmanager
async def _serving(
    served: Served, listener: Any, guard: Guard, requests_max: int
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(
        serve_http(_app(served), listener, stop, guard=guard, requests_max=requests_max, grace_s=1)
    )
    yield
    served.go.set()
    stop.set()
    await task
