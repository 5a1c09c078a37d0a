"""Schemas of every event: strict for writers, tolerant for readers.

A writer's schema refuses unknown fields, wants an offset in every instant and describes each field:
by its docstring (`descriptions.json`) or the meaning of its name (`field_texts`), its type and its
unit, with an example. It comes
in two forms: a msgspec struct, which checks data fast, and JSON Schema 2020-12, for documents and
for error messages. Readers ignore unknown fields; the event classes are their structs.
"""

import inspect
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from groupage.contracts.attributes import ce_type
from groupage.contracts.example_values import example_of_field, example_of_struct
from groupage.contracts.field_texts import FIELD_TEXTS
from groupage.domain.events.base import Event
from groupage.domain.events.quantities import ID_RULE
from groupage.domain.value_names import names_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DESCRIPTIONS_FILE = Path(__file__).with_name("descriptions.json")
_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
_UNITS = {
    "_mm": "Millimetres.",
    "_g": "Grams.",
    "_cm3": "Cubic centimetres.",
    "_s": "Seconds.",
    "_m": "Metres.",
    "_minor": "Minor units of the currency by ISO 4217.",
    "_cents": "Cents.",
    "_udeg": "Millionths of a degree.",
    "_permille": "Thousandths.",
    "_at": "An instant by RFC 3339 with its offset from UTC.",
}


@cache
def writer_schema(event: type[Event]) -> Mapping[str, Any]:
    """Return the JSON Schema of what a writer may send."""
    return _document(event, "write", _json_schema(event))


@cache
def reader_schema(event: type[Event]) -> Mapping[str, Any]:
    """Return the JSON Schema of what a reader understands: the same, and any other fields."""
    return _document(event, "read", _allow_unknown_fields(_json_schema(event)))


def component_schemas(
    events: tuple[type[Event], ...], *, ref_template: str
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return writer schemas by event name, and the parts that they share, for one document."""
    schemas, parts = msgspec.json.schema_components(
        [writer_struct(event) for event in events], ref_template=ref_template
    )
    return {event.name: schema for event, schema in zip(events, schemas, strict=True)}, parts


@cache
def writer_struct(
    struct: type[msgspec.Struct], *, forbid_unknown_fields: bool = True
) -> type[msgspec.Struct]:
    """Make the writer's form of an event, or of a struct inside an event.

    Without `forbid_unknown_fields` it still checks what the event's own class leaves out for speed.
    """
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        strict: Any = _strict_type(field.type, forbid_unknown_fields)
        example = example_of_field(field.name, field.type)
        strict = Annotated[
            strict,
            msgspec.Meta(
                description=_description(struct, field) or None,
                examples=None if example is None else [example],
            ),
        ]
        if field.default is not msgspec.NODEFAULT:
            fields.append((field.name, strict, field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=field.default_factory)
            fields.append((field.name, strict, default))
        else:
            fields.append((field.name, strict))
    return msgspec.defstruct(
        struct.__name__,
        fields,
        namespace={"__doc__": inspect.getdoc(struct)},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=forbid_unknown_fields,
    )


def unit_of(field_name: str) -> str:
    """``Millimetres.``: the unit that the name ends in; empty: it ends in none."""
    return _UNITS.get(field_name[field_name.rfind("_") :], "") if "_" in field_name else ""


def _strict_type(hint: Any, forbid: bool) -> Any:  # noqa: FBT001 - inner
    if hint is datetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return writer_struct(hint, forbid_unknown_fields=forbid)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return Annotated[(_strict_type(arguments[0], forbid), *map(_constraints, arguments[1:]))]
    if origin is tuple:
        return tuple[tuple(_strict_type(argument, forbid) for argument in arguments)]  # type: ignore[misc]
    if arguments and any(argument is type(None) for argument in arguments):
        return Union[tuple(_strict_type(argument, forbid) for argument in arguments)]  # noqa: UP007 - built at run time
    return hint


def _constraints(meta: Any) -> Any:
    """Keep the bounds, and add the pattern that readers check apart."""
    if not isinstance(meta, msgspec.Meta):
        return meta
    bounds = {name: getattr(meta, name) for name in _BOUNDS}
    return msgspec.Meta(**(bounds | (meta.extra or {})))


def _description(struct: type[msgspec.Struct], field: msgspec.structs.FieldInfo) -> str:
    """Write the field's meaning, the limits of its type, its unit and the names of its values."""
    parts = get_args(field.type)
    hint = parts[0] if type(None) in parts else field.type
    meaning = _meaning(struct, field.name)
    of_type = _type_text(hint, short=bool(meaning)) or unit_of(field.name)
    texts = (meaning, of_type, _value_texts(hint))
    return " ".join(filter(None, texts))


def _meaning(struct: type[msgspec.Struct], name: str) -> str:
    for base in struct.__mro__:
        if text := _docstrings().get(f"{base.__module__}.{base.__name__}", {}).get(name):
            return text
    return FIELD_TEXTS.get(name, "")


def _type_text(hint: Any, *, short: bool) -> str:
    """Describe the field's type; `short`: what the field is stands before it."""
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            is_id = bool(meta.extra) and ID_RULE in meta.description
            return ID_RULE if short and is_id else meta.description
    return ""


def _value_texts(hint: Any) -> str:
    """``9610: parcels to consumers; 9710: …``: an enumeration's values with their names."""
    if get_origin(hint) is not Literal:
        return ""
    values = get_args(hint)
    names = names_of(values)
    texts = [f"{value or repr('')}: {names[value]}" for value in values if names.get(value)]
    return "; ".join(texts) + "." if texts else ""


@cache
def _docstrings() -> dict[str, dict[str, str]]:
    return msgspec.json.decode(DESCRIPTIONS_FILE.read_bytes(), type=dict[str, dict[str, str]])


def _json_schema(event: type[Event]) -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.schema(writer_struct(event))
    return schema


def _allow_unknown_fields(schema: Any) -> Any:
    """Drop the refusals of unknown fields."""
    if isinstance(schema, dict):
        return {
            name: _allow_unknown_fields(value)
            for name, value in schema.items()
            if not (name == "additionalProperties" and value is False)
        }
    if isinstance(schema, list):
        return [_allow_unknown_fields(item) for item in schema]
    return schema


def _document(event: type[Event], use: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"urn:groupage:{use}:{ce_type(event)}",
        "title": ce_type(event),
        **schema,
        "examples": [msgspec.to_builtins(example_of_struct(event))],
    }
