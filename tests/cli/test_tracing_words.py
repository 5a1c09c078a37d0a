"""The words of `groupage trace`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from groupage.app.commands.trace import note_of
from groupage.store.readers.tracing import TracedFact


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({}, ""),
        ({"retracted": True, "correction_of": "scan-3"}, "  retracts scan-3"),
        ({"retracted": True, "correction_of": "8f3a", "relayed_by": "lane"}, "  takes it back"),
        ({"withdrawn": True}, "  (corrected or retracted since)"),
        ({"refused": "ended: it is over", "retracted": True}, "  REFUSED: ended: it is over"),
    ],
)
def test_a_note_says_what_became_of_a_fact(fields: dict[str, Any], note: str) -> None:
    """A message of the hub names no series: people do not know it."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    fact = TracedFact(
        type="consignment.allocated",
        subject="CN-1",
        occurred_at=at,
        recorded_at=at,
        source="/groupage/lane",
        event_id="e",
        fact_id="f",
        owner_kind="consignment",
        owner="CN-1",
        classifier="ACT",
        data={},
        **fields,
    )
    assert note_of(fact) == note
