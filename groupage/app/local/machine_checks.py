"""Check whether this machine has everything that a hub needs."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import psutil

from groupage.app.local import artifacts, postgres
from groupage.app.local.hub import running_hub
from groupage.app.local.java import find_java
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import is_free
from groupage.domain.errors import GroupageError
from groupage.settings import LocalSettings

DISK_NEEDED_MIB = 1024
"""A T0 day: its log in Kafka, the same facts in PostgreSQL, and the WAL of both."""
DISK_COMFORTABLE_MIB = 5 * 1024
MEMORY_NEEDED_MIB = 1536
"""Kafka 400, PostgreSQL 300, five processes of 100 to 200, and the solver."""
_CONNECT_TIMEOUT_S = 5.0
_MIB = 2**20


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check."""

    name: str
    state: Literal["ok", "note", "problem"]
    found: str
    todo: str = ""


def check_machine(settings: LocalSettings) -> list[Finding]:
    """Check Python, Java, PostgreSQL, disk, memory, cache, network and ports, in this order."""
    return [
        _python(),
        _check("Java", _java),
        _check("PostgreSQL", lambda: _postgres(settings)),
        _disk(settings.data_dir),
        _memory(),
        *_kafka_jars(settings),
        *_ports(settings),
    ]


def _python() -> Finding:
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.prefix == sys.base_prefix:
        return Finding(
            name="Python",
            state="note",
            found=found,
            todo="not in a virtual environment: `make install` makes one in .venv",
        )
    return Finding(name="Python", state="ok", found=found)


def _java() -> str:
    java = find_java()
    return f"{java.major} by {java.origin}: {java.program}"


def _postgres(settings: LocalSettings) -> str:
    found = f"18, packaged: {postgres.program('postgres')}"
    initialised = postgres.is_initialised(DataDir(settings.data_dir.expanduser()).postgres)
    if not initialised and not os.environ.get("GROUPAGE_DATABASE_URL"):
        postgres.require_account(os.geteuid())
    return found


def _check(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, state="ok", found=look())
    except GroupageError as error:
        return Finding(name=name, state="problem", found="not usable", todo=str(error))


def _disk(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free_mib = shutil.disk_usage(existing).free // _MIB
    found = f"{free_mib} MiB free for {folder}"
    if free_mib < DISK_NEEDED_MIB:
        todo = f"free {DISK_NEEDED_MIB} MiB, or choose another disk with --data-dir"
        return Finding(name="disk", state="problem", found=found, todo=todo)
    if free_mib < DISK_COMFORTABLE_MIB:
        todo = "enough for a small day; a large one writes several GiB"
        return Finding(name="disk", state="note", found=found, todo=todo)
    return Finding(name="disk", state="ok", found=found)


def _memory() -> Finding:
    free_mib = psutil.virtual_memory().available // _MIB
    found = f"{free_mib} MiB available"
    if free_mib < MEMORY_NEEDED_MIB:
        todo = (
            f"a hub takes about {MEMORY_NEEDED_MIB} MiB: close something, or expect it to be slow"
        )
        return Finding(name="memory", state="note", found=found, todo=todo)
    return Finding(name="memory", state="ok", found=found)


def _kafka_jars(settings: LocalSettings) -> list[Finding]:
    jars = artifacts.locked_jars()
    folder = artifacts.jars_dir(settings.cache_dir, jars)
    missing = len(artifacts.missing_jars(folder, jars))
    if not missing:
        found = f"all {len(jars)} jars in {folder}; no network is needed"
        return [Finding(name="Kafka", state="ok", found=found)]
    found = f"{missing} of {len(jars)} jars are not in {folder} yet"
    return [
        Finding(name="Kafka", state="note", found=found, todo="`groupage up` fetches them (42 MB)"),
        _network(settings),
    ]


def _network(settings: LocalSettings) -> Finding:
    address = artifacts.repository_url(settings.maven_mirror)
    target = urlsplit(address)
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        socket.create_connection((target.hostname or "", port), _CONNECT_TIMEOUT_S).close()
    except OSError as error:
        return Finding(
            name="network",
            state="note",
            found=f"{address} is not reached directly ({error.strerror or error})",
            todo="fine behind a proxy (HTTPS_PROXY); else set GROUPAGE_MAVEN_MIRROR",
        )
    return Finding(name="network", state="ok", found=f"{address} answers")


def _ports(settings: LocalSettings) -> list[Finding]:
    if running_hub(settings.data_dir):
        return []
    findings = []
    for variable in ("kafka_port", "gateway_port", "api_port"):
        port = int(getattr(settings, variable))
        if not port:
            continue
        name = f"GROUPAGE_{variable.upper()}"
        free = is_free(port)
        findings.append(
            Finding(
                name=name,
                state="ok" if free else "problem",
                found=f"port {port} is {'free' if free else 'taken'}",
                todo="" if free else f"choose another, or unset {name} to have one chosen",
            )
        )
    return findings
