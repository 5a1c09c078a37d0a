"""Java, ports, folders and locks of one machine."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from groupage.app.cli import run
from groupage.app.local import java, postgres
from groupage.app.local.child import Identity
from groupage.app.local.hub import use_running_hub
from groupage.app.local.machine_checks import check_machine
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook, is_free, is_listening
from groupage.app.local.state import HubLock, HubState, ProcessState, read_state, write_state
from groupage.domain.errors import Conflict, Misconfigured
from groupage.settings import (
    KafkaSettings,
    LocalSettings,
    TopicSettings,
    own_broker_environment,
)


def fake_java(folder: Path, version: str, status: int = 0) -> Path:
    """A program that answers ``-version`` as Java does."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\nexit {status}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("25", 25), ("1.8.0_402", 8), ("11.0.2-ea", 11)]
)
def test_javas_version_is_read_by_running_it(tmp_path: Path, version: str, major: int) -> None:
    """Old and new ways of writing a version."""
    assert java.major_version(fake_java(tmp_path, version)) == major


def test_what_does_not_run_has_no_version(tmp_path: Path) -> None:
    """Absent, failing, or no program at all."""
    assert java.major_version(tmp_path / "absent") is None
    assert java.major_version(fake_java(tmp_path, "17", status=1)) is None


def test_an_old_java_home_does_not_hide_a_new_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that is new enough wins, whatever comes before it."""
    old, new = fake_java(tmp_path / "old", "11.0.2"), fake_java(tmp_path / "new", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(old.parent.parent))
    monkeypatch.setenv("PATH", str(new.parent))
    found = java.find_java()
    assert (found.program, found.major, found.origin) == (new, 21, "path")


def test_without_any_java_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Linux arm64, for which no packaged Java exists."""
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "old", "11.0.2").parent.parent))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(Misconfigured, match=r"Java 17 or newer.*Java 11.*apt install openjdk"):
        java.find_java()


def test_a_port_stays_with_its_name_while_it_is_free(tmp_path: Path) -> None:
    """The next start takes the same one; when somebody took it meanwhile, another."""
    first = PortBook(tmp_path / "ports.json")
    port = first.port("kafka")
    assert first.port("controller") != port
    first.save()
    assert PortBook(tmp_path / "ports.json").port("kafka") == port
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert is_listening(port)
        assert PortBook(tmp_path / "ports.json").port("kafka") != port


def test_a_wanted_port_that_is_taken_is_an_error_naming_its_setting(tmp_path: Path) -> None:
    """Who set a port wants that one and no other."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=f"GROUPAGE_KAFKA_PORT={port} is taken"):
            PortBook(tmp_path / "p").port("kafka", wanted=port, variable="GROUPAGE_KAFKA_PORT")


def test_a_spoiled_port_book_is_begun_anew(tmp_path: Path) -> None:
    """It is a convenience; nothing depends on it."""
    (tmp_path / "ports.json").write_text("[1, 2")
    assert PortBook(tmp_path / "ports.json").port("kafka") > 0


def test_a_deep_data_directory_gets_a_short_socket_folder(tmp_path: Path) -> None:
    """The system allows about a hundred bytes for a socket's path; the folder is private."""
    deep = DataDir(tmp_path / ("d" * 60) / ("e" * 60))
    deep.prepare()
    folder = deep.socket_dir()
    try:
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 100
        assert folder.stat().st_mode & 0o777 == 0o700
        assert deep.socket_dir() == folder
    finally:
        folder.rmdir()


def test_a_socket_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link planted under our name in a shared folder must not be followed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108 - the shared folder is the point
    deep = DataDir(tmp_path / ("d" * 60) / ("e" * 60))
    deep.prepare()
    folder = deep.socket_dir()
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(Misconfigured, match="belongs to somebody else"):
            deep.socket_dir()
    finally:
        folder.unlink()


def nameless(_uid: int) -> NoReturn:
    """What the system says of a user id without an account."""
    raise KeyError


