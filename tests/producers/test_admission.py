"""What bodies cost while they arrive, and whom a slow one holds up: only its sender."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from starlette.requests import Request

from groupage.serving import Guard, listen, serve_http
from groupage.settings import GatewaySettings, KafkaSettings
from producers.gateway import admission
from producers.gateway.admission import Admission
from producers.gateway.app import Gateway, create_app
from producers.gateway.problems import HttpProblem
from tests.serving.conftest import Answer, parse_answer

MIB = 2**20
SETTINGS = GatewaySettings(max_in_flight_bytes=4 * MIB, max_body_bytes=MIB)


class Sender:
    """A request whose body comes in pieces, as the test sends them."""

    def __init__(self, client: str = "192.0.2.1", *, announced: int | None = None) -> None:
        length = [(b"content-length", str(announced).encode())] if announced is not None else []
        self._messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        scope = {"type": "http", "method": "POST", "headers": length, "client": (client, 5_000)}
        self.request = Request(scope, self._messages.get)

    def send(self, size_bytes: int, *, more: bool = False) -> "Sender":
        """Send a piece of the body."""
        body = b"x" * size_bytes
        self._messages.put_nowait({"type": "http.request", "body": body, "more_body": more})
        return self


async def admitted(entrance: Admission, sender: Sender) -> int:
    """The size of the body, once it is complete."""
    async with entrance.admit(sender.request) as body:
        return len(body)


async def let_others_run() -> None:
    """Let every task go on as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_announced_bytes_count_only_when_they_come() -> None:
    """Bodies of full size that are announced and do not come take nothing from anybody."""
    entrance = Admission(SETTINGS)
    async with asyncio.TaskGroup() as group:
        slow = [Sender(announced=MIB).send(1, more=True) for _ in range(50)]
        tasks = [group.create_task(admitted(entrance, sender)) for sender in slow]
        await let_others_run()
        assert await admitted(entrance, Sender().send(MIB)) == MIB
        for sender in slow:
            sender.send(1)
    assert [task.result() for task in tasks] == [2] * 50


async def test_unfinished_bodies_take_only_the_share_of_their_sender() -> None:
    """Others send bodies of any size, and everybody, the slow one too, single events."""
    entrance = Admission(SETTINGS)
    async with asyncio.TaskGroup() as group:
        stalled = Sender().send(MIB - 1, more=True)
        task = group.create_task(admitted(entrance, stalled))
        await let_others_run()
        with pytest.raises(HttpProblem) as refused:
            await admitted(entrance, Sender().send(200_000))
        assert await admitted(entrance, Sender().send(64 * 1024)) == 64 * 1024
        assert await admitted(entrance, Sender("192.0.2.2").send(MIB)) == MIB
        stalled.send(1)
    assert task.result() == MIB
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert "983039 bytes of unfinished bodies from 192.0.2.1" in refused.value.detail
    assert "Kafka" not in refused.value.detail
    assert await admitted(entrance, Sender().send(MIB)) == MIB


async def test_bytes_that_wait_for_kafka_are_named_so() -> None:
    """They count from the last byte of the body to Kafka's answer; a refusal holds nothing."""
    entrance = Admission(SETTINGS)
    async with AsyncExitStack() as waiting:
        for _ in range(4):
            await waiting.enter_async_context(entrance.admit(Sender().send(MIB).request))
        for sender in (Sender(announced=1), Sender().send(1)):
            with pytest.raises(HttpProblem, match="4194304 bytes of events wait for Kafka") as full:
                await admitted(entrance, sender)
            assert full.value.headers == {"Retry-After": "1"}
        assert await admitted(entrance, Sender().send(0)) == 0
    assert await admitted(entrance, Sender().send(MIB)) == MIB


async def test_a_body_has_a_least_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the last span, not the average: a body that began fast may not stall. Then it is free."""
    monkeypatch.setattr(admission, "_SPAN_S", 0.02)
    entrance = Admission(SETTINGS)
    for begun in (0, 5_119, MIB - 1):
        with pytest.raises(HttpProblem) as slow:
            await admitted(entrance, Sender().send(begun, more=True))
        assert (slow.value.status, slow.value.code) == (408, "too_slow")
        assert f"{begun} in all; at least 5120 in 0.02 s" in slow.value.detail
        assert slow.value.headers == {"Connection": "close"}
    assert await admitted(entrance, Sender().send(MIB)) == MIB


async def test_each_span_of_a_body_counts_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then does not keep a body alive that began with much."""
    monkeypatch.setattr(admission, "_SPAN_S", 0.02)
    sender = Sender().send(900_000, more=True).send(100, more=True).send(1, more=True)
    with pytest.raises(HttpProblem, match="the body brought 101 bytes"):
        await admitted(Admission(SETTINGS), sender)


async def test_a_body_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one that is fast enough all the time."""
    monkeypatch.setattr(admission, "_BODY_TIMEOUT_S", 0.02)
    sender = Sender()
    for _ in range(3):
        sender.send(6_000, more=True)
    with pytest.raises(HttpProblem, match=r"did not arrive within 0\.02 s"):
        await admitted(Admission(SETTINGS), sender)


async def test_a_body_beyond_the_budget_is_too_large() -> None:
    """503 would make its sender try for ever."""
    entrance = Admission(GatewaySettings(max_in_flight_bytes=MIB, max_body_bytes=2 * MIB))
    for sender in (Sender(announced=MIB + 1), Sender().send(MIB + 1)):
        with pytest.raises(HttpProblem) as refused:
            await admitted(entrance, sender)
        assert refused.value.status == 413


# --- the same over sockets ----------------------------------------------------------------------


@pytest.fixture(name="port")
async def a_gateway() -> AsyncIterator[int]:
    """A gateway that has not reached Kafka: an admitted event gets 503 with other words."""
    gateway = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    listener = listen("127.0.0.1", 0, setting="PORT")
    stop = asyncio.Event()
    guard = Guard(host="127.0.0.1", token=None, setting="GROUPAGE_GATEWAY_TOKEN")
    serving = asyncio.create_task(
        serve_http(create_app(gateway), listener, stop, guard=guard, requests_max=50, grace_s=1)
    )
    yield listener.getsockname()[1]
    stop.set()
    await serving


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def post(port: int, head: bytes, body: bytes) -> Connection:
    """Begin a request for a batch."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/events:batch HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/cloudevents-batch+json\r\n" + head + b"\r\n" + body
    )
    return reader, writer


async def read_answer(connection: Connection) -> Answer:
    """Read a response to its end."""
    reader, writer = connection
    async with asyncio.timeout(10):
        whole = await reader.read()
    writer.close()
    return parse_answer(whole)


async def test_slow_sockets_do_not_shut_the_gateway(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that announce 16 MiB and send a byte: others are served, they get 408."""
    monkeypatch.setattr(admission, "_SPAN_S", 0.5)
    announcing = b"Content-Length: 16777216\r\n"
    slow = [await post(port, announcing, b"[") for _ in range(8)]
    slow.append(await post(port, b"Transfer-Encoding: chunked\r\n", b"1\r\n[\r\n"))
    for _ in range(3):
        other = await read_answer(await post(port, b"Content-Length: 2\r\n", b"[]"))
        assert other.status == 202
    for connection in slow:
        answer = await read_answer(connection)
        assert answer.status == 408
        assert "the body brought 1 bytes in 0.5 s" in answer.problem["detail"]
