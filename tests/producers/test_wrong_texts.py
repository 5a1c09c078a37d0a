"""Texts that no sender may send, at the entrances that have no request to answer."""

from datetime import UTC, datetime

import pytest

from groupage.domain.errors import InvalidInput
from groupage.domain.events.unit import UnitReceived
from groupage.settings import KafkaSettings
from producers.entries import Accepted, Rejected, check_entry
from producers.publisher import Publisher, new_fact
from producers.screening import CheckDigitRules

HOSTILE = new_fact(
    UnitReceived(unit_id="U\u202e1"),
    source="/wms/1",
    event_id="r-1",
    occurred_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
)


def test_an_entry_of_a_file_is_rejected() -> None:
    """Files of every format pass here."""
    entry = check_entry(
        Accepted(facts=(HOSTILE,)),
        rules=CheckDigitRules(containers="warn", units="warn"),
        found_by="import",
        original=b"",
    )
    assert isinstance(entry, Rejected)
    assert "direction marks" in entry.problems[0].message


@pytest.mark.parametrize("checked", [False, True])
def test_the_publisher_sends_no_such_record(checked: bool) -> None:  # noqa: FBT001 - a parameter
    """It has the error of a fact that breaks the contract."""
    publisher = Publisher(KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    error = publisher._encode(HOSTILE, checked=checked)
    assert isinstance(error, InvalidInput)
    assert "unit_id: 'U\\u202e1' is not right" in str(error)
