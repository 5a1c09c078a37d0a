"""Random facts of every event type, built from the types themselves."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from groupage.contracts.normal_ids import normalize_ids
from groupage.domain.currencies import DECIMALS
from groupage.domain.events.base import Event
from groupage.domain.events.quantities import END_OF_TEXT, Currency
from groupage.domain.fact import Fact

_DEFAULT_INT_BOUND = 10**12
# Half of the texts have nothing that the entrances refuse; readers must take the others, too.
_TEXT = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=12
) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12
)
# The texts for which str.isprintable() holds, drawn as such: a filter would reject most draws.
_ATTRIBUTE = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=12
)
_INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy wants naive bounds
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=5))]),
)


def _integers(node: msgspec.inspect.IntType) -> st.SearchStrategy[int]:
    low = -_DEFAULT_INT_BOUND if node.ge is None else node.ge
    high = _DEFAULT_INT_BOUND if node.le is None else node.le
    return st.integers(low, high)


def _strings(node: msgspec.inspect.StrType) -> st.SearchStrategy[str]:
    if node.pattern == get_args(Currency)[1].pattern:
        return st.sampled_from(sorted(DECIMALS))
    if node.pattern:
        pattern = node.pattern.removesuffix(END_OF_TEXT)
        return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
    return _TEXT | st.just("")


def _ids(pattern: str) -> st.SearchStrategy[str]:
    whole = re.compile(pattern.removesuffix(END_OF_TEXT))
    return _TEXT.filter(lambda text: whole.fullmatch(text) is not None)


def strategy_of(node: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type as msgspec describes it, constraints included."""
    return _SIMPLE[type(node)](node)


def _structs(node: msgspec.inspect.StructType) -> st.SearchStrategy[Any]:
    fields = {field.name: strategy_of(field.type) for field in node.fields}
    return st.builds(node.cls, **fields)


_SIMPLE: dict[type[msgspec.inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    msgspec.inspect.IntType: _integers,
    msgspec.inspect.StrType: _strings,
    msgspec.inspect.DateType: lambda _: st.dates(),
    msgspec.inspect.FloatType: lambda _: st.floats(allow_nan=False, allow_infinity=False),
    msgspec.inspect.BoolType: lambda _: st.booleans(),
    msgspec.inspect.NoneType: lambda _: st.none(),
    msgspec.inspect.DateTimeType: lambda _: _INSTANTS,
    msgspec.inspect.EnumType: lambda node: st.sampled_from(list(node.cls)),
    msgspec.inspect.LiteralType: lambda node: st.sampled_from(node.values),
    msgspec.inspect.UnionType: lambda node: st.one_of(*map(strategy_of, node.types)),
    msgspec.inspect.VarTupleType: lambda node: st.lists(
        strategy_of(node.item_type), max_size=3
    ).map(tuple),
    msgspec.inspect.Metadata: lambda node: (
        _ids(node.extra["pattern"]) if node.extra else strategy_of(node.type)
    ),
    msgspec.inspect.StructType: _structs,
}


@cache
def events_of(event: type[Event]) -> st.SearchStrategy[Event]:
    """Random events of one type."""
    strategy: st.SearchStrategy[Event] = strategy_of(msgspec.inspect.type_info(event))
    return strategy


def _fact(event: Event, **envelope: Any) -> Fact:
    if envelope["retracted"]:
        envelope["correction_of"] = envelope["correction_of"] or envelope["event_id"]
    normalize_ids(event)
    return Fact(key=event.key, data=event, **envelope)


def facts_of(event: type[Event]) -> st.SearchStrategy[Fact]:
    """Random facts of one event type, every attribute used."""
    optional = st.none() | _ATTRIBUTE
    return st.builds(
        _fact,
        events_of(event),
        event_id=_ATTRIBUTE,
        source=_ATTRIBUTE,
        occurred_at=_INSTANTS,
        recorded_at=_INSTANTS,
        classifier=st.sampled_from(["PLN", "EST", "ACT", "REQ"]),
        correction_of=optional,
        retracted=st.booleans(),
        relayed_by=optional,
        traceparent=optional,
        original=st.none() | st.binary(max_size=20),
    )
