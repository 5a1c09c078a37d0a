"""Kafka and PostgreSQL for all tests of a run, however many processes run the tests.

The process that started the run owns the servers, since it outlives every worker process. It starts
a server when the first test asks for it, over a Unix socket, and stops it after the last test.
"""

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Literal

from groupage.app.local import servers
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.settings import LocalSettings

ServerName = Literal["kafka", "postgres"]

_STOP = "stop"


class SharedServers:
    """The owner's side: answers each request with a server's address."""

    def __init__(self) -> None:
        # PostgreSQL's socket lies below: the path must stay short.
        self._folder = Path(tempfile.mkdtemp(prefix="groupage-"))
        self.socket = str(self._folder / "ask")
        self._listener = Listener(self.socket)
        self._addresses: dict[str, str] = {}
        self._running: list[servers.RunningServer] = []
        # One thread starts both servers and lives as long as they do: Linux ends a child that asked
        # for it when the thread that started it ends, not only when the process does.
        self._thread = threading.Thread(target=self._serve, name="shared-servers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop what was started and remove its folder."""
        with Client(self.socket) as connection:
            connection.send(_STOP)
        self._thread.join(60)
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _serve(self) -> None:
        while True:
            # A worker that was killed while it waited must not end the servers of the others.
            with contextlib.suppress(EOFError, OSError), self._listener.accept() as connection:
                name = connection.recv()
                if name == _STOP:
                    break
                self._answer(connection, name)
        for server in self._running:
            server.child.stop()

    def _answer(self, connection: "Connection[object, object]", name: ServerName) -> None:
        try:
            if name not in self._addresses:
                self._addresses[name] = _START[name](self)
            connection.send((True, self._addresses[name]))
        except Exception as error:  # noqa: BLE001 - the test that asked raises it
            connection.send((False, repr(error)))

    def _data(self) -> DataDir:
        data = DataDir(self._folder / "hub")
        data.prepare()
        return data

    def _start_kafka(self) -> str:
        data = self._data()
        server = servers.start_kafka(
            servers.kafka_node(LocalSettings(), data, PortBook(data.ports_file))
        )
        self._running.append(server)
        servers.await_kafka(server)
        return server.address

    def _start_postgres(self) -> str:
        node = servers.postgres_node(self._data())
        server = servers.start_postgres(node)
        self._running.append(server)
        url = node.url("postgres")
        servers.await_postgres(server, url)
        return url


_START: dict[ServerName, Callable[[SharedServers], str]] = {
    "kafka": SharedServers._start_kafka,
    "postgres": SharedServers._start_postgres,
}


def address_of(name: ServerName, socket: str) -> str:
    """Ask the owner for a server's address; it is started if it does not run yet.

    Raises:
        RuntimeError: the server did not start; with the reason.
    """
    with Client(socket) as connection:
        connection.send(name)
        started, answer = connection.recv()
    if not started:
        raise RuntimeError(f"{name} did not start: {answer}")
    return str(answer)
