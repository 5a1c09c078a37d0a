"""Parameters of GS1's SimpleEventQuery: what is asked of the captured events.

The names are the standard's. A parameter that the hub does not answer is refused, by name.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from groupage.app.api.epcis_fields import (
    FieldQuery,
    is_field_parameter,
    is_single,
    read_field_parameter,
)
from groupage.app.api.epcis_values import (
    OF_EPCS,
    VALUES_MAX,
    check_type,
    check_values,
    fault,
)
from groupage.app.api.query import WrongParameters, parameters_of, parse_query
from groupage.contracts.captured_comparisons import Comparison, EpcMatch
from groupage.contracts.captured_terms import (
    ERROR,
    SENSOR_IDS,
    SENSOR_TEXTS,
    term,
    typed_term,
)
from groupage.contracts.instants import EARLIEST, LATEST
from groupage.domain.epc_patterns import PATTERN_URN, expression_of
from groupage.domain.gs1 import canonical_id
from groupage.domain.namespaces import Namespaces
from groupage.serving.problems import WrongField
from groupage.store.readers.captured_events import CaptureFilter, CaptureOrder

PER_PAGE_DEFAULT = 30
PER_PAGE_MAX = 1_000
_TEXT_LENGTH_MAX = 8_000
_NUMBER_MAX = 2**31 - 1

Words = Annotated[
    str, msgspec.Meta(max_length=_TEXT_LENGTH_MAX, description="Several are separated by `|`.")
]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=1, le=_NUMBER_MAX)]
Token = Annotated[str, msgspec.Meta(max_length=2_000)]

_EPC_TERMS = ("epc", "parentID", "inputEPC", "outputEPC")
_CLASS_TERMS = ("epcClass", "inputEPCClass", "outputEPCClass")
_TERMS: dict[str, tuple[str, ...]] = {
    "eventType": ("eventType",),
    **{
        f"EQ_{name}": (name,)
        for name in (
            "action",
            "bizStep",
            "disposition",
            "persistentDisposition_set",
            "persistentDisposition_unset",
            "readPoint",
            "bizLocation",
            "transformationID",
            "errorReason",
            "correctiveEventID",
            "type",
            *SENSOR_IDS,
            *SENSOR_TEXTS,
        )
    },
    **{f"MATCH_{name}": (name,) for name in (*_EPC_TERMS, *_CLASS_TERMS)},
    **{f"WD_{name}": (name, f"{name}In") for name in ("readPoint", "bizLocation")},
    "MATCH_anyEPC": _EPC_TERMS,
    "MATCH_anyEPCClass": _CLASS_TERMS,
}
"""The terms by which an event may match, by parameter."""
_TYPED = {f"EQ_{name}_": name for name in ("bizTransaction", "source", "destination")}
"""Beginnings of parameters that end with a type: ``EQ_bizTransaction_po``."""
_OTHERS: dict[str, Any] = {
    **dict.fromkeys(("GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime"), Instant),
    "EQ_eventID": Words,
    "EXISTS_errorDeclaration": bool,
    "EQ_booleanValue": bool,
    "orderBy": Literal["eventTime", "recordTime"],
    "orderDirection": Literal["ASC", "DESC"],
    "eventCountLimit": Count,
    "maxEventCount": Count,
    "perPage": Count,
    "nextPageToken": Token,
}


_SINGLE = frozenset(_OTHERS) - {"EQ_eventID"}
"""Parameters with one value, in which `|` stands for itself."""
Values = Mapping[str, Sequence[str]]
"""The values of each parameter."""


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a page."""

    perPage: Count | None = None  # noqa: N815 - the standard's name
    nextPageToken: Token | None = None  # noqa: N815 - the standard's name


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The events that are asked for, and how many of them."""

    filter: CaptureFilter
    order: CaptureOrder
    per_page: int
    first: int | None
    """The result has only so many events (`eventCountLimit`)."""
    at_most: int | None
    """More events than this are an error (`maxEventCount`)."""
    token: str | None


def parameters_without(name: str) -> type[msgspec.Struct]:
    """Return the struct of all parameters with a fixed name, but for the one in the path."""
    kinds = {**dict.fromkeys(_TERMS, Words), **_OTHERS}
    return msgspec.defstruct(
        "EventParameters",
        [(each, kind | None, None) for each, kind in kinds.items() if each != name],
        kw_only=True,
        frozen=True,
    )


def split_values(given: Mapping[str, str]) -> Values:
    """Split the values on a query string, which `|` separates."""
    return {name: (text,) if name in _SINGLE else text.split("|") for name, text in given.items()}


def read_event_query(
    given: Values,
    struct: type[msgspec.Struct],
    path: tuple[str, str] | None = None,
    namespaces: Namespaces = Namespaces(),  # noqa: B008 - never changes
) -> EventQuery:
    """Convert the parameters; `path` is one of them with its value.

    `namespaces` has the prefixes that values may use. Raises InvalidInput or WrongParameters, with
    all errors.
    """
    given = {name: _expand(name, values, namespaces) for name, values in given.items()}
    typed = {name: values for name, values in given.items() if _typed_kind(name)}
    fields = {
        name: values
        for name, values in given.items()
        if name not in typed and is_field_parameter(name)
    }
    others = {
        name: "|".join(values)
        for name, values in given.items()
        if name not in typed and name not in fields
    }
    (values,) = parse_query(others, struct)
    asked = {name: v for name in parameters_of(struct) if (v := getattr(values, name)) is not None}
    faults: list[WrongField] = []
    terms: list[tuple[str, ...]] = []
    comparisons: list[Comparison | EpcMatch] = []
    indexed = [(name, given[name]) for name in asked if name in _TERMS]
    if path is not None:
        indexed.append((path[0], (path[1],)))
    for name, texts in indexed:
        check_values(name, texts, faults)
        if name in OF_EPCS and any(text.startswith(PATTERN_URN) for text in texts):
            comparisons.append(_epc_match(name, texts))
        else:
            terms.append(_terms(name, texts))
    for name, texts in typed.items():
        kind, list_name = _typed_kind(name), _TYPED[name[: name.index("_", 3) + 1]]
        check_type(name, list_name, kind, faults)
        check_values(name, texts, faults)
        terms.append(tuple(typed_term(list_name, kind, value) for value in texts))
    for name, texts in fields.items():
        if (asked_field := _read_field(name, texts, namespaces, faults)) is not None:
            terms.append(asked_field.terms)
            if asked_field.comparison is not None:
                comparisons.append(asked_field.comparison)
    terms += _flags(asked)
    event_ids = given.get("EQ_eventID")
    if event_ids is not None:
        check_values("EQ_eventID", event_ids, faults)
    _check_counts(asked, faults)
    if faults:
        raise WrongParameters(tuple(faults))
    return EventQuery(
        filter=CaptureFilter(
            terms=tuple(terms),
            comparisons=tuple(comparisons),
            event_ids=None if event_ids is None else tuple(event_ids),
            happened_since=_within(asked.get("GE_eventTime")),
            happened_until=_within(asked.get("LT_eventTime")),
            recorded_since=_within(asked.get("GE_recordTime")),
            recorded_until=_within(asked.get("LT_recordTime")),
        ),
        order=_order(asked),
        per_page=min(asked.get("perPage", PER_PAGE_DEFAULT), PER_PAGE_MAX),
        first=asked.get("eventCountLimit"),
        at_most=asked.get("maxEventCount"),
        token=asked.get("nextPageToken"),
    )


def _read_field(
    name: str, values: Sequence[str], namespaces: Namespaces, faults: list[WrongField]
) -> FieldQuery | None:
    if not 0 < len(values) <= (1 if is_single(name) else VALUES_MAX):
        expected = "one value" if is_single(name) else f"1 to {VALUES_MAX} values"
        faults.append(fault(name, f"{len(values)} values", expected))
        return None
    try:
        return read_field_parameter(name, values, namespaces)
    except WrongParameters as error:
        faults += error.faults
        return None


def _expand(name: str, values: Sequence[str], namespaces: Namespaces) -> Sequence[str]:
    """Write out the prefixes that the query binds; free text keeps its colons."""
    if (
        not namespaces.own
        or name in _SINGLE
        or is_field_parameter(name)
        or name.removeprefix("EQ_") in SENSOR_TEXTS
    ):
        return values
    return [namespaces.expand_value(value) for value in values]


def _epc_match(name: str, values: Sequence[str]) -> EpcMatch:
    """Return what matches patterns and ids; a wrong pattern is a fault already."""
    expressions = [
        (expression_of(value) or "")
        if value.startswith(PATTERN_URN)
        else re.escape(canonical_id(value))
        for value in values
        if value
    ]
    return EpcMatch(names=_TERMS[name], expressions=tuple(expressions))


def _terms(name: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(term(each, value) for value in values for each in _TERMS[name])


def _typed_kind(name: str) -> str:
    """Return the type at the end of a parameter's name; empty: it has none."""
    return next((name.removeprefix(each) for each in _TYPED if name.startswith(each)), "")


