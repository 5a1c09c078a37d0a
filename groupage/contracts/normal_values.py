"""Values that may be written in several ways, in the one way that the event classes take.

- Ids of units and containers (`groupage.contracts.normal_ids`).
- Instants that libraries read differently (`groupage.contracts.instants`).
- Whole numbers with a decimal point or an exponent: ``12500.0`` and ``1.25e4`` are integers by JSON
  Schema, and so by the schemas that groupage publishes.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, get_args, get_origin

import msgspec
from msgspec.structs import force_setattr

from groupage.contracts.instants import usual_text
from groupage.contracts.normal_ids import is_thing_id
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.quantities import Locode
from groupage.domain.gs1 import canonical_id
from groupage.domain.places import ALIASES

_Normalize: TypeAlias = Callable[[Any], Any]
"""Returns the value in its usual form; a value of another type stays as it is."""
WHOLE_MAX = 2**53
"""Beyond it a JSON number with a point is no longer exact in most programs."""


def normalize_places(event: Event) -> bool:
    """Write the one code that the hub uses for each place of an event; tell whether any changed.

    Unlike the other forms this is not done to stored facts: the lanes of an older version keep
    their ids.
    """
    changed = False
    for name in _PLACES[type(event)]:
        code = getattr(event, name)
        if code is not None and code in ALIASES:
            force_setattr(event, name, ALIASES[code])
            changed = True
    return changed


def normal_form(struct: type[msgspec.Struct], data: object) -> object:
    """Return parsed JSON of a struct with each value in its usual form; `data` is not changed."""
    return _struct_rule(struct)(data)


@cache
def _struct_rule(struct: type[msgspec.Struct]) -> _Normalize:
    rules: dict[str, _Normalize] = {}

    def normalize(data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            name: rule(value) if (rule := rules.get(name)) else value
            for name, value in data.items()
        }

    for field in msgspec.structs.fields(struct):
        if rule := _rule_of(field.type):
            rules[field.encode_name] = rule
    return normalize


def _rule_of(hint: Any) -> _Normalize | None:
    if is_thing_id(hint):
        return _normal_id
    if hint is datetime:
        return _usual_instant
    if hint is int:
        return _whole_number
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct_rule(hint)
    rules = [rule for argument in get_args(hint) if (rule := _rule_of(argument))]
    if not rules:
        return None
    (rule,) = rules
    return _list_rule(rule) if get_origin(hint) in (tuple, list) else rule


def _list_rule(rule: _Normalize) -> _Normalize:
    return lambda data: list(map(rule, data)) if isinstance(data, list) else data


def _normal_id(value: Any) -> Any:
    return canonical_id(value) if isinstance(value, str) else value


def _usual_instant(value: Any) -> Any:
    return usual_text(value) if isinstance(value, str) else value


def _whole_number(value: Any) -> Any:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE_MAX
    return int(value) if is_whole else value


def _holds_place(hint: Any) -> bool:
    metadata = getattr(hint, "__metadata__", ())
    return get_args(Locode)[1] in metadata or any(map(_holds_place, get_args(hint)))


_PLACES: dict[type[Event], tuple[str, ...]] = {
    event: tuple(field.name for field in msgspec.structs.fields(event) if _holds_place(field.type))
    for event in EVENTS.values()
}
WITH_PLACES = frozenset(event for event, names in _PLACES.items() if names)
"""Event classes that name places by UN/LOCODE."""
