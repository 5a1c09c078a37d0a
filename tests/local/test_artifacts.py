"""Kafka's jars: the lock, and a cache that holds exactly what the lock says."""

import errno
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from groupage.app.local import artifacts
from groupage.app.local.artifacts import Jar, fetch, jars_dir, locked_jars, missing_jars, parse_lock
from groupage.domain.errors import Misconfigured, Unavailable

BYTES = b"not really a jar, but these bytes"
JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(BYTES).hexdigest())
OTHER = Jar("org.example", "other", "2.0", hashlib.sha256(b"other").hexdigest())


class Repository(http.server.BaseHTTPRequestHandler):
    """A Maven repository that serves two jars and counts what it is asked for."""

    files: ClassVar[dict[str, bytes]]
    asked: ClassVar[list[str]]
    address: ClassVar[str]

    def do_GET(self) -> None:
        """Serve a file, or 404."""
        self.asked.append(self.path)
        body = self.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository() -> Iterator[type[Repository]]:
    """Its handler class, with what it holds and what was asked; address in `address`."""

    class Handler(Repository):
        files: ClassVar[dict[str, bytes]] = {
            "/org/example/thing/1.0/thing-1.0.jar": BYTES,
            "/org/example/other/2.0/other-2.0.jar": b"other",
        }
        asked: ClassVar[list[str]] = []

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Handler.address = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_committed_lock_is_whole_and_of_one_kafka() -> None:
    """Every jar once, each with a sum, and all of Kafka's own at one version."""
    jars = locked_jars()
    assert len({(jar.group, jar.artifact) for jar in jars}) == len(jars) > 40
    assert len({jar.version for jar in jars if jar.group == "org.apache.kafka"}) == 1
    assert len({jar.file_name for jar in jars}) == len(jars)


@pytest.mark.parametrize(
    "line",
    [
        "org.example:thing:1.0",  # no sum
        "org.example:thing:1.0 sha256:abc",  # too short
        "org.example:thing sha256:" + "0" * 64,  # no version
        "org.example:../../etc:1 sha256:" + "0" * 64,  # a path is not an artifact
    ],
)
def test_a_line_that_names_no_jar_is_quoted(line: str) -> None:
    """The message gives the number of the line."""
    with pytest.raises(ValueError, match=r"^line 2: "):
        parse_lock(f"# comment\n{line}\n")


def test_a_second_fetch_asks_for_nothing(tmp_path: Path, repository: type[Repository]) -> None:
    """What is there and right is not fetched again; progress ends at all of all."""
    seen: list[tuple[int, int]] = []
    folder = fetch(
        tmp_path,
        (JAR, OTHER),
        mirror=repository.address,
        progress=lambda have, want: seen.append((have, want)),
    )
    assert (folder / JAR.file_name).read_bytes() == BYTES
    assert sorted(path.name for path in folder.iterdir()) == ["other-2.0.jar", "thing-1.0.jar"]
    assert seen == [(0, 2), (1, 2), (2, 2)]
    repository.asked.clear()
    assert fetch(tmp_path, (JAR, OTHER), mirror="http://127.0.0.1:9") == folder
    assert repository.asked == []


def test_a_damaged_jar_is_fetched_again(tmp_path: Path, repository: type[Repository]) -> None:
    """Half a file, as a crash or a bad disk leaves it, is replaced before Java sees it."""
    folder = jars_dir(tmp_path, (JAR,))
    folder.mkdir(parents=True)
    (folder / JAR.file_name).write_bytes(BYTES[:5])
    assert missing_jars(folder, (JAR,)) == [JAR]
    fetch(tmp_path, (JAR,), mirror=repository.address)
    assert missing_jars(folder, (JAR,)) == []


def test_another_file_than_the_locked_one_is_refused(
    tmp_path: Path, repository: type[Repository]
) -> None:
    """A repository that serves other bytes cannot put them on the class path."""
    repository.files["/org/example/thing/1.0/thing-1.0.jar"] = b"evil"
    with pytest.raises(Misconfigured, match="another file than the locked one"):
        fetch(tmp_path, (JAR,), mirror=repository.address)
    assert list(jars_dir(tmp_path, (JAR,)).iterdir()) == []


def test_a_mirror_without_the_jar_is_named(tmp_path: Path, repository: type[Repository]) -> None:
    """404 is the mirror's fault, not the network's."""
    absent = Jar("org.example", "absent", "1", JAR.sha256)
    with pytest.raises(Misconfigured, match=r"org\.example:absent:1 is not in the Maven mirror"):
        fetch(tmp_path, (absent,), mirror=repository.address)


def test_no_network_says_what_to_do(tmp_path: Path) -> None:
    """Three attempts, then a message with the ways out."""
    with pytest.raises(Unavailable, match="GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"):
        fetch(tmp_path, (JAR,), mirror="http://127.0.0.1:9")


def test_a_full_disk_says_which_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSPC from the system becomes the name of the folder and a way out."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(artifacts, "_fetch_all", full)
    with pytest.raises(Misconfigured, match=r"is full; free .* GROUPAGE_CACHE_DIR"):
        fetch(tmp_path, (JAR,))
