"""Dead letters of the producers: input that cannot become a fact goes to ``hub.dlq.v1``.

The record's value is the input, unchanged. Its headers name the error, the producer that found it
and the topic that the event was meant for. The same dead letter sent again has the same ``dlq_id``.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

import msgspec

from groupage.contracts.encoding import Record
from groupage.contracts.topics import DEAD_LETTER_TOPIC

_REASON_LENGTH_MAX = 2_000


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter. `code` is one of a small set, `reason` is for people."""

    code: str
    reason: str
    found_by: str
    """The producer: ``gateway``, ``capture``, ``import-ocel`` …"""
    value: bytes
    """The input, unchanged."""
    content_type: str = "application/json"
    topic: str = ""
    """The topic that the event was meant for, without prefix; empty when it is unknown."""
    key: str = ""
    type: str = ""
    event_source: str = ""
    event_id: str = ""

    @property
    def dead_letter_id(self) -> UUID:
        """Identify by content, code and producer: a repeated input gives the same dead letter."""
        digest = blake2b(digest_size=16)
        for part in (self.found_by, self.event_source, self.event_id, self.code):
            digest.update(part.encode() + b"\0")
        digest.update(self.value)
        return UUID(bytes=digest.digest())

    def record(self, *, prefix: str = "", at: datetime | None = None) -> Record:
        """Build the Kafka record; `at` (aware) is when the error was found, now by default."""
        found_at = at or datetime.now(UTC)
        texts = {
            "dlq_id": str(self.dead_letter_id),
            "dlq_code": self.code,
            "dlq_reason": self.reason[:_REASON_LENGTH_MAX],
            "dlq_source": self.found_by,
            "dlq_at": found_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "dlq_topic": self.topic,
            "dlq_type": self.type,
            "dlq_event_source": self.event_source,
            "dlq_event_id": self.event_id,
            "dlq_key": self.key,
            "content-type": self.content_type,
        }
        return Record(
            topic=prefix + DEAD_LETTER_TOPIC,
            key=(self.key or self.event_id or str(self.dead_letter_id)).encode(),
            value=self.value,
            headers=[(name, text.encode()) for name, text in texts.items()],
            timestamp_ms=int(found_at.timestamp() * 1_000),
        )
