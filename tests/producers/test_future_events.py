"""Events that are dated ahead: gateway and imports warn, and take them in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from producers.entries import Accepted, check_entry
from producers.screening import CheckDigitRules, TimeLimits

NOW = datetime.now(UTC)
RECEIVED = Fact(
    event_id="1",
    source="/wms/t",
    key="C1",
    occurred_at=NOW,
    recorded_at=NOW,
    data=UnitReceived(unit_id="U1", consignment_id="C1"),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"occurred_at": NOW + timedelta(minutes=5)}, None),
        ({"occurred_at": NOW + timedelta(minutes=6)}, "a time that has come"),
        ({"occurred_at": NOW + timedelta(days=2)}, "quarantines this event as from_the_future"),
        ({"occurred_at": NOW + timedelta(days=2), "classifier": "PLN"}, None),
        ({"occurred_at": NOW + timedelta(days=2), "classifier": "EST"}, None),
        (
            {"occurred_at": NOW + timedelta(days=2), "retracted": True, "correction_of": "0"},
            None,
        ),
    ],
)
def test_a_warning_names_the_time(changes: dict[str, Any], expected: str | None) -> None:
    """Five minutes are the difference of two clocks; plans and retractions may be ahead."""
    warning = TimeLimits().warning(replace(RECEIVED, **changes), NOW)
    if expected is None:
        assert warning is None
    else:
        assert warning is not None
        assert warning.field == "time"
        assert expected in warning.expected


def test_an_import_counts_events_ahead() -> None:
    """The event is accepted, with a note."""
    ahead = replace(RECEIVED, occurred_at=NOW + timedelta(days=2))
    entry = check_entry(
        Accepted(facts=(ahead,)), rules=CheckDigitRules(), found_by="test", original=b""
    )
    assert isinstance(entry, Accepted)
    assert entry.notes == ("from_the_future",)
