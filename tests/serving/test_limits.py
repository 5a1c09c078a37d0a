"""Responses of our HTTP server to input that is not HTTP, and to too many connections."""

import asyncio
import contextlib
import resource
from collections.abc import Iterator

import pytest
from structlog.testing import CapturingLogger

from groupage.serving import client_of, connections, descriptors, protocol, raise_descriptor_limit
from tests.serving.conftest import Serve, Served, parse_answer

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


LONG = b"y" * 80_000
UNREADABLE = {
    "TLS on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a head without end": HEAD + b"X: " + LONG,
    "a large head in one packet": HEAD + b"X: " + LONG + b"\r\n\r\n",
    "many headers": HEAD + b"X: yy\r\n" * 14_000 + b"\r\n",
    "a long path": b"GET /" + LONG + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


async def test_unreadable_input_gets_a_problem(serve: Serve) -> None:
    """400, as every other problem, and the server closes the connection."""
    served = await serve()
    for name, sent in UNREADABLE.items():
        answer = await served.send(sent)
        assert answer.status == 400, name
        assert answer.problem["type"] == "urn:groupage:problem:bad_request", name
        words = "HTTP/1.1" if "TLS" in name else "65536 bytes"
        assert words in answer.problem["detail"], name


async def test_trailers_have_a_size(serve: Serve) -> None:
    """They follow a chunked body, after the head, and could be without end."""
    served = await serve()
    chunked = b"GET /wait HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    for trailer in (b"X: " + b"y" * 500_000, b"X: yy\r\n" * 14_000):
        with contextlib.suppress(ConnectionResetError):  # the server has not read all of it
            answer = await served.send(chunked + trailer)
            assert "65536 bytes" in answer.problem["detail"]


async def test_trailers_are_not_headers(serve: Serve) -> None:
    """Who sends a token after the body has sent none."""
    served = await serve(token="f00dfeed0123456789ab")
    chunked = b"Host: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n"
    late = b"Authorization: Bearer f00dfeed0123456789ab\r\n\r\n"
    assert (await served.send(b"GET / HTTP/1.1\r\n" + chunked + late)).status == 401


async def hold(served: Served, number: int) -> list[asyncio.StreamWriter]:
    """Open connections with a request that is not answered yet."""
    held = []
    for _ in range(number):
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        held.append(writer)
    return held


async def test_one_request_too_many_gets_a_problem(serve: Serve) -> None:
    """It gets 503 and Retry-After, a probe its answer; later all are served."""
    served = await serve()
    held = await hold(served, 7)
    async with asyncio.timeout(5):
        while (answer := await served.get("/")).status != 503:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert answer.headers["retry-after"] == "1"
    assert answer.problem["type"] == "urn:groupage:problem:overloaded"
    assert "10 requests may be in progress" in answer.problem["detail"]
    assert (await served.get("/healthz")).status == 200
    served.go.set()
    async with asyncio.timeout(5):
        while (await served.get("/")).status != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for writer in held:
        writer.close()


async def test_a_client_leaves_requests_to_others(serve: Serve) -> None:
    """Three quarters of the requests at once may be of one address."""
    served = await serve(requests_max=12)
    held = await hold(served, 9)
    async with asyncio.timeout(5):
        while (answer := await served.get("/")).status != 503:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert "9 of them for one client" in answer.problem["detail"]
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", served.port, local_addr=("127.0.0.2", 0)
        )
    except OSError:
        pytest.skip("this system has a single loopback address")
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    async with asyncio.timeout(5):
        assert parse_answer(await reader.read()).status == 200
    served.go.set()
    for each in (writer, *held):
        each.close()


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("un:ix", "un:ix"),
    ],
)
def test_a_network_of_ipv6_is_one_client(address: str, client: str) -> None:
    """Its addresses are free to whoever has one of them."""
    assert client_of((address, 5_000)) == client


@pytest.fixture(name="logged")
def a_log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    """The lines that the server logs; structlog's own capture misses loggers already in use."""
    logger = CapturingLogger()
    for module in (connections, descriptors):
        monkeypatch.setattr(module, "log", logger)
    return logger


async def test_idle_connections_make_room_for_requests(
    serve: Serve, logged: CapturingLogger
) -> None:
    """Fifty connections that send nothing, or half a head: the idle longest are closed."""
    served = await serve()
    idle = []
    for number in range(50):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(HEAD if number % 2 else b"")
        idle.append((reader, writer))
    assert [(await served.get("/")).status for _ in range(30)] == [200] * 30
    async with asyncio.timeout(5):
        assert await idle[0][0].read() == b""
    for _, writer in idle:
        writer.close()
    assert [call.args for call in logged.calls] == [("connections_full",)]


async def test_a_connection_with_a_request_is_not_closed_for_others(serve: Serve) -> None:
    """When nothing is idle, a further connection gets 503 at once, before its request."""
    served = await serve(requests_max=8)
    held = await hold(served, 16)
    async with asyncio.timeout(5):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = parse_answer(await reader.read())
            writer.close()
            if answer.status == 503:
                break
    served.go.set()
    for writer in held:
        writer.close()


async def test_a_body_that_nobody_reads_does_not_hold_a_connection(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that goes on sending after its response is disconnected in time."""
    monkeypatch.setattr(protocol, "_WAIT_S", 0.05)
    served = await serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\nx")
    async with asyncio.timeout(5):
        assert (await reader.read()).endswith(b"here")
    writer.close()


@pytest.fixture(name="soft_limit")
def a_low_soft_limit() -> Iterator[int]:
    """A soft limit of 512 open files for this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    yield 512
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_and_logged(soft_limit: int, logged: CapturingLogger) -> None:
    """Connections derive from it: three fifths of what is free."""
    assert descriptors.connections_within(2_000) == (512 - 64) * 3 // 5
    assert descriptors.connections_within(20) == 20
    limit = raise_descriptor_limit()
    assert limit > soft_limit
    (line,) = logged.calls
    assert (line.args, line.kwargs) == (
        ("descriptor_limit",),
        {"limit": limit, "raised_from": soft_limit},
    )


async def test_a_process_without_descriptors_logs_it_once(
    soft_limit: int, logged: CapturingLogger
) -> None:
    """Once in a minute, however often it looks."""
    taken = []
    watching = asyncio.create_task(descriptors.watch_descriptors(look_every_s=0))
    try:
        while True:
            taken.append(open("/dev/null"))  # noqa: SIM115, PTH123, ASYNC230 - to run out
    except OSError:
        for _ in range(20):
            await asyncio.sleep(0)
    for file in taken:
        file.close()
    watching.cancel()
    assert len(taken) < soft_limit
    assert [call.args for call in logged.calls] == [("descriptors_exhausted",)]
