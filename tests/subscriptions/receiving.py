"""A receiver of deliveries: a small HTTP server on loopback, which answers as a test wants."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer with that status."""
    lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Request:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of the document."""
        results = json.loads(self.body)["epcisBody"]["queryResults"]
        events: list[dict[str, Any]] = results["resultsBody"]["eventList"]
        return events

    @property
    def ids(self) -> list[str]:
        """The ids of the events."""
        return [each["eventID"] for each in self.events]


Behaviour = Callable[[Request], bytes | None]
"""Returns the answer; empty: the connection ends; None: it stays open, without an answer."""


@dataclass
class TestReceiver:
    """What came, and how it is answered."""

    __test__ = False
    behave: Behaviour = lambda _: OK
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def host(self) -> str:
        """The entry of the setting that allows it."""
        return f"127.0.0.1:{self.port}"

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until the requests meet a condition."""
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(condition)

    async def wait_for(self, number: int) -> None:
        """Wait until so many requests have come."""
        await self.wait_until(lambda: len(self.requests) >= number)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is gone
        finally:
            self._writers.remove(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; False: the connection ends."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.strip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (each.partition(":") for each in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(line, headers, body)
        answered = self.behave(request)
        async with self._came:
            self.requests.append(request)
            self._came.notify_all()
        if answered is None:
            await reader.read()  # until the client gives up
        if not answered:
            return False
        writer.write(answered)
        await writer.drain()
        return True

    def close(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()


def certificate(name: str) -> Path:
    """A certificate for that name with its key. No authority signed it."""
    return Path(__file__).with_name("certificates") / f"{name}.pem"


@asynccontextmanager
async def receiving(
    behave: Behaviour = lambda _: OK, *, certificate_of: str = ""
) -> AsyncIterator[TestReceiver]:
    """Receive on a free port; with the certificate of a name by HTTPS."""
    receiver, tls = TestReceiver(behave), None
    if certificate_of:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate(certificate_of))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, limit=2**20, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        receiver.close()
        await asyncio.sleep(0)
