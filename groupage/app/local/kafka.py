"""A single-node Apache Kafka (KRaft) on loopback: configure, format, start, and wait for it."""

import asyncio
import base64
import logging
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from groupage.app.local.child import Child, tail
from groupage.app.local.class_archive import ClassArchive
from groupage.app.local.java import Java
from groupage.app.local.ports import is_listening
from groupage.domain.errors import Unavailable
from groupage.settings import LOOPBACK

_FORMAT_TIMEOUT_S = 60.0
_READY_POLL_S = 0.15
_PROBE_TIMEOUT_S = 3.0
_READY_GROUP = "groupage-ready"

_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""One machine shares its cores with all of groupage: the optimizing compiler costs more CPU time in
a broker's first minutes than its code saves, and a small heap needs no parallel collector."""

# Read by log4j from a file: there is no system property for a whole configuration.
_LOG4J = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601}{UTC}Z %-5p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
logger.log.name = kafka.log.LogManager
logger.log.level = info
"""


@dataclass(frozen=True)
class KafkaNode:
    """Where one broker keeps its data and listens."""

    folder: Path
    log_file: Path
    port: int
    controller_port: int
    heap_mib: int
    java: Java
    jars: Path

    @property
    def bootstrap_servers(self) -> str:
        """``host:port`` for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def properties_file(self) -> Path:
        """The broker's configuration; its path also tells this broker's process from others."""
        return self.folder / "server.properties"

    def prepare(self) -> None:
        """Write the configuration; format the storage the first time. Safe to repeat."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.properties").write_text(_LOG4J, encoding="utf-8")
        self.properties_file.write_text(self.properties(), encoding="utf-8")
        # Kafka's own mark may be there after a format that was cut off; ours comes after the whole.
        mark = self.folder / "formatted"
        if not mark.exists():
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            self._format()
            mark.touch()

    def properties(self) -> str:
        """Return the text of ``server.properties``."""
        values = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{LOOPBACK}:{self.controller_port}",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{self.port},"
            f"CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(self.folder / "data"),
            # One node: nothing to replicate to.
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            # Fifty partitions each by default: that many open files and log recoveries for nothing.
            "offsets.topic.num.partitions": "8",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.num.partitions": "2",
            # Topics come from the topic table, never by accident.
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            # After kill -9 the old session must expire before the listener opens: 9 s by default.
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
            "log.segment.bytes": str(128 * 2**20),
            # Disk before memory: the event log is the truth, topics set their own retention.
            "log.retention.ms": "-1",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "num.recovery.threads.per.data.dir": "2",
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())

    @property
    def class_archive(self) -> ClassArchive:
        """The archive of the classes that these jars hold."""
        return ClassArchive(self.java, self.jars, self.folder / "classes.jsa")

    def child(self, *, writes_class_archive: bool = False) -> Child:
        """Return the broker as a child process; on SIGTERM it closes its logs cleanly.

        With `writes_class_archive` a broker without an archive takes some seconds to end.
        """
        return Child(
            name="kafka",
            program=self._java(
                *self.class_archive.options(write=writes_class_archive),
                f"-Xms{min(256, self.heap_mib)}m",
                f"-Xmx{self.heap_mib}m",
                "-XX:+ExitOnOutOfMemoryError",
                f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
                "kafka.Kafka",
                str(self.properties_file),
            ),
            log_file=self.log_file,
            stop_budget_s=20.0,
        )

    def _java(self, *arguments: str) -> list[str]:
        return [str(self.java.program), *_JVM, "-cp", f"{self.jars}/*", *arguments]

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode("ascii")
        # --cluster-id=X, not two words: a third of all ids in base64 may start with a dash.
        command = self._java(
            *("-Xmx128m", "kafka.tools.StorageTool", "format"),
            *(f"--cluster-id={cluster_id}", "--ignore-formatted"),
            f"--config={self.properties_file}",
        )
        with self.log_file.open("ab") as output:
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=_FORMAT_TIMEOUT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise Unavailable(
                    f"Kafka's storage was not formatted within {_FORMAT_TIMEOUT_S:g} s; "
                    f"see {self.log_file}"
                ) from error
        if done.returncode:
            raise Unavailable(
                f"Kafka's storage in {self.folder} could not be formatted:\n"
                f"{tail(self.log_file, 8)}"
            )


def is_ready(bootstrap_servers: str) -> bool:
    """Return whether Kafka answers and coordinates consumer groups.

    Asking for a group's coordinator makes Kafka create ``__consumer_offsets``, so that the first
    real group does not meet ``GroupCoordinatorNotAvailable``.
    """
    host, _, port = bootstrap_servers.split(",", maxsplit=1)[0].rpartition(":")
    if not is_listening(int(port), host):
        return False
    return asyncio.run(_probe(bootstrap_servers))


def wait_ready(
    bootstrap_servers: str,
    *,
    timeout_s: float,
    still_there: Callable[[], bool] = lambda: True,
) -> bool:
    """Wait until :func:`is_ready`; False after the timeout or once ``still_there`` is false."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and still_there():
        if is_ready(bootstrap_servers):
            return True
        time.sleep(_READY_POLL_S)
    return False


async def _probe(bootstrap_servers: str) -> bool:
    # Imported here: half a second that a start spends while the JVM boots anyway.
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    # It logs each refused connection as an error, and refusals are what a start is full of.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=2000)
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            await admin.start()
            await admin.find_coordinator(_READY_GROUP)
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
    return True
