"""Download Kafka's jars from Maven Central once per user; check each by its locked SHA-256."""

import concurrent.futures
import errno
import hashlib
import importlib.resources
import os
import re
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from groupage.domain.errors import Misconfigured, Unavailable

_LINE = re.compile(r"^([\w.-]+):([\w.-]+):([\w.-]+) sha256:([0-9a-f]{64})$")
_AT_ONCE = 8
_ATTEMPTS = 3
_REQUEST_TIMEOUT_S = 30
_SYSTEM_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
_LOCK_FILE = "kafka_jars.lock"

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]
"""Called with the number of jars at hand and the number wanted."""


@dataclass(frozen=True)
class Jar:
    """Coordinates of one jar and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The file name that Maven gives it."""
        return f"{self.artifact}-{self.version}.jar"

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def parse_lock(text: str) -> tuple[Jar, ...]:
    """Read a lock file. Raises ValueError for a line that is neither a jar nor a comment."""
    jars = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.match(line)
        if not found:
            raise ValueError(f"line {number}: {line!r} is not group:artifact:version sha256:sum")
        jars.append(Jar(*found.groups()))
    return tuple(jars)


def locked_jars() -> tuple[Jar, ...]:
    """Return the jars of the Kafka that groupage starts."""
    lock = importlib.resources.files("groupage.app.local") / _LOCK_FILE
    return parse_lock(lock.read_text(encoding="utf-8"))


def jars_dir(cache_dir: Path, jars: Iterable[Jar]) -> Path:
    """Return the folder of these jars: another set of jars has another folder."""
    digest = hashlib.sha256("".join(f"{jar}{jar.sha256}" for jar in jars).encode()).hexdigest()
    return cache_dir / f"kafka-{digest[:12]}"


def missing_jars(folder: Path, jars: Iterable[Jar]) -> list[Jar]:
    """Return the jars that are missing or differ from the lock."""
    return [jar for jar in jars if not _is(folder / jar.file_name, jar.sha256)]


def fetch(
    cache_dir: Path,
    jars: tuple[Jar, ...],
    *,
    mirror: str | None = None,
    progress: Progress = lambda _have, _want: None,
) -> Path:
    """Return the folder that holds exactly what ``jars`` says, downloading what is missing.

    Several processes may do this at once, and any of them may be killed: a jar appears under its
    name only whole and checked. Raises Unavailable without network, Misconfigured for a full disk
    or a repository that serves something else.
    """
    folder = jars_dir(cache_dir, jars)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = missing_jars(folder, jars)
        progress(len(jars) - len(wanted), len(jars))
        if wanted:
            _fetch_all(folder, wanted, mirror, lambda n: progress(len(jars) - n, len(jars)))
    except OSError as error:
        raise _cache_error(error, cache_dir) from error
    return folder


def _fetch_all(
    folder: Path, wanted: list[Jar], mirror: str | None, left: Callable[[int], None]
) -> None:
    log.info("kafka_jars_fetching", jars=len(wanted), folder=str(folder))
    _trust_the_system()
    staging = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=_AT_ONCE)
    try:
        futures = [pool.submit(_fetch_one, folder, staging, jar, mirror) for jar in wanted]
        for done, future in enumerate(concurrent.futures.as_completed(futures), start=1):
            future.result()
            left(len(wanted) - done)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(staging, ignore_errors=True)


def _fetch_one(folder: Path, staging: Path, jar: Jar, mirror: str | None) -> None:
    # Imported here: it brings a web client that a start with a full cache does not need.
    import requests  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    for attempt in range(1, _ATTEMPTS + 1):
        context = MavenContext(
            repo_cache=staging / f"{jar.artifact}-{attempt}",
            local_repos=[],
            remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
            timeout=_REQUEST_TIMEOUT_S,
        )
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        try:
            path = component.artifact().resolve()
        except requests.RequestException as error:
            if attempt == _ATTEMPTS:
                raise Unavailable(_no_network(jar, mirror, error)) from error
            continue
        except RuntimeError as error:  # jgo's answer to 404 and the like
            raise Misconfigured(
                f"{jar} is not in {_repository(mirror)}; "
                "check GROUPAGE_MAVEN_MIRROR: it must serve Maven Central's layout"
            ) from error
        if _is(path, jar.sha256):
            path.replace(folder / jar.file_name)
            return
    raise Misconfigured(
        f"{_repository(mirror)} serves another file than the locked one as {jar}; "
        "if a mirror or proxy in between rewrites files, use another with GROUPAGE_MAVEN_MIRROR"
    )


def _trust_the_system() -> None:
    """Let the web client trust what the system trusts.

    Its own list knows nothing of the certificate authority that many company networks install.
    """
    if not {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} & os.environ.keys():
        for bundle in (ssl.get_default_verify_paths().cafile, *_SYSTEM_BUNDLES):
            if bundle and Path(bundle).exists():
                os.environ["REQUESTS_CA_BUNDLE"] = bundle
                return


def repository_url(mirror: str | None) -> str:
    """Return the address of the repository that serves the jars."""
    from jgo.maven import MavenContext  # noqa: PLC0415 - as above

    return mirror or str(next(iter(MavenContext().remote_repos.values())))


def _is(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _repository(mirror: str | None) -> str:
    return f"the Maven mirror {mirror}" if mirror else "Maven Central"


def _no_network(jar: Jar, mirror: str | None, error: Exception) -> str:
    return (
        f"{jar} could not be fetched from {_repository(mirror)} in {_ATTEMPTS} attempts "
        f"({type(error).__name__}); check the network, set HTTPS_PROXY, name a mirror in "
        "GROUPAGE_MAVEN_MIRROR, or name a running "
        "Kafka in GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"
    )


def _cache_error(error: OSError, cache_dir: Path) -> Misconfigured:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Misconfigured(
            f"the disk of {cache_dir} is full; free 100 MiB there or set GROUPAGE_CACHE_DIR"
        )
    return Misconfigured(
        f"{cache_dir} cannot be written ({os.strerror(error.errno or 0)}); "
        "make it writable or set GROUPAGE_CACHE_DIR"
    )
