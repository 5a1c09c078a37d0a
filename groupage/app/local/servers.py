"""The two servers of a data directory: start them and wait for them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from groupage.app.local import kafka, postgres
from groupage.app.local.artifacts import Progress, fetch, locked_jars
from groupage.app.local.child import Child
from groupage.app.local.java import find_java
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.domain.errors import Unavailable
from groupage.settings import LocalSettings

KAFKA_READY_TIMEOUT_S = 90.0
"""After a hard stop Kafka reads its logs again, and the machine may be busy."""
POSTGRES_READY_TIMEOUT_S = 60.0


IsWanted = Callable[[], bool]
"""Returns False once nobody waits for the server."""


def _always() -> bool:
    return True


_HELD_BRIEFLY = ("shared memory block", 'lock file "postmaster.pid" already exists')
"""Log texts of a PostgreSQL whose killed predecessor still holds memory or its process id."""


@dataclass(frozen=True)
class RunningServer:
    """A started server: its process and its address."""

    child: Child
    address: str


def kafka_node(
    settings: LocalSettings,
    data: DataDir,
    ports: PortBook,
    progress: Progress = lambda _have, _want: None,
) -> kafka.KafkaNode:
    """Find Java, fetch the jars, choose the ports."""
    java = find_java()
    jars = fetch(settings.cache_dir, locked_jars(), mirror=settings.maven_mirror, progress=progress)
    return kafka.KafkaNode(
        folder=data.kafka,
        log_file=data.logs / "kafka.log",
        port=ports.port("kafka", wanted=settings.kafka_port, variable="GROUPAGE_KAFKA_PORT"),
        controller_port=ports.port("kafka-controller"),
        heap_mib=settings.kafka_heap_mib,
        java=java,
        jars=jars,
    )


def postgres_node(data: DataDir) -> postgres.PostgresNode:
    """Return the PostgreSQL of this data directory."""
    return postgres.PostgresNode(
        folder=data.postgres, socket_dir=data.socket_dir(), log_file=data.logs / "postgres.log"
    )


def start_kafka(node: kafka.KafkaNode, *, writes_class_archive: bool = False) -> RunningServer:
    """Start the broker, without waiting for it."""
    node.prepare()
    child = node.child(writes_class_archive=writes_class_archive)
    child.start()
    return RunningServer(child=child, address=node.bootstrap_servers)


def start_postgres(node: postgres.PostgresNode) -> RunningServer:
    """Start the database server, without waiting for it."""
    node.prepare()
    child = node.child()
    child.start()
    return RunningServer(child=child, address=node.url())


def await_kafka(server: RunningServer, is_wanted: IsWanted = _always) -> None:
    """Raises Unavailable, with the end of the log, when the broker does not come up."""
    if not kafka.wait_ready(
        server.address,
        timeout_s=KAFKA_READY_TIMEOUT_S,
        still_there=lambda: is_wanted() and server.child.is_running(),
    ):
        raise _start_failed(server.child, KAFKA_READY_TIMEOUT_S)


def await_postgres(
    server: RunningServer, maintenance_url: str, is_wanted: IsWanted = _always
) -> None:
    """Wait, then make the hub's database. Raises Unavailable with the end of the log."""
    deadline = time.monotonic() + POSTGRES_READY_TIMEOUT_S
    while not postgres.wait_ready(
        maintenance_url,
        timeout_s=deadline - time.monotonic(),
        still_there=lambda: is_wanted() and server.child.is_running(),
    ):
        held = any(words in server.child.log_tail() for words in _HELD_BRIEFLY)
        if not is_wanted() or not held or time.monotonic() >= deadline:
            raise _start_failed(server.child, POSTGRES_READY_TIMEOUT_S)
        time.sleep(0.5)
        server.child.start()
    asyncio.run(postgres.create_database(maintenance_url))


def _start_failed(child: Child, timeout_s: float) -> Unavailable:
    status = child.poll()
    how = f"ended with status {status}" if status is not None else f"not ready in {timeout_s:g} s"
    return Unavailable(
        f"{child.name} did not start ({how}); its log {child.log_file} ends with:\n"
        f"{child.log_tail()}"
    )
