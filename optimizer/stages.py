"""Measure the wall time of each stage of a solve; plans do not contain it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Wall time in seconds by stage, added up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall time of the block to the stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
