"""Answers of receivers: whatever they are, a delivery is confirmed or failed."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.app.subscriptions.destination import read_destination, require_allowed
from groupage.app.subscriptions.failure import DeliveryFailed
from groupage.app.subscriptions.receiver import Receiver
from groupage.settings import SubscriptionSettings

HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 429 -\r\nRetry-After: ",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
        b"HTTP/1.1 204 -\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"",
    ]
)
ENDS = st.sampled_from([b"", b"\r\n\r\n"])


async def deliver(answered: bytes) -> DeliveryFailed | None:
    """Deliver to a receiver that answers so and closes; return its failure."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answered)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    destination = read_destination(f"http://{host}/hook?key=hidden")
    allowed = require_allowed(destination, SubscriptionSettings(hosts=host).allowed_hosts)
    try:
        async with Receiver(destination, allowed, timeout_s=60) as receiver:
            await receiver.post(b"{}", {"Content-Type": "application/json"})
    except DeliveryFailed as failure:
        return failure
    finally:
        server.close()
    return None


@given(HEADS, st.binary(max_size=200), ENDS)
@settings(max_examples=150)
def test_any_answer_confirms_or_fails(head: bytes, middle: bytes, end: bytes) -> None:
    """Nothing else is raised, and no failure repeats the address or what the receiver sent."""
    failure = asyncio.run(deliver(head + middle + b"secret" + end))
    if failure is None:
        assert b" 2" in head + middle
    else:
        assert "hidden" not in str(failure)
        assert "secret" not in str(failure)
        assert failure.retry_after_s is None or 1 <= failure.retry_after_s <= 3_600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("99999999999999999999", 3_600),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3_600),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
    ],
)
def test_the_wait_that_a_receiver_asks_for_is_bounded(text: str, seconds: float | None) -> None:
    """From a second to an hour; another text asks for nothing."""
    head = f"HTTP/1.1 503 -\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n"
    failure = asyncio.run(deliver(head.encode()))
    assert failure is not None
    assert failure.retry_after_s == seconds
