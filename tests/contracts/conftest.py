"""Fixtures: random facts of every event type, and one fact of a carton."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st

from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from tests.random_events import facts_of


@pytest.fixture(scope="session")
def random_facts() -> Callable[[type[Event]], st.SearchStrategy[Fact]]:
    """Strategy of random facts of an event type."""
    return facts_of


@pytest.fixture
def received() -> Fact:
    """One carton counted in, its consignment named."""
    return Fact(
        event_id="e-1",
        source="/wms/yiwu-1",
        key="CN-1",
        occurred_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 1, 8, 0, 5, 250_000, tzinfo=UTC),
        data=EVENTS["unit.received"](unit_id="106141412345678908", consignment_id="CN-1"),
    )
