"""Why a record or a CloudEvent is no event of this hub: a closed set of codes, and the error."""

from typing import Literal

from groupage.domain.errors import InvalidInput

UndecodableCode = Literal[
    "not_cloudevents",
    "missing_attribute",
    "bad_attribute",
    "bad_time",
    "naive_time",
    "unknown_type",
    "wrong_version",
    "no_data",
    "bad_json",
    "bad_data",
    "wrong_key",
    "wrong_topic",
    "unreadable",
]
"""Code of a dead letter, of a metric's label and of a gateway's answer."""

MEANINGS: dict[UndecodableCode, str] = {
    "not_cloudevents": "The record is not a CloudEvent 1.0, in binary or in structured mode.",
    "missing_attribute": "A required CloudEvents attribute is missing or empty.",
    "bad_attribute": "An attribute is too long, unprintable, not UTF-8 or outside its values.",
    "bad_time": "An instant is not RFC 3339, or is outside the years 1900 to 2199.",
    "naive_time": "An instant has no offset from UTC.",
    "unknown_type": "The catalogue has no event of that type.",
    "wrong_version": "The catalogue has the event, but in another version.",
    "no_data": "The record has no value.",
    "bad_json": "The value is not JSON.",
    "bad_data": "The data breaks the schema of its event.",
    "wrong_key": "The record's key is not the id of the aggregate that the event belongs to.",
    "wrong_topic": "The event belongs on another topic.",
    "unreadable": "The name of a Kafka header is not UTF-8, so the client cannot read the record.",
}
"""One line for each code, for the documentation."""


class Undecodable(InvalidInput):
    """The record is not an event of this hub; correct its sender and send the event again."""

    def __init__(self, code: UndecodableCode, message: str) -> None:
        super().__init__(message)
        self.code: UndecodableCode = code
