"""All errors in an event's data at once, each with field, value and what would be right.

The fast path converts the data to the writer's struct, which takes microseconds. Only data that
fails there is validated with JSON Schema, which finds all errors and not only the first.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any, cast

import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from groupage.contracts.attributes import VERSION
from groupage.contracts.instants import EARLIEST, LATEST, instant_from, to_utc
from groupage.contracts.known_codes import find_unknown_codes
from groupage.contracts.normal_values import normal_form, normalize_places
from groupage.contracts.schemas import reader_schema, unit_of, writer_schema, writer_struct
from groupage.contracts.texts import find_wrong_texts, has_only_plain_texts
from groupage.contracts.undecodable import Undecodable
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.events.base import Event
from groupage.domain.near_names import did_you_mean, find_near_name, no_such
from groupage.domain.value_names import spell_out
from groupage.domain.words import error_text

ERRORS_MAX = 100
"""Nobody corrects more than these one by one."""
INSTANT_EXPECTED = (
    f"an RFC 3339 time from {EARLIEST.year} to {LATEST.year} with its offset, "
    "like 2026-03-01T08:00:00+08:00"
)

_formats = FormatChecker(())
_TYPE_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """An error in one field."""

    pointer: str
    """JSON Pointer into the data, ``/size/length_mm``."""
    value: Any
    expected: str

    @property
    def message(self) -> str:
        """Say it in one line, for people."""
        return error_text(
            self.pointer or "the data", self.value, expected=self.expected.rstrip(".")
        )


@_formats.checks("date-time", raises=Undecodable)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or instant_from(value, "") is not None


class InvalidData(InvalidInput):
    """Data that breaks its event's contract; `errors` lists every error."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


def validate_for_writing(type_name: str, data: object) -> tuple[FieldError, ...]:
    """List all errors of JSON `data` as event `type_name` (with or without version).

    Raises NotFound when there is no such event.
    """
    event = EVENTS.get(type_name) or EVENTS.get(type_name.removesuffix(f".{VERSION}"))
    if event is None:
        raise NotFound(f"no event is called {type_name!r}{did_you_mean(type_name, EVENTS)}")
    try:
        event_from_sender(event, data)
    except InvalidData as error:
        return error.errors
    return ()


def event_from_sender(event: type[Event], data: object) -> tuple[Event, bytes]:
    """Build the event from parsed JSON, and write its JSON once, each value in its usual form.

    Stricter than the readers: unknown fields are errors. Raises InvalidData.
    """
    data = normal_form(event, data)
    try:
        msgspec.convert(data, writer_struct(event))
        built = msgspec.convert(data, event)
        to_utc(built)
        normalize_places(built)
        value = msgspec.json.encode(built)
    except (msgspec.ValidationError, Undecodable, UnicodeEncodeError, TypeError) as error:
        message = str(error)
    else:
        found = () if has_only_plain_texts(value) else _text_errors(built)
        if wrong := _distinct_errors(chain(found, _code_errors(built))):
            raise InvalidData(wrong)
        return built, value
    errors = _distinct_errors(
        chain(_text_errors(data), _schema_errors(_writing_validator(event), data))
    )
    raise InvalidData(errors or (_single_error(message, data),))


