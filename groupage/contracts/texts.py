"""Texts that senders may not send: control characters, and those that turn the writing direction.

A screen shows ``CN-1`` and ``CN-1`` with an invisible character in it alike, and U+202E makes a
name read as another. The entrances refuse such texts; readers do not, because facts that were taken
before stay facts.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.events.quantities import EquipmentRef, Id, UnitId
from groupage.domain.words import error_text

ID_EXPECTED = "an id without control characters, direction marks and other invisible characters"
TEXT_EXPECTED = "a text without control characters (but line breaks) and direction overrides"
_BACKSLASH = ord("\\")
# C0 but tab and line breaks, DEL, C1; embeddings, overrides and isolates of Unicode Annex 9.
_WRONG_IN_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode's categories of control and format characters and of line separators."""
_ID_METAS: tuple[Any, ...] = tuple(get_args(hint)[1] for hint in (Id, UnitId, EquipmentRef))


def has_only_plain_texts(value: bytes) -> bool:
    """Tell at a glance, from an event's JSON, that no text needs a closer look."""
    return _BACKSLASH not in value and value.decode().isprintable()


def find_wrong_texts(data: object) -> Iterator[tuple[str, str, str]]:
    """Yield pointer, text and what is expected for each text that a sender may not send.

    `data` is an event, or parsed JSON that is not a valid event: there no field is known as an id.
    """
    yield from _wrong_in(data, "", is_id=False)


def require_plain_texts(event: Event, value: bytes) -> None:
    """Raise InvalidInput if a sender may not send a text of the event; `value` is its JSON."""
    if has_only_plain_texts(value):
        return
    errors = [
        error_text(pointer.removeprefix("/"), text, expected=expected)
        for pointer, text, expected in find_wrong_texts(event)
    ]
    if errors:
        raise InvalidInput("; ".join(errors))


def _wrong_in(value: object, pointer: str, *, is_id: bool) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        if is_id and any(unicodedata.category(char) in _INVISIBLE for char in value):
            yield pointer, value, ID_EXPECTED
        elif _WRONG_IN_TEXT.search(value):
            yield pointer, value, TEXT_EXPECTED
    elif isinstance(value, msgspec.Struct):
        ids = _id_fields(type(value))
        for field in msgspec.structs.fields(type(value)):
            name = field.name
            inside = getattr(value, name)
            yield from _wrong_in(inside, f"{pointer}/{name}", is_id=name in ids)
    elif isinstance(value, dict):
        for key, inside in value.items():
            name = str(key).replace("~", "~0").replace("/", "~1")
            yield from _wrong_in(inside, f"{pointer}/{name}", is_id=False)
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _wrong_in(item, f"{pointer}/{index}", is_id=is_id)


@cache
def _id_fields(struct: type[msgspec.Struct]) -> frozenset[str]:
    """Names of the fields that hold ids: one, or several, or perhaps none."""
    fields = msgspec.structs.fields(struct)
    return frozenset(field.name for field in fields if _holds_id(field.type))


def _holds_id(hint: Any) -> bool:
    metadata = getattr(hint, "__metadata__", ())
    return any(meta in metadata for meta in _ID_METAS) or any(map(_holds_id, get_args(hint)))
