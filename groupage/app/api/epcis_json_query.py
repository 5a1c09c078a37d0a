"""A query in JSON (EPCIS 2.0, query-schema.json): its parameters as those on a query string."""

from typing import Any

import msgspec

from groupage.app.api.epcis_parameters import (
    EventQuery,
    Values,
    parameters_without,
    read_event_query,
)
from groupage.app.api.query import WrongParameters
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import Namespaces
from groupage.serving.problems import WrongField

QUERY_BYTES_MAX = 64 * 2**10
_CONTEXT = "@context"
_PARAMETERS = parameters_without("")
_PAGING = ("perPage", "nextPageToken")
"""Parameters of a request for a page: no part of what a query asks for."""


def read_json_query(query: bytes, paging: Values) -> EventQuery:
    """Read a query's JSON object and the parameters of a page of its events.

    Raises InvalidInput or WrongParameters, with all errors.
    """
    try:
        members = msgspec.json.decode(query, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the query must be a JSON object: {error}") from None
    context = members.pop(_CONTEXT, None)
    faults = [
        WrongField(field=name, value=_value(members[name]), expected="with GET …/events, not here")
        for name in _PAGING
        if name in members
    ]
    values = {}
    for name, raw in members.items():
        texts = _texts(raw)
        if texts is None:
            expected = "a text, number or boolean, an array of texts or numbers, or null"
            faults.append(WrongField(field=name, value=_value(raw), expected=expected))
        else:
            values[name] = texts
    if faults:
        raise WrongParameters(tuple(faults))
    namespaces = Namespaces().with_context(None if context is None else _value(context))
    return read_event_query({**values, **paging}, _PARAMETERS, namespaces=namespaces)


def _texts(raw: msgspec.Raw) -> list[str] | None:
    """Return the values of a parameter as they would stand on a query string; None: it has none."""
    kind = bytes(raw)[:1]
    if kind == b"[":
        items = [_text(item) for item in msgspec.json.decode(raw, type=list[msgspec.Raw])]
        return None if None in items else [item for item in items if item is not None]
    # `null` is the standard's value of a parameter that has none.
    text = "true" if kind == b"n" else _text(raw)
    return None if text is None else [text]


def _text(raw: msgspec.Raw) -> str | None:
    match bytes(raw)[:1]:
        case b'"':
            return msgspec.json.decode(raw, type=str)
        case b"[" | b"{" | b"n":
            return None
    return bytes(raw).decode("ascii").strip()  # as it is written: a decimal stays exact


def _value(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)
