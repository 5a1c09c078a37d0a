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
from groupage.domain.codes import Code

_REASON_LENGTH_MAX = 2_000


class QuarantineCode(Code):
    """The reason why an ingest quarantines valid input; code of its dead letter."""

    CHECK_DIGIT = "check_digit", "A container number or an SSCC has a wrong check digit."
    NO_OBJECT = "no_object", "A row of a log names no object, so it belongs to no aggregate."
    MISSING_OBJECT = "missing_object", "A row of a log lacks an object that its activity needs."
    UNKNOWN_ACTIVITY = "unknown_activity", "The importer of the log does not know the activity."
    NO_BUSINESS_STEP = "no_business_step", "An EPCIS event has no bizStep."
    STEP_NOT_OF_A_HUB = "step_not_of_a_hub", "The hub does not act on the event's bizStep."
    NO_LOGISTIC_UNIT = (
        "no_logistic_unit",
        "The EPCIS event names no unit or container that the hub has an event for.",
    )
    NO_DIMENSIONS = "no_dimensions", "A measuring event reports neither a size nor a mass."
    MEASURE_INCOMPLETE = "measure_incomplete", "A measuring event lacks an edge or the mass."
    INSPECTION_WITHOUT_RESULT = (
        "inspection_without_result",
        "An inspection of a container has neither a mass nor a disposition that says fit or unfit.",
    )
    NO_CONSIGNMENT = "no_consignment", "A hold does not name its consignment."
    NO_PARENT = "no_parent", "Packing, loading or their opposites do not name the parent."
    CHILDREN_UNNAMED = "children_unnamed", "The event does not name the children one by one."
    OBJECT_DELETED = "object_deleted", "The hub has no event for the end of an object's life."
    ASSOCIATION_WITHOUT_CONTAINER = (
        "association_without_container",
        "The hub reads associations of a seal with a container only.",
    )
    SEAL_ONLY_SEEN = "seal_only_seen", "A seal was seen on a container; ADD says that it went on."
    INPUTS_OR_OUTPUTS_ONLY_BY_CLASS = (
        "inputs_or_outputs_only_by_class",
        "A repacking names no unit among its inputs, or none among its outputs.",
    )
    TRANSACTION_NOT_OF_A_HUB = (
        "transaction_not_of_a_hub",
        "The hub reads despatch advices and no other business transactions.",
    )
    UNKNOWN_EVENT_TYPE = (
        "unknown_event_type",
        "The EPCIS event is of a type that its sender defined.",
    )
    ERROR_OF_UNMAPPED = (
        "error_of_unmapped",
        "An error declaration withdraws an EPCIS event that the hub did not map.",
    )
    TOO_LARGE = "too_large", "An event of a document is larger than a Kafka record allows."
    UNKNOWN_CODE = "unknown_code", "A DCSA event has a code that DCSA does not define."
    NO_HUB_EVENT = "no_hub_event", "The hub has no event for what a DCSA event says."
    UNKNOWN_REFERENCE = (
        "unknown_reference",
        "No voyage, booking or container of the hub has the references of a DCSA event.",
    )
    AMBIGUOUS_REFERENCE = (
        "ambiguous_reference",
        "Several voyages of the hub have the references of a DCSA event.",
    )
    RETRACTS_UNKNOWN = (
        "retracts_unknown",
        "A DCSA event retracts an event that the hub did not take.",
    )
    INVALID_DCSA = (
        "invalid_dcsa",
        "An event of a DCSA bundle breaks the standard; the answer cannot say which.",
    )


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter. `code` is for machines, `reason` for people."""

    code: QuarantineCode
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
