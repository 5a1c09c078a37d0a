"""How far a consignment of two cartons has come, as fixtures for its tests."""

from collections.abc import Callable

import pytest

from tests.processors.aggregates import words as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


@pytest.fixture
def received(play: Start) -> Play:
    """Two cartons booked, announced and received."""
    story = play("consignment", w.CN)
    story.say(w.booked(), 0)
    story.say(w.asn("u1", "u2"), 10)
    story.say(w.received("u1"), 100)
    story.say(w.received("u2"), 101)
    return story


@pytest.fixture
def available(received: Play) -> Play:
    """The two cartons are measured as declared."""
    received.say(w.measured("u1"), 110)
    received.say(w.measured("u2"), 111)
    return received


@pytest.fixture
def stuffing(available: Play) -> Play:
    """Allocated, released, committed; stuffing is open."""
    available.say(w.allocated(), 200)
    available.say(w.customs("RELEASED", revision=2, declared_at=at(150)), 250)
    available.say(w.position(3), 400)
    return available
