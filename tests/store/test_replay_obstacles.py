"""A dead letter that no replay can help is refused with what to do instead, before any is sent."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from groupage.domain.errors import InvalidInput
from groupage.settings import KafkaSettings
from groupage.store.dead_letters import StoredDeadLetter
from processors.operations.replay import replay


def dead_letter(topic: str, code: str) -> StoredDeadLetter:
    """Return an open dead letter of a record on a topic."""
    return StoredDeadLetter(
        letter_id=UUID(int=7), at=datetime(2026, 3, 2, tzinfo=UTC), topic=topic, partition=0,
        record_offset=3, code=code, reason="the reason", type="t", source="s", event_id="e",
        key="k", headers=[], value=b"{}", fact_id=None, replayed_at=None, settled_at=None,
        settled_as=None, dismissed_by=None, dismissed_because=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "code", "advice"),
    [
        ("hub.dlq.v1", "no_object", "Correct it at its source and import that again"),
        ("hub.unit.v1", "wrong_topic", "Send the event to the right topic"),
        ("hub.planrequest.v1", "bad_data", "Dismiss this dead letter; `groupage command replan"),
    ],
)
async def test_what_to_do_instead(topic: str, code: str, advice: str) -> None:
    """The error says it; Kafka, which is away, was not asked."""
    away = KafkaSettings(bootstrap_servers="127.0.0.1:9")
    hopeless = dead_letter(topic, code)
    assert not hopeless.is_replayable
    with pytest.raises(InvalidInput, match=f"cannot be replayed: .*{code}: the reason.*{advice}"):
        await replay(None, away, [dead_letter("hub.unit.v1", "bad_data"), hopeless], prefix="")  # type: ignore[arg-type]


def test_a_record_that_could_not_be_read_may_be_sent_again() -> None:
    """A newer release may read it."""
    assert dead_letter("hub.unit.v1", "bad_data").is_replayable