def _flags(asked: Mapping[str, Any]) -> list[tuple[str, ...]]:
    terms: list[tuple[str, ...]] = []
    if asked.get("EXISTS_errorDeclaration"):  # false asks for nothing, says the standard
        terms.append((term(ERROR, ""),))
    if (value := asked.get("EQ_booleanValue")) is not None:
        terms.append((term("booleanValue", str(value).lower()),))
    return terms


def _order(asked: Mapping[str, Any]) -> CaptureOrder:
    """Return the order; without one, events come as they were recorded."""
    if "orderBy" not in asked:
        return CaptureOrder(column="captured_at", descending=False)
    column: Literal["event_time", "captured_at"] = (
        "event_time" if asked["orderBy"] == "eventTime" else "captured_at"
    )
    return CaptureOrder(column=column, descending=asked.get("orderDirection", "DESC") == "DESC")


def _check_counts(asked: Mapping[str, Any], faults: list[WrongField]) -> None:
    if "eventCountLimit" in asked and "maxEventCount" in asked:
        faults.append(
            fault("maxEventCount", asked["maxEventCount"], "not with eventCountLimit: one of them")
        )
    if "eventCountLimit" in asked and "orderBy" not in asked:
        faults.append(
            fault("eventCountLimit", asked["eventCountLimit"], "only together with orderBy")
        )


def _within(at: datetime | None) -> datetime | None:
    """Return the instant, or the end of the hub's calendar that it lies behind."""
    return None if at is None else min(max(at, EARLIEST), LATEST)