def test_a_user_id_without_a_name_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a container with `--user 12345`: initdb would refuse it, start and doctor say so."""
    monkeypatch.setattr("pwd.getpwuid", nameless)
    monkeypatch.delenv("GROUPAGE_DATABASE_URL", raising=False)
    with pytest.raises(Misconfigured, match=r"^user id 12345 has no line in /etc/passwd.* or name"):
        postgres.require_account(12345)
    found = {one.name: one for one in check_machine(LocalSettings(data_dir=tmp_path))}
    assert found["PostgreSQL"].state == "problem"
    monkeypatch.setenv("GROUPAGE_DATA_DIR", str(tmp_path))
    assert run(["doctor"]) == 1
    assert ":x:" in capsys.readouterr().out  # as it is, and no picture of a cross
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("18")
    found = {one.name: one for one in check_machine(LocalSettings(data_dir=tmp_path))}
    assert found["PostgreSQL"].state == "ok"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No HOME and no account: there is no usual place for data."""
    for variable in ("HOME", "XDG_DATA_HOME", "GROUPAGE_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nameless)
    with pytest.raises(Misconfigured, match="set HOME, or GROUPAGE_DATA_DIR"):
        LocalSettings()


def test_a_data_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whatever it was before."""
    (tmp_path / "hub").mkdir(mode=0o755)
    DataDir(tmp_path / "hub").prepare()
    assert (tmp_path / "hub").stat().st_mode & 0o777 == 0o700


def test_a_data_directory_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="--data-dir"):
        DataDir(tmp_path / "file" / "hub").prepare()


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    """The error of the second names who holds the lock; after release it may have it."""
    first = HubLock(tmp_path / "lock").acquire()
    assert HubLock(tmp_path / "lock").is_held()
    with pytest.raises(Conflict, match=rf"\(process {os.getpid()}\)"):
        HubLock(tmp_path / "lock").acquire()
    first.release()
    assert not HubLock(tmp_path / "lock").is_held()
    HubLock(tmp_path / "lock").acquire().release()


def test_somebody_elses_data_directory_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words and with a way out; commands that were given servers do without it."""

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("groupage.app.local.state.os.open", refuse)
    for ask in (HubLock(tmp_path / "lock").is_held, HubLock(tmp_path / "lock").acquire):
        with pytest.raises(Misconfigured, match=r"somebody else's .*--data-dir"):
            ask()
    assert use_running_hub(tmp_path) is None


def test_state_survives_writing_and_is_private(tmp_path: Path) -> None:
    """The address of a database may hold its password."""
    me = Identity.of(os.getpid())
    assert me
    row = ProcessState(
        name="kafka", state="running", identity=me, restarts=2, metrics=None, log_file="k.log"
    )
    state = HubState(phase="running", doing="", supervisor=me, processes=(row,))
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", '{"phase": "flying"}', "[]"])
def test_a_state_that_cannot_be_read_is_no_state(tmp_path: Path, text: str) -> None:
    """Half a file or another version's does not stop the next start."""
    (tmp_path / "state.json").write_text(text)
    assert read_state(tmp_path / "state.json") is None


def test_a_later_process_with_the_same_id_is_not_touched() -> None:
    """Id and start time must agree before a signal is sent."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = Identity.of(sleeper.pid)
    assert identity
    other = Identity(pid=identity.pid, started_at_s=identity.started_at_s - 100)
    other.end(budget_s=1)
    assert sleeper.poll() is None
    identity.end(budget_s=5)
    assert identity.process() is None
    assert sleeper.wait(5) is not None


OUTER_BROKER = {
    "GROUPAGE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "GROUPAGE_KAFKA_SASL_USERNAME": "hub",
    "GROUPAGE_KAFKA_SASL_PASSWORD": "s3cret",
    "GROUPAGE_TOPIC_REPLICATION_FACTOR": "3",
}


def with_variables(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Have exactly these variables of Kafka's settings."""
    for name in set(own_broker_environment("127.0.0.1:9")) - set(variables):
        monkeypatch.setenv(name, "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("local", [True, False])
def test_settings_of_an_outer_broker_are_for_that_broker_only(
    monkeypatch: pytest.MonkeyPatch,
    local: bool,  # noqa: FBT001
) -> None:
    """The hub's own broker has neither TLS nor accounts nor replicas, whatever a shell exports."""
    identity = Identity.of(os.getpid())
    assert identity is not None
    state = HubState(
        phase="running",
        doing="",
        supervisor=identity,
        kafka_bootstrap_servers="127.0.0.1:9092",
        kafka_is_local=local,
    )
    with_variables(monkeypatch, {**OUTER_BROKER, **state.kafka_variables()})
    assert KafkaSettings().bootstrap_servers == "127.0.0.1:9092"
    assert KafkaSettings().security_protocol == ("PLAINTEXT" if local else "SASL_SSL")
    assert TopicSettings().replication_factor == (1 if local else 3)


@pytest.mark.parametrize("other", ["", "broker.example:9093"])
def test_commands_on_a_running_hub_use_its_brokers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """Unless the user names another broker: then the account is that broker's."""
    data = DataDir(tmp_path)
    data.prepare()
    identity = Identity.of(os.getpid())
    assert identity is not None
    write_state(
        data.state_file,
        HubState(
            phase="running",
            doing="",
            supervisor=identity,
            kafka_bootstrap_servers="127.0.0.1:9092",
            database_url="postgresql:///hub",
        ),
    )
    named = {"GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": other} if other else {}
    with_variables(monkeypatch, {**OUTER_BROKER, **named})
    for name in ("GROUPAGE_DATABASE_URL", "GROUPAGE_CLOCK_SOURCE"):
        monkeypatch.setenv(name, "wall")  # restored afterwards, as all that it sets
    lock = HubLock(data.lock_file).acquire()
    assert use_running_hub(tmp_path) is not None
    lock.release()
    assert os.environ["GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"] == (other or "127.0.0.1:9092")
    assert os.environ["GROUPAGE_KAFKA_SASL_USERNAME"] == ("hub" if other else "")
