"""Fixtures: an aggregate of each kind to play with, and how far it usually comes."""

from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from tests.processors.aggregates.consignment_stories import (  # noqa: F401 - fixtures
    available,
    received,
    stuffing,
)
from tests.processors.aggregates.consolidation_stories import planned, stuffed  # noqa: F401 - fixtures
from tests.processors.aggregates.play import Play


@pytest.fixture
def play() -> Callable[..., Play]:
    """Starts an owner: `play("consignment", "CN-1")`, with other policy by keyword."""

    def start(kind: Any, key: str, **policy: Any) -> Play:
        return Play(all_aggregates(Policy(**policy))[kind], key)

    return start
