"""CloudEvents 1.0 attributes and our extensions, with their checks."""

import base64
import binascii
from typing import get_args

import msgspec

from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.domain.events.base import Event
from groupage.domain.fact import Classifier

VERSION = "v1"
CONTENT_TYPE_BINARY = b"application/json"
ATTRIBUTE_LENGTH_MAX = 1_000
CLASSIFIERS: dict[str, Classifier] = {name: name for name in get_args(Classifier)}


def ce_type(event: type[Event] | Event) -> str:
    """CloudEvents `type`: the event's name and the version of its meaning, ``unit.received.v1``."""
    return f"{event.name}.{VERSION}"


class Attributes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Attributes as they travel; in structured mode with `data`."""

    specversion: str = ""
    id: str
    source: str
    type: str = ""
    subject: str | None = None
    time: str
    datacontenttype: str | None = None
    partitionkey: str | None = None
    recordtime: str | None = None
    classifier: str | None = "ACT"
    correctionof: str | None = None
    retracted: bool | str | None = False
    relayedby: str | None = None
    traceparent: str | None = None
    original: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None

    def check(self) -> None:
        """Raise Undecodable when a value is empty, too long, unprintable or not allowed."""
        _check_text(self.id, "id")
        _check_text(self.source, "source")
        if self.classifier is None:
            self.classifier = "ACT"
        if self.classifier not in CLASSIFIERS:
            raise Undecodable(
                Code.BAD_ATTRIBUTE,
                f"classifier is {self.classifier[:40]!r}; one of {', '.join(CLASSIFIERS)} is right",
            )
        if self.correctionof is not None:
            _check_text(self.correctionof, "correctionof")
        elif self.retracted and self.is_retracted():
            raise Undecodable(
                Code.MISSING_ATTRIBUTE,
                "retracted needs correctionof: the id of the event to withdraw",
            )
        if self.relayedby is not None:
            _check_text(self.relayedby, "relayedby")
        if self.traceparent is not None:
            _check_text(self.traceparent, "traceparent")

    def is_retracted(self) -> bool:
        """Read `retracted`: true or false in JSON, the same word in a header."""
        if self.retracted is None or isinstance(self.retracted, bool):
            return bool(self.retracted)
        if self.retracted not in ("true", "false"):
            raise Undecodable(
                Code.BAD_ATTRIBUTE, f"retracted is {self.retracted[:40]!r}; true or false"
            )
        return self.retracted == "true"

    def original_bytes(self) -> bytes | None:
        """Decode the foreign document: CloudEvents writes binary attributes in Base64."""
        return None if self.original is None else decode_base64(self.original, "original")

    def data_bytes(self) -> bytes:
        """Return the JSON of the data, which may travel as Base64. Raises Undecodable."""
        if self.data_base64 is None:
            return bytes(self.data)
        if bytes(self.data) not in (b"", b"null"):
            raise Undecodable(Code.BAD_ATTRIBUTE, "either data or data_base64, not both")
        if not is_json_type(self.datacontenttype or ""):
            raise Undecodable(
                Code.BAD_ATTRIBUTE,
                f"datacontenttype is {str(self.datacontenttype)[:40]!r}; data is application/json",
            )
        return decode_base64(self.data_base64)


def decode_base64(text: object, name: str = "data_base64") -> bytes:
    """Decode an attribute in Base64. Raises Undecodable."""
    try:
        return base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Undecodable(Code.BAD_ATTRIBUTE, f"{name} is not Base64: {error}") from None


def is_json_type(content_type: object) -> bool:
    """Tell whether a content type, which may have parameters, is JSON, or none at all."""
    if not isinstance(content_type, str):
        return False
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("", "application/json") or kind.endswith("+json")


def _check_text(value: str, name: str) -> None:
    if not value:
        raise Undecodable(Code.MISSING_ATTRIBUTE, f"attribute {name} is empty")
    if len(value) > ATTRIBUTE_LENGTH_MAX or not value.isprintable():
        raise Undecodable(
            Code.BAD_ATTRIBUTE,
            f"attribute {name} is {value[:40]!r}; "
            f"1 to {ATTRIBUTE_LENGTH_MAX} printable characters are right",
        )
