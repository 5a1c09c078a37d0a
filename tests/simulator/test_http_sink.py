"""Facts through HTTP: to a server that is busy, away, or rejects one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest
import stamina
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from groupage.domain.errors import InvalidInput, Unavailable
from groupage.domain.events.unit import UnitReceived
from groupage.serving import Guard, address_of, listen, serve_http
from producers.publisher import new_fact
from producers.simulator.http import HttpSink

FACT = new_fact(
    UnitReceived(unit_id="106141412345678908", dock="D4"),
    source="/wms/1",
    event_id="r-1",
    occurred_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
)
TOKEN = SecretStr("f00dfeed0123456789ab")
BUSY = Response(status_code=503, headers={"Retry-After": "0"})


class Gateway:
    """Answers batches with the responses that it was given, and keeps the bodies."""

    def __init__(self) -> None:
        self.responses: list[Response] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def post(self, request: Request) -> Response:
        """Answer one batch."""
        self.bodies.append(await request.body())
        return self.responses.pop(0)


@pytest.fixture(name="gateway")
async def a_gateway() -> AsyncIterator[Gateway]:
    """One that listens on a port of its own."""
    gateway = Gateway()
    app = Starlette(routes=[Route("/v1/events:batch", gateway.post, methods=["POST"])])
    listener = listen("127.0.0.1", 0, setting="PORT")
    gateway.url = address_of(listener)
    stop = asyncio.Event()
    guard = Guard(host="127.0.0.1", token=TOKEN, setting="GROUPAGE_GATEWAY_TOKEN")
    serving = asyncio.create_task(
        serve_http(app, listener, stop, guard=guard, requests_max=9, grace_s=1)
    )
    yield gateway
    stop.set()
    await serving


async def test_a_busy_gateway_gets_the_same_batch_again(gateway: Gateway) -> None:
    """When it asks for time, and when Kafka took only a part of the batch."""
    partly = JSONResponse({"unavailable": 1}, 207)
    gateway.responses = [BUSY, partly, JSONResponse({"accepted": 2}, 202)]
    with stamina.set_testing(True, attempts=8):
        async with HttpSink(gateway.url, token=TOKEN) as sink:
            await sink.send(sink.encode([FACT, FACT]))
    assert len(gateway.bodies) == 3
    assert len(set(gateway.bodies)) == 1
    assert [item["id"] for item in msgspec.json.decode(gateway.bodies[0])] == ["r-1", "r-1"]


async def test_a_gateway_that_stays_busy_or_is_away_is_given_up(gateway: Gateway) -> None:
    """After a few attempts, with its address and its words."""
    gateway.responses = [BUSY] * 3
    with stamina.set_testing(True, attempts=3):
        async with HttpSink(gateway.url, token=TOKEN) as sink:
            with pytest.raises(Unavailable, match="did not take the facts"):
                await sink.send(sink.encode([FACT]))
        async with HttpSink("http://127.0.0.1:9") as nowhere:
            with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9.*did not take the facts"):
                await nowhere.send(nowhere.encode([FACT]))
    assert gateway.responses == []


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (JSONResponse({"rejected": 1, "items": [{"outcome": "invalid", "id": "r-1"}]}, 207), "r-1"),
        (Response("no such path", 404), "404: no such path"),
    ],
    ids=["a fact", "the request"],
)
async def test_a_rejection_ends_the_sending(
    gateway: Gateway, response: Response, words: str
) -> None:
    """It would be rejected again."""
    gateway.responses = [response]
    async with HttpSink(gateway.url, token=TOKEN) as sink:
        with pytest.raises(InvalidInput, match=words):
            await sink.send(sink.encode([FACT]))
    assert len(gateway.bodies) == 1


async def test_a_wrong_token_ends_the_sending(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the gateway's words, which name the setting; the environment has the right token."""
    monkeypatch.setenv("GROUPAGE_GATEWAY_URL", gateway.url)
    monkeypatch.delenv("GROUPAGE_GATEWAY_TOKEN", raising=False)
    async with HttpSink.from_environment() as sink:
        with pytest.raises(InvalidInput, match=r"401.*GROUPAGE_GATEWAY_TOKEN"):
            await sink.send(sink.encode([FACT]))
    monkeypatch.setenv("GROUPAGE_GATEWAY_TOKEN", TOKEN.get_secret_value())
    gateway.responses = [JSONResponse({"accepted": 1}, 202)]
    async with HttpSink.from_environment() as sink:
        await sink.send(sink.encode([FACT]))
