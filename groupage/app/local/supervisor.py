"""Start a hub's processes in order, restart those that die, stop them in order."""

import os
import time
from collections.abc import Callable

import msgspec
import structlog
from pydantic import SecretStr

from groupage.app.local import servers
from groupage.app.local.child import Child, Identity
from groupage.app.local.class_archive import ClassArchive
from groupage.app.local.hub_secret import make_secret, secret_variables
from groupage.app.local.managed_process import ManagedProcess
from groupage.app.local.orphans import end_orphans
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.app.local.process_specs import MIGRATE, TOPICS, groupage, process_specs
from groupage.app.local.readiness import Watch, ask_readiness
from groupage.app.local.state import (
    Clock,
    HubLock,
    HubState,
    Phase,
    ProcessState,
    read_state,
    write_state,
)
from groupage.domain.errors import GroupageError, Unavailable
from groupage.settings import (
    LOOPBACK,
    DatabaseSettings,
    KafkaSettings,
    LocalSettings,
    PolicySettings,
)

_READY_TIMEOUT_S = 90.0
_ONE_SHOT_TIMEOUT_S = 3_600.0
"""A migration may rewrite a large table."""
_POLL_S = 0.1
_LOGS_EVERY_S = 5.0
_WRITE_AGAIN_S = 1.0
_SERVERS = 0
"""Stage of the servers: they stop last, and at the same time, since neither needs the other."""

log = structlog.get_logger(__name__)


class StopRequested(GroupageError):
    """A signal interrupted the start."""


