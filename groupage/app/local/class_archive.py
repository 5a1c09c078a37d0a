"""An archive of Kafka's parsed and verified classes, which the JVM maps at a start (JEP 350).

A broker that finds no archive writes one when it ends. Starting with it takes a third of the CPU
time. The JVM itself ignores an archive that does not fit its version or the jars.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import structlog

from groupage.app.local.java import Java

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ClassArchive:
    """The archive of one set of jars under one Java."""

    java: Java
    jars: Path
    draft: Path
    """Where a broker writes it: its own data folder, so that no other broker reads half of it."""

    @property
    def file(self) -> Path:
        """The archive that every start of this user looks for."""
        program = self.java.program.resolve()
        build = f"{program} {self.java.major} {program.stat().st_mtime_ns}"
        digest = hashlib.sha256(build.encode()).hexdigest()
        return self.jars.with_name(f"{self.jars.name}-{digest[:12]}.jsa")

    def options(self, *, write: bool) -> list[str]:
        """Return JVM options to use the archive, or else to `write` it when the JVM ends."""
        if self.file.exists():
            return [f"-XX:SharedArchiveFile={self.file}"]
        self.draft.unlink(missing_ok=True)
        return [f"-XX:ArchiveClassesAtExit={self.draft}"] if write else []

    def keep(self) -> None:
        """Move the draft of a broker that ended cleanly to `file`; log a failure."""
        if not self.draft.exists():
            return
        whole = self.file.with_suffix(f".{os.getpid()}")
        try:
            shutil.move(self.draft, whole)
            whole.replace(self.file)
        except OSError as error:
            log.info("class_archive_not_kept", error=error.strerror)
