"""From the JSON of an event to its class: all values in their normal form, or all errors."""

from functools import cache
from typing import Any

import msgspec

from groupage.contracts.attributes import VERSION, ce_type
from groupage.contracts.foreign_formats import say_foreign
from groupage.contracts.instants import has_instants, may_be_rounded, to_utc
from groupage.contracts.known_codes import WITH_CODES, find_unknown_codes
from groupage.contracts.normal_ids import Finish, finish_ids, finisher_of_ids, is_plain
from groupage.contracts.normal_values import WITH_PLACES, normal_form
from groupage.contracts.schemas import writer_struct
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.near_names import did_you_mean
from groupage.domain.words import error_text

EVENT_DECODERS: dict[str, msgspec.json.Decoder[Event]] = {
    ce_type(event): msgspec.json.Decoder(event) for event in EVENTS.values()
}
WITH_CODES_OR_PLACES = WITH_CODES | WITH_PLACES
_EXPLAINED_MAX = 5
_EXPLAINED_BYTES_MAX = 65_536
"""Finding every error takes a hundred times as long as finding the first."""


def event_from_json(name: str, data_json: bytes) -> Event:
    """Decode the event called `name` (without version) from its JSON. Raises Undecodable."""
    return decode_event(decoder_of(f"{name}.{VERSION}"), data_json)


def require_readable(name: str, data_json: bytes) -> None:
    """Raise Undecodable if a reader would refuse the event that the hub itself wrote.

    The ids of what the hub writes are those of its states, in their normal form.
    """
    data = _decode(decoder_of(f"{name}.{VERSION}"), data_json, older=False)
    to_utc(data)
    if not is_plain(data_json):
        _finish_texts(data, data_json, False)  # noqa: FBT003


def check_codes(data: Event) -> None:
    """Raise Undecodable for codes that are in no published list."""
    errors = [
        error_text(pointer, code, expected=expected)
        for pointer, code, expected in find_unknown_codes(data)
    ]
    if errors:
        raise Undecodable(Code.BAD_DATA, "; ".join(errors[:_EXPLAINED_MAX]))


def decoder_of(type_name: str) -> msgspec.json.Decoder[Event]:
    """Return the decoder of the data of that type. Raises Undecodable: the hub has no such type."""
    if decoder := EVENT_DECODERS.get(type_name):
        return decoder
    name, _, version = type_name.rpartition(".")
    if name in EVENTS:
        raise Undecodable(
            Code.WRONG_VERSION,
            f"type {type_name!r} has version {version!r}; {name}.{VERSION} is understood",
        )
    hint = did_you_mean(type_name, EVENT_DECODERS) or "; `groupage events` lists the types"
    raise Undecodable(Code.UNKNOWN_TYPE, f"no event is called {type_name[:200]!r}{hint}")


def decode_event(
    decoder: msgspec.json.Decoder[Event],
    value: bytes | msgspec.Raw | None,
    *,
    older: bool = False,
) -> Event:
    """Decode the data of an event; `older` as in `decode_for_store`. Raises Undecodable."""
    value = bytes(value or b"")
    data = _decode(decoder, value, older=older)
    FINISH[type(data)](data, value, older)
    return data


def _decode(decoder: msgspec.json.Decoder[Event], value: bytes, *, older: bool) -> Event:
    if not value:
        raise Undecodable(
            Code.NO_DATA,
            "the record has no value; a tombstone states nothing, withdraw with retracted",
        )
    try:
        return _read_data(decoder, value, older=older)
    except msgspec.ValidationError as error:
        reason = _explain(decoder.type, value) or str(error)
        raise Undecodable(Code.BAD_DATA, reason) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = say_foreign(value, "the data of an event is JSON") or str(error)
        raise Undecodable(Code.BAD_JSON, f"the value is not JSON: {reason}") from None


def _read_data(decoder: msgspec.json.Decoder[Event], value: bytes, *, older: bool) -> Event:
    """Decode the data; where its types are wrong, with each value in its usual form.

    Instants are cut in older records, too: their facts are read like that from the database.
    """
    try:
        data = decoder.decode(value)
    except msgspec.ValidationError as error:
        if older:
            raise
        try:
            usual = normal_form(decoder.type, msgspec.json.decode(value))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise error from None
        return msgspec.convert(usual, decoder.type)
    if may_be_rounded(decoder.type, value):
        usual = normal_form(decoder.type, msgspec.json.decode(value))
        return msgspec.convert(usual, decoder.type)
    return data


def finisher_of(event: type[Event]) -> Finish:
    """Return the function that does what the types of an event of this class cannot.

    It puts instants into UTC and ids into their normal form, and applies the rules for texts. It
    takes the event, its JSON, and `older` as in `decode_for_store`; it returns what `finish_ids`
    finds and raises Undecodable.
    """
    finish = finisher_of_ids(event, otherwise=_finish_texts)
    if not has_instants(event):
        return finish

    def finish_dated(data: Event, value: bytes, older: bool) -> int:  # noqa: FBT001
        to_utc(data)
        return finish(data, value, older)

    return finish_dated


def _finish_texts(data: Event, value: bytes, older: bool) -> int:  # noqa: FBT001
    """Finish an event with an escape, a space beside a quotation mark, or beyond ASCII."""
    if b"\\u0000" in value and _has_nul(msgspec.json.decode(value)):
        # PostgreSQL's text cannot hold it.
        raise Undecodable(Code.BAD_DATA, "a text holds the character NUL (\\u0000); leave it out")
    if older:
        _check_texts(data)
    found = finish_ids(data)
    if not older:
        _check_texts(data)
    return found


def _check_texts(data: Event) -> None:
    """Reject ids with white space at an end.

    The caller has seen a cause in the bytes: an escape, a space beside a quotation mark,
    characters beyond ASCII.
    """
    value = msgspec.json.encode(data)
    try:
        _text_checker(type(data)).decode(value)
    except msgspec.ValidationError as error:
        raise Undecodable(Code.BAD_DATA, _explain(type(data), value) or str(error)) from None


@cache
def _text_checker(event: type[Event]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(writer_struct(event, forbid_unknown_fields=False))


def _has_nul(node: object) -> bool:
    if isinstance(node, str):
        return "\x00" in node
    if isinstance(node, dict):
        return any(_has_nul(item) for pair in node.items() for item in pair)
    return isinstance(node, list) and any(_has_nul(item) for item in node)


def _explain(event: type[Event], value: bytes) -> str:
    """Say the first errors of an event's JSON, each with field, value and what would be right."""
    # Only here, because jsonschema takes as long to import as all the rest.
    from groupage.contracts.validation import reading_errors  # noqa: PLC0415

    errors = reading_errors(event, value) if len(value) <= _EXPLAINED_BYTES_MAX else ()
    more = len(errors) - _EXPLAINED_MAX
    tail = f" (and {more} more)" if more > 0 else ""
    return "; ".join(error.message for error in errors[:_EXPLAINED_MAX]) + tail


FINISH: dict[type[Event], Finish] = {event: finisher_of(event) for event in EVENTS.values()}
