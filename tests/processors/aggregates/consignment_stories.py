"""How far a consignment of two cartons has come, as fixtures for its tests."""

from collections.abc import Callable

import pytest

from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


@pytest.fixture
def received(play: Start) -> Play:
    """Two cartons booked, announced and received."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(), 0)
    story.deliver(w.asn("u1", "u2"), 10)
    story.deliver(w.received("u1"), 100)
    story.deliver(w.received("u2"), 101)
    return story


@pytest.fixture
def available(received: Play) -> Play:
    """The two cartons are measured as declared."""
    received.deliver(w.measured("u1"), 110)
    received.deliver(w.measured("u2"), 111)
    return received


@pytest.fixture
def stuffing(available: Play) -> Play:
    """Allocated, released, committed; stuffing is open."""
    available.deliver(w.allocated(), 200)
    available.deliver(w.customs("RELEASED", revision=2, declared_at=at(150)), 250)
    available.deliver(w.consolidation(3), 400)
    return available
