"""Codes of records and CloudEvents that are not events of this hub, and the error."""

from groupage.domain.codes import Code
from groupage.domain.errors import InvalidInput


class UndecodableCode(Code):
    """The reason why nothing can read a record as an event; code of its dead letter."""

    NOT_CLOUDEVENTS = (
        "not_cloudevents",
        "The record is not a CloudEvent 1.0, in binary or in structured mode.",
    )
    MISSING_ATTRIBUTE = "missing_attribute", "A required CloudEvents attribute is missing or empty."
    BAD_ATTRIBUTE = (
        "bad_attribute",
        "An attribute is too long, unprintable, not UTF-8 or outside its values.",
    )
    BAD_TIME = "bad_time", "An instant is not RFC 3339, or is outside the years 1900 to 2199."
    NAIVE_TIME = "naive_time", "An instant has no offset from UTC."
    UNKNOWN_TYPE = "unknown_type", "The catalogue has no event of that type."
    WRONG_VERSION = "wrong_version", "The catalogue has the event, but in another version."
    NO_DATA = "no_data", "The record has no value."
    BAD_JSON = "bad_json", "The value is not JSON."
    BAD_DATA = "bad_data", "The data breaks the schema of its event."
    WRONG_KEY = (
        "wrong_key",
        "The record's key is not the id of the aggregate that the event belongs to.",
    )
    WRONG_TOPIC = "wrong_topic", "The event belongs on another topic."
    NOT_YOURS = (
        "not_yours",
        "Only the hub's own processes may send it, and the hub's signature is missing or wrong.",
    )
    UNREADABLE = (
        "unreadable",
        "The name of a Kafka header is not UTF-8, so the client cannot read the record.",
    )


class Undecodable(InvalidInput):
    """The record is not an event of this hub; correct its sender and send the event again."""

    def __init__(self, code: UndecodableCode, message: str) -> None:
        super().__init__(message)
        self.code = code