def reading_errors(event: type[Event], value: bytes) -> tuple[FieldError, ...]:
    """List all errors of an event's JSON for a reader, who ignores unknown fields."""
    try:
        data = normal_form(event, msgspec.json.decode(value))
        return _distinct_errors(_schema_errors(_reading_validator(event), data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def _schema_errors(validator: Draft202012Validator, data: object) -> Iterator[FieldError]:
    for error in validator.iter_errors(data):
        yield from _field_errors(error)


def _distinct_errors(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    found: dict[FieldError, None] = {}
    for error in errors:
        found[error] = None
        if len(found) >= ERRORS_MAX:
            break
    return tuple(found)


def _single_error(message: str, data: object) -> FieldError:
    return FieldError(pointer="", value=_shorten(data), expected=message)


@cache
def _writing_validator(event: type[Event]) -> Draft202012Validator:
    return Draft202012Validator(writer_schema(event), format_checker=_formats)


@cache
def _reading_validator(event: type[Event]) -> Draft202012Validator:
    return Draft202012Validator(reader_schema(event), format_checker=_formats)


def _text_errors(data: object) -> Iterator[FieldError]:
    for pointer, text, expected in find_wrong_texts(data):
        yield FieldError(pointer=pointer, value=_shorten(text), expected=expected)


def _code_errors(data: Event) -> Iterator[FieldError]:
    for pointer, code, expected in find_unknown_codes(data):
        yield FieldError(pointer=pointer, value=code, expected=expected)


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    if error.validator in ("anyOf", "oneOf") and error.context:
        # An optional field: its own type says what is wrong, not the alternative null.
        for inner in error.context:
            if inner.schema != {"type": "null"}:
                yield from _field_errors(inner)
        return
    pointer = "".join(f"/{_escape(part)}" for part in error.absolute_path)
    schema, instance = cast("dict[str, Any]", error.schema), cast("Any", error.instance)
    known = schema.get("properties", {})
    if error.validator == "required":
        for name in [name for name in schema["required"] if name not in instance]:
            inside = known.get(name, {})
            yield FieldError(
                pointer=f"{pointer}/{_escape(name)}",
                value=None,
                expected=f"a field that is required: {_describe(inside)}",
            )
    elif error.validator == "additionalProperties":
        for name in [name for name in instance if name not in known]:
            yield FieldError(
                pointer=f"{pointer}/{_escape(name)}",
                value=_shorten(instance[name]),
                expected=_unknown_field(name, known),
            )
    elif not _is_said_by_pattern(error, schema):
        yield FieldError(pointer=pointer, value=_shorten(instance), expected=_expectation(error))


def _unknown_field(name: str, known: Mapping[str, Any]) -> str:
    """Say which field may be meant, with its unit, which may be the error: ``length_cm``."""
    near = find_near_name(name, known)
    unit = unit_of(near).rstrip(".") if near else ""
    return no_such("field", name, known, note=f" ({unit})" if unit else "")


def _is_said_by_pattern(error: ValidationError, schema: Mapping[str, Any]) -> bool:
    """Tell whether the text of wrong length also breaks the pattern, whose error says it all."""
    return (
        error.validator in ("minLength", "maxLength")
        and "pattern" in schema
        and re.search(schema["pattern"], cast("str", error.instance)) is None
    )


_EXPECTED: dict[str, Callable[[Any], str]] = {
    "type": lambda wanted: _TYPE_NAMES.get(wanted, str(wanted)),
    "enum": lambda values: f"one of {spell_out(values)}",
    "minimum": lambda bound: f"at least {bound}",
    "maximum": lambda bound: f"at most {bound}",
    "minLength": lambda bound: f"at least {bound} characters",
    "maxLength": lambda bound: f"at most {bound} characters",
    "format": lambda _: INSTANT_EXPECTED,
}


def _expectation(error: ValidationError) -> str:
    rule = str(error.validator)
    if rule == "enum":
        names = cast("list[str]", error.validator_value)
        return _EXPECTED[rule](names) + did_you_mean(error.instance, names)
    if rule in _EXPECTED:
        return _EXPECTED[rule](error.validator_value)
    optional = error.parent
    return _describe(error.schema if optional is None else optional.schema)


def _describe(schema: Any) -> str:
    """Describe a field in words, for error messages."""
    of_value = next((s for s in schema.get("anyOf", ()) if s != {"type": "null"}), schema)
    if text := schema.get("description") or of_value.get("description"):
        return str(text)
    schema = of_value
    if "enum" in schema:
        return _EXPECTED["enum"](schema["enum"])
    if schema.get("format") == "date-time":
        return INSTANT_EXPECTED
    if "pattern" in schema:
        return f"a text that matches {schema['pattern']}"
    return _TYPE_NAMES.get(schema.get("type", "object"), "a value")


def _escape(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _shorten(value: object) -> str | int | float | bool | None:
    """Shorten a value from outside, so that a message can repeat it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else text[:200] + "…"
