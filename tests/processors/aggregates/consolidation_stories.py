"""How far a consolidation has come, as fixtures for its tests."""

from collections.abc import Callable

import pytest

from groupage.domain.events import consolidation as csl
from tests.processors.aggregates import events as w
from tests.processors.aggregates.consolidation_snapshots import (
    container,
    full,
    member,
    voyage,
)
from tests.processors.aggregates.play import Play

Start = Callable[..., Play]


@pytest.fixture
def planned(play: Start) -> Play:
    """Opened and planned for two consignments that are here and released."""
    story = play("consolidation", w.CSL)
    story.deliver(w.opened(), 0)
    story.deliver(w.planned("CN-1", "CN-2"), 0)
    story.deliver(voyage(1), 1)
    story.deliver(member("CN-1", 1), 100)
    story.deliver(member("CN-2", 1), 100)
    return story


@pytest.fixture
def stuffed(planned: Play) -> Play:
    """Frozen, stuffed with everything."""
    planned.deliver(w.frozen(), 300)
    planned.deliver(container(1), 310)
    planned.deliver(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER), 400)
    planned.deliver(full("CN-1", 5), 450)
    planned.deliver(full("CN-2", 5), 450)
    planned.deliver(csl.StuffingCompleted(consolidation_id=w.CSL), 480)
    return planned
