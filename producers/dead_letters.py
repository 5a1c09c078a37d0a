"""What cannot become a fact is put aside on ``hub.dlq.v1``, whole, with code and reason.

The record explains itself: its value is what was sent, untouched; its headers say what is wrong,
who found it, and where the event was meant to go. The same letter again has the same ``dlq_id``.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

import msgspec

from groupage.contracts.encoding import Record
from groupage.contracts.topics import DEAD_LETTER_TOPIC

_REASON_LENGTH_MAX = 2_000


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One record put aside. `code` is one word of a small set, `reason` is for people."""

    code: str
    reason: str
    found_by: str
    """Which way in: ``gateway``, ``capture``, ``import-ocel`` …"""
    value: bytes
    """What was sent, untouched."""
    content_type: str = "application/json"
    topic: str = ""
    """Where it was meant to go; empty when nobody can tell."""
    key: str = ""
    type: str = ""
    event_source: str = ""
    event_id: str = ""

    @property
    def letter_id(self) -> UUID:
        """The same content refused for the same reason by the same way in is the same letter."""
        digest = blake2b(digest_size=16)
        for part in (self.found_by, self.event_source, self.event_id, self.code):
            digest.update(part.encode() + b"\0")
        digest.update(self.value)
        return UUID(bytes=digest.digest())

    def record(self, *, prefix: str = "", at: datetime | None = None) -> Record:
        """As it travels. `at` is when it was found, now unless given (UTC-aware)."""
        found_at = at or datetime.now(UTC)
        texts = {
            "dlq_id": str(self.letter_id),
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
            key=(self.key or self.event_id or str(self.letter_id)).encode(),
            value=self.value,
            headers=[(name, text.encode()) for name, text in texts.items()],
            timestamp_ms=int(found_at.timestamp() * 1_000),
        )
