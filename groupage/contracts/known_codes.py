"""Codes in an event that must be in a published list: currencies by ISO 4217.

The entrances and the workers refuse an unknown code by name: no amount in it could be compared or
printed. Facts that an older version took are read all the same.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from groupage.domain import currencies
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Money


def find_unknown_codes(data: msgspec.Struct, pointer: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield pointer, code and what is expected for each code that is in no list."""
    for name in _fields_with_money(type(data)):
        value = getattr(data, name)
        items = enumerate(value) if isinstance(value, tuple) else (("", value),)
        for index, item in items:
            where = f"{pointer}/{name}" + (f"/{index}" if index != "" else "")
            if isinstance(item, Money):
                if item.currency not in currencies.DECIMALS:
                    yield f"{where}/currency", item.currency, currencies.EXPECTED
            elif isinstance(item, msgspec.Struct):
                yield from find_unknown_codes(item, where)


@cache
def _fields_with_money(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(struct)
    return tuple(field.name for field in fields if _holds_money(field.type))


def _holds_money(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint is Money or bool(_fields_with_money(hint))
    return any(map(_holds_money, get_args(hint)))


WITH_CODES = frozenset(event for event in EVENTS.values() if _fields_with_money(event))
"""Event classes that hold such codes."""