class Supervisor:
    """One hub on one machine. Use it from one thread: :meth:`start`, :meth:`run`, :meth:`stop`.

    ``kafka`` and ``database`` name existing servers; without them real ones are started here.
    Without ``clock`` the hub keeps its kind of time: a simulated time goes on from the last tick.
    ``report`` gets each step of a start in words. :meth:`request_stop` may be called from
    a signal handler.
    """

    def __init__(
        self,
        settings: LocalSettings,
        *,
        kafka: KafkaSettings | None = None,
        database: DatabaseSettings | None = None,
        clock: Clock | None = None,
        servers_only: bool = False,
        report: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._settings = settings
        self._data = DataDir(settings.data_dir.expanduser().absolute())
        self._kafka = kafka
        self._database = database
        self._wanted_clock = clock
        self._servers_only = servers_only
        self._report = report
        self._class_archive: ClassArchive | None = None
        self._lock = HubLock(self._data.lock_file)
        self._managed: list[ManagedProcess] = []
        self._one_shots: list[Child] = []
        self._stop_requested = False
        self._logs_bounded_at = self._write_again_at = 0.0
        self._is_written = False
        identity = Identity.of(os.getpid())
        assert identity, "this process runs"
        self._state = HubState(
            phase="starting", doing="", supervisor=identity, clock=clock or "wall"
        )

    @property
    def state(self) -> HubState:
        """The content of ``state.json``."""
        return self._state

    def request_stop(self) -> None:
        """Make :meth:`start` give up, or :meth:`run` return, within a moment."""
        self._stop_requested = True

    def start(self) -> None:
        """Start everything. On any failure stop everything again, then raise.

        Raises Conflict when the data directory has a hub already, Misconfigured or Unavailable
        with what to do when something is missing, StopRequested after :meth:`request_stop`.
        """
        self._data.prepare()
        self._lock.acquire()
        try:
            end_orphans(self._data)
            self._update_state(clock=self._choose_clock(read_state(self._data.state_file)))
            make_secret(self._data)
            ports = PortBook(self._data.ports_file)
            self._start_servers(ports)
            if not self._servers_only:
                self._start_processes(ports)
            ports.save()
            self._write("running", "")
        except BaseException:
            self.stop()
            raise

    def run(self) -> None:
        """Restart processes that die, until :meth:`request_stop`."""
        while not self._stop_requested:
            self.watch_once()
            time.sleep(_POLL_S)

    def watch_once(self) -> None:
        """Find processes that died, and restart those whose backoff is over."""
        now = time.monotonic()
        for managed in self._managed:
            managed.watch(now)
        if now - self._logs_bounded_at > _LOGS_EVERY_S:
            self._logs_bounded_at = now
            for managed in self._managed:
                managed.child.bound_log()
        again = not self._is_written and now >= self._write_again_at
        if again or self._snapshots() != self._state.processes:
            self._write(self._state.phase, self._state.doing)

    def stop(self) -> None:
        """Stop everything in order: intake, the rest of groupage, the servers. Never raises."""
        if self._managed:
            self._write("stopping", "stopping")
        for child in self._one_shots:
            child.stop()
        for managed in self._managed:
            managed.stop_watching()
        for stage in sorted({s.stage for s in self._managed}, reverse=True):
            together = [s for s in self._managed if s.stage == stage]
            for managed in together:
                managed.child.signal_stop()
            for managed in together:
                deadline = time.monotonic() + managed.child.stop_budget_s
                cleanly = managed.child.wait_stopped(deadline)
                managed.state = "stopped"
                if managed.child.name == "kafka" and cleanly and self._class_archive:
                    self._class_archive.keep()
        if self._managed:
            self._write("stopped", "")
        self._lock.release()

    # --- start, step by step --------------------------------------------------------------------

    def _choose_clock(self, before: HubState | None) -> Clock:
        """Return the wanted clock, else what follows from the hub's last one."""
        if before is not None and self._servers_only:
            return before.clock  # a rebuild judges the log by the clock that the hub had
        if self._wanted_clock is not None or before is None:
            return self._wanted_clock or "wall"
        # The time of day would be a leap of months, past every deadline, for the day of a demo.
        return "wall" if before.clock == "wall" else "simulated"

    def _start_servers(self, ports: PortBook) -> None:
        """Start both servers, then make topics and tables; steps run together where they can."""
        broker = self._start_kafka(ports)
        self._start_postgres()
        migrate = self._begin_one_shot(MIGRATE)
        if broker:
            self._report_step("waiting for Kafka")
            self._wait(lambda: servers.await_kafka(broker, self._is_wanted))
        topics = self._begin_one_shot(TOPICS)
        for one_shot in (migrate, topics):
            self._finish(one_shot)
        if not self._servers_only:
            self._adopt_changed_policy()
        for managed in self._managed:
            managed.state = "running"

    def _start_kafka(self, ports: PortBook) -> servers.RunningServer | None:
        if self._kafka:
            self._update_state(
                kafka_bootstrap_servers=self._kafka.bootstrap_servers, kafka_is_local=False
            )
            return None
        self._report_step("preparing Kafka")
        node = servers.kafka_node(self._settings, self._data, ports, self._jars_progress)
        broker = servers.start_kafka(node, writes_class_archive=True)
        self._class_archive = node.class_archive
        self._manage(broker.child, stage=_SERVERS)
        self._update_state(kafka_bootstrap_servers=broker.address)
        return broker

    def _start_postgres(self) -> None:
        if self._database:
            self._update_state(
                database_url=self._database.url.get_secret_value(), database_is_local=False
            )
            return
        self._report_step("starting PostgreSQL")
        node = servers.postgres_node(self._data)
        server = servers.start_postgres(node)
        self._manage(server.child, stage=_SERVERS)
        self._update_state(database_url=server.address)
        self._wait(lambda: servers.await_postgres(server, node.url("postgres"), self._is_wanted))

    def _adopt_changed_policy(self) -> None:
        if PolicySettings().path is None:
            return
        self._report_step("reading the policy")
        from groupage.app.local.policy_file import adopt_changed_policy  # noqa: PLC0415 - aiokafka

        kafka = self._kafka or KafkaSettings.of_own_broker(self._state.kafka_bootstrap_servers)
        database = self._database or DatabaseSettings(url=SecretStr(self._state.database_url))
        wall = self._state.clock == "wall"
        note = adopt_changed_policy(self._data, kafka, database, wall_clock=wall)
        self._update_state(policy=note)

    def _wait(self, wait: Callable[[], None]) -> None:
        try:
            wait()
        finally:
            self._check_stop()  # rather than the complaint that the server is not up yet

    def _begin_one_shot(self, arguments: tuple[str, ...]) -> Child:
        child = self._child(arguments[0], groupage(*arguments))
        child.start()
        self._one_shots.append(child)
        return child

    def _finish(self, child: Child) -> None:
        self._report_step(f"groupage {child.name}")
        deadline = time.monotonic() + _ONE_SHOT_TIMEOUT_S
        while child.is_running() and time.monotonic() < deadline:
            self._pause()
        if not child.wait_stopped(deadline) or child.poll():
            raise Unavailable(
                f"`groupage {child.name}` failed; its log {child.log_file} ends with:\n"
                f"{child.log_tail()}"
            )

    def _start_processes(self, ports: PortBook) -> None:
        gateway_port = ports.port(
            "gateway", wanted=self._settings.gateway_port, variable="GROUPAGE_GATEWAY_PORT"
        )
        api_port = ports.port("api", wanted=self._settings.api_port, variable="GROUPAGE_API_PORT")
        self._update_state(
            gateway_url=f"http://{LOOPBACK}:{gateway_port}",
            api_url=f"http://{LOOPBACK}:{api_port}",
        )
        specs = process_specs(
            self._settings,
            ports,
            gateway_port=gateway_port,
            api_port=api_port,
            with_clock=self._state.clock != "external",
        )
        for stage in sorted({spec.stage for spec in specs}):
            together = []
            for spec in specs:
                if spec.stage != stage:
                    continue
                environment = {
                    **spec.environment,
                    "GROUPAGE_METRICS_PORT": str(spec.metrics_port),
                }
                child = self._child(spec.name, spec.program, environment)
                child.stop_budget_s = spec.stop_budget_s
                child.start()
                together.append(self._manage(child, stage=stage, metrics=spec.metrics_url))
            for managed in together:
                self._await_ready(managed)

    def _await_ready(self, managed: ManagedProcess) -> None:
        child = managed.child
        self._report_step(f"starting {child.name}")
        deadline = time.monotonic() + _READY_TIMEOUT_S
        answer = "no answer"
        while child.is_running() and time.monotonic() < deadline:
            readiness = ask_readiness(managed.metrics or "")
            if readiness.started:
                managed.state = "running"
                managed.watch_readiness = Watch(managed.metrics or "")
                return
            answer = readiness.problem
            self._pause()
        how = (
            f"not ready in {_READY_TIMEOUT_S:g} s: {answer}"
            if child.is_running()
            else f"ended with status {child.poll()}"
        )
        raise Unavailable(
            f"{child.name} did not start ({how}); its log {child.log_file} ends with:\n"
            f"{child.log_tail()}"
        )

    def _child(
        self, name: str, program: list[str], environment: dict[str, str] | None = None
    ) -> Child:
        return Child(
            name=name,
            program=program,
            log_file=self._data.logs / f"{name}.log",
            environment={
                **self._state.kafka_variables(),
                "GROUPAGE_DATABASE_URL": self._state.database_url,
                "GROUPAGE_DATA_DIR": str(self._data.root),
                "GROUPAGE_LOG_FORMAT": "json",
                "GROUPAGE_CLOCK_SOURCE": self._state.clock,
                **secret_variables(self._data, os.environ),
                **(environment or {}),
            },
        )

    def _manage(self, child: Child, *, stage: int, metrics: str | None = None) -> ManagedProcess:
        managed = ManagedProcess(
            child=child,
            stage=stage,
            metrics=metrics,
            restart_wait_max_s=self._settings.restart_wait_max_s,
        )
        self._managed.append(managed)
        # At once: the next start finds the process by this record if we are killed now.
        self._write(self._state.phase, self._state.doing)
        return managed

    def _jars_progress(self, have: int, want: int) -> None:
        if have < want:
            self._report_step(f"fetching Kafka, {have} of {want} jars")

    def _report_step(self, doing: str) -> None:
        self._check_stop()
        self._report(doing)
        self._write("starting", doing)

    def _pause(self) -> None:
        self._check_stop()
        time.sleep(_POLL_S)

    def _is_wanted(self) -> bool:
        return not self._stop_requested

    def _check_stop(self) -> None:
        if self._stop_requested:
            raise StopRequested

    def _update_state(self, **facts: object) -> None:
        self._state = msgspec.structs.replace(self._state, **facts)

    def _snapshots(self) -> tuple[ProcessState, ...]:
        return tuple(managed.snapshot() for managed in self._managed)

    def _write(self, phase: Phase, doing: str) -> None:
        self._state = msgspec.structs.replace(
            self._state, phase=phase, doing=doing, processes=self._snapshots()
        )
        try:
            write_state(self._data.state_file, self._state)
            self._is_written = True
        except OSError as error:
            if phase == "starting":
                raise
            # A full disk: whoever is asked to stop must stop, and the rest go on when it has room.
            self._is_written = False
            self._write_again_at = time.monotonic() + _WRITE_AGAIN_S
            log.warning("state_not_written", error=error.strerror)
