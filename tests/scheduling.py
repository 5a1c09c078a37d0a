"""Which process runs which tests when several share a run (``pytest -n 2``)."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

_HEAVY = ("e2e", "crash", "integration", "slow")
"""Markers of tests that take long, the longest first."""
_WHOLE_HUBS = "whole hubs"
_RUNS_WHOLE_HUBS = (
    "tests/e2e/",
    "tests/processors/stream/test_crash.py",
    "tests/producers/test_gateway_bench.py",
)
"""Tests that start a hub of six processes, kill them under load or measure how fast they are."""


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no type information
    """Gives whole files to a process, in the order of collection.

    Tests of one file share what its module fixtures solve, play or start. All tests that run whole
    hubs are one unit: two such hubs at a time would starve each other on two cores.
    """

    def __init__(self, config: pytest.Config, log: "Producer | None" = None) -> None:
        super().__init__(config, log)
        # Else the files with the most tests go first, and the longest last.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        """Name the unit of a test: the one method that xdist foresees for subclasses."""
        file = nodeid.partition("::")[0]
        return _WHOLE_HUBS if file.startswith(_RUNS_WHOLE_HUBS) else file


def heaviest_files_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Sort by the heaviest marker in each file; the order within a file stays."""
    files = {
        file: list(group) for file, group in itertools.groupby(items, key=lambda item: item.path)
    }
    return [
        item
        for file in sorted(files, key=lambda file: min(map(_weight, files[file])))
        for item in files[file]
    ]


def _weight(item: pytest.Item) -> int:
    marked = [rank for rank, name in enumerate(_HEAVY) if item.get_closest_marker(name)]
    return min(marked, default=len(_HEAVY))
