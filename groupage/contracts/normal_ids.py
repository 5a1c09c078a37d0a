"""Ids of units and containers in an event, in the one form that the hub uses for each thing.

Every entrance writes them in this form (`groupage.domain.gs1`). Readers of the log make it again,
because a record that came straight to Kafka has them as its sender's scanner wrote them, and check
their digits in the same pass.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias, get_args

import msgspec
from msgspec.structs import force_setattr

from groupage.contracts.digits import WRONG_SUMS, has_wrong_digits, is_wrong
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.quantities import EquipmentRef, UnitId
from groupage.domain.gs1 import MAYBE_OTHER_FORM, canonical_id, is_plainly_canonical

_GetIds: TypeAlias = Callable[[Any], Iterable[str]]
_METAS: tuple[Any, ...] = (get_args(UnitId)[1], get_args(EquipmentRef)[1])


from_bytes = int.from_bytes
_SPACE, _BACKSLASH = b" \\"


class _Fields(NamedTuple):
    """Names of fields with ids of things: one (or None), several, and structs that have some."""

    single: tuple[str, ...]
    several: tuple[str, ...]
    nested: tuple[str, ...]


CHANGED, WRONG_DIGIT = 1, 2


Finish: TypeAlias = Callable[[Event, bytes, bool], int]
"""Takes an event, its JSON, and whether a version before 0.3.0 may have stored it."""


def finisher_of_ids(event: type[Event], *, otherwise: Finish) -> Finish:
    """Return a function that does as `finish_ids` does to events of the class.

    `otherwise` does it to events whose JSON is not plain. Workers do this to each record; nearly
    all are plain, and their ids need no work.
    """
    single, get_lists = _GLANCED.get(event, _NOTHING)

    def finish(data: Event, value: bytes, older: bool) -> int:  # noqa: FBT001 - for each record
        # For speed: `is_plain`, without a call.
        if (
            _BACKSLASH in value
            or not value.isascii()
            or (_SPACE in value and (b'" ' in value or b' "' in value))
        ):
            return otherwise(data, value, older)
        for name in single:
            text = getattr(data, name)
            # For speed: `_need_work`, without a call.
            if text is None:
                continue
            if len(text) == 18 and (digits := text.encode()).isdigit():
                if WRONG_SUMS[from_bytes(digits, "big") % 0xFFFF]:
                    return finish_ids(data, thorough=False)
            elif (text[0] in MAYBE_OTHER_FORM or len(text) == 11) and _need_work((text,)):
                return finish_ids(data, thorough=False)
        if get_lists and any(_need_work(get_ids(data)) for get_ids in get_lists):
            return finish_ids(data, thorough=False)
        return 0

    return finish


def is_plain(value: bytes) -> bool:
    """Tell whether all ids in the JSON are printable ASCII without white space at their ends."""
    # One byte is searched as a number: that takes a fifth of the time.
    return (
        _BACKSLASH not in value
        and value.isascii()
        and (_SPACE not in value or (b'" ' not in value and b' "' not in value))
    )


def _need_work(texts: Iterable[str]) -> bool:
    """Tell whether an ASCII id may have another normal form, or has a wrong check digit."""
    for text in texts:
        if len(text) == 18 and (digits := text.encode()).isdigit():
            if WRONG_SUMS[from_bytes(digits, "big") % 0xFFFF]:
                return True
        elif text[0] in MAYBE_OTHER_FORM or (len(text) == 11 and is_wrong(text)):
            return True
    return False


def finish_ids(data: Event, *, thorough: bool = True) -> int:
    """Put the ids of a freshly decoded event into their normal form, and check their digits.

    Return 0, or the sum of `CHANGED`, if an id changed, and `WRONG_DIGIT`.
    """
    changed = CHANGED if normalize_ids(data, thorough=thorough) else 0
    return changed + (WRONG_DIGIT if has_wrong_digits(data) else 0)


def normalize_ids(data: msgspec.Struct, *, thorough: bool = True) -> bool:
    """Put the ids of a freshly decoded struct into their normal form; tell whether any changed."""
    fields = _FIELDS.get(type(data))
    if fields is None:
        return False
    changed = False
    for name in fields.single:
        text = getattr(data, name)
        if text is None or (not thorough and is_plainly_canonical(text)):
            continue
        if (normal := canonical_id(text)) != text:
            force_setattr(data, name, normal)
            changed = True
    if fields.several or fields.nested:
        changed |= _normalize_lists(data, fields, thorough=thorough)
    return changed


def _normalize_lists(data: msgspec.Struct, fields: _Fields, *, thorough: bool) -> bool:
    changed = False
    for name in fields.several:
        texts = getattr(data, name)
        if not thorough and all(map(is_plainly_canonical, texts)):
            continue
        normal = tuple(map(canonical_id, texts))
        if normal != texts:
            force_setattr(data, name, normal)
            changed = True
    for name in fields.nested:
        for item in getattr(data, name):
            changed |= normalize_ids(item, thorough=thorough)
    return changed


def _fields_of(struct: type[msgspec.Struct]) -> _Fields | None:
    single, several, nested = [], [], []
    for field in msgspec.structs.fields(struct):
        arguments = get_args(field.type)
        holds_ids = any(map(is_thing_id, arguments))
        if is_thing_id(field.type) or (holds_ids and type(None) in arguments):
            single.append(field.name)
        elif holds_ids:
            several.append(field.name)
        elif any(_find_fields(each) for each in arguments if _is_struct(each)):
            nested.append(field.name)
    return (
        _Fields(tuple(single), tuple(several), tuple(nested)) if single + several + nested else None
    )


@cache
def _find_fields(struct: type[msgspec.Struct]) -> _Fields | None:
    fields = _FIELDS[struct] = _fields_of(struct)
    return fields


def is_thing_id(hint: Any) -> bool:
    """Tell whether the type is that of ids of units or containers."""
    return any(meta in getattr(hint, "__metadata__", ()) for meta in _METAS)


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


_FIELDS: dict[type[msgspec.Struct], _Fields | None] = {}
for _event in EVENTS.values():
    _find_fields(_event)


def _list_getters(event: type[Event], fields: _Fields) -> Iterator[_GetIds]:
    """Yield functions that return the ids in each list of an event."""
    yield from map(attrgetter, fields.several)
    types = {field.name: field.type for field in msgspec.structs.fields(event)}
    for name in fields.nested:
        (item,) = filter(_is_struct, get_args(types[name]))
        inner = _find_fields(item)
        assert inner is not None
        (inner_name,) = inner.single
        assert not any(inner[1:]), (event, name)
        yield partial(_ids_of_items, attrgetter(name), attrgetter(inner_name))


def _ids_of_items(get_items: _GetIds, get_id: Callable[[Any], str], event: Event) -> Iterator[str]:
    return map(get_id, get_items(event))


_NOTHING: tuple[tuple[str, ...], tuple[_GetIds, ...]] = ((), ())
_GLANCED = {
    event: (fields.single, tuple(_list_getters(event, fields)))
    for event in EVENTS.values()
    if (fields := _FIELDS[event]) is not None
}
"""Names of an event's single ids, and functions that return the ids in its lists."""
