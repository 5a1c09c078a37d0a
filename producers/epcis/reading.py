"""Reading of an EPCIS document: it is split into its events, each as its sender wrote it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from groupage.contracts.captured_events import CONTEXT_BYTES_MAX, Format
from groupage.contracts.foreign_formats import say_foreign
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import Namespaces
from producers.duplicate_keys import find_repeated_key
from producers.epcis.checks import parse_time
from producers.epcis.members import EVENT_TYPES, is_uri
from producers.problems import FieldProblem, abbreviate


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The events as the sender wrote them, and what the document says about all of them."""

    events: tuple[msgspec.Raw, ...]
    """In JSON. Events that came as XML stand in the standard's JSON form."""
    path: str
    """Of the list of events in the document."""
    namespaces: Namespaces
    """What the @context, or the XML element, binds."""
    context: bytes | None = None
    """The @context in JSON, if it binds anything."""
    format: Format = "json"
    problems: tuple[FieldProblem, ...] = ()
    notes: tuple[str, ...] = ()
    """Parts of the document that the hub does not read."""


_ABSENT = msgspec.Raw()


class _Body(msgspec.Struct):
    eventList: list[msgspec.Raw] | None = None  # noqa: N815 (GS1's name)
    event: msgspec.Raw = _ABSENT
    """The form of GS1's first drafts for a single event.

    Not `Raw | None`: of that union msgspec reads null alone.
    """
    queryResults: dict[str, msgspec.Raw] | None = None  # noqa: N815


class _Envelope(msgspec.Struct):
    type: str | None = None
    context: Any = msgspec.field(default=None, name="@context")
    schemaVersion: Any = None  # noqa: N815
    creationDate: Any = None  # noqa: N815
    epcisHeader: Any = None  # noqa: N815
    epcisBody: _Body | None = None  # noqa: N815


CONTEXT_URL = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""GS1's JSON-LD context of EPCIS 2.0."""


def read_json(data: bytes) -> Document:
    """Split an EPCISDocument, an EPCISQueryDocument or a single event in JSON into its events.

    Wrong fields of the envelope become `problems`. Raises InvalidInput for any other document.
    """
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
        parsed = msgspec.json.decode(data)  # also what the envelope skips
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = say_foreign(data, "EPCIS documents are JSON or XML") or _error_text(data, error)
        raise InvalidInput(f"not an EPCIS document in JSON: {reason}") from None
    if repeated := find_repeated_key(data, parsed):
        raise InvalidInput(f"{repeated}; write each key once")
    namespaces = Namespaces().with_context(envelope.context)
    if envelope.type == "EPCISDocument":
        body = envelope.epcisBody
        events = body.eventList if body else None
        if events is None and body is not None and bytes(body.event) not in (b"", b"null"):
            events = [body.event]
        path = "epcisBody.eventList"
    elif envelope.type == "EPCISQueryDocument":
        events = _query_results(envelope.epcisBody)
        path = "epcisBody.queryResults.resultsBody.eventList"
    elif envelope.type in EVENT_TYPES or is_uri(envelope.type):
        return Document(events=(msgspec.Raw(data),), path="", namespaces=Namespaces())
    else:
        expected = "EPCISDocument, EPCISQueryDocument or the type of an event"
        found = "is missing" if envelope.type is None else f"is {envelope.type[:80]!r}"
        raise InvalidInput(f"the document's type {found}; expected {expected}")
    if events is None:
        raise InvalidInput(f"{path} is missing; expected the list of events")
    return Document(
        events=tuple(events),
        path=path,
        namespaces=namespaces,
        context=msgspec.json.encode(envelope.context) if namespaces.own else None,
        problems=tuple(_envelope_problems(envelope)),
        notes=("master_data_not_read",) if _has_master_data(envelope.epcisHeader) else (),
    )


def _error_text(data: bytes, error: Exception) -> str:
    """Return msgspec's message with line and column in place of the byte offset."""
    text, _, rest = str(error).partition(" (byte ")
    if text == "Input data was truncated":
        text, rest = "it ends too early", f"{len(data)})"
    if not rest:
        return text
    lines = data[: int(rest.removesuffix(")"))].decode(errors="replace").split("\n")
    return f"{text} in line {len(lines)}, column {len(lines[-1]) + 1}"


def _query_results(body: _Body | None) -> list[msgspec.Raw] | None:
    try:
        results = (body.queryResults or {}).get("resultsBody") if body else None
        return msgspec.json.decode(results, type=_Body).eventList if results else None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"epcisBody.queryResults.resultsBody: {error}") from None


def _envelope_problems(envelope: _Envelope) -> Iterator[FieldProblem]:
    version = envelope.schemaVersion
    if not isinstance(version, str) or not version.startswith("2."):
        yield FieldProblem(field="schemaVersion", value=abbreviate(version), expected="2.0")
    if parse_time(envelope.creationDate) is None:
        yield FieldProblem(
            field="creationDate",
            value=abbreviate(envelope.creationDate),
            expected="a date and time with offset, like 2026-03-01T08:00:00+08:00",
        )
    if envelope.context is None:
        yield FieldProblem(field="@context", value=None, expected="the EPCIS 2.0 JSON-LD context")
    elif (size := len(msgspec.json.encode(envelope.context))) > CONTEXT_BYTES_MAX:
        yield FieldProblem(
            field="@context", value=f"{size} bytes", expected=f"at most {CONTEXT_BYTES_MAX} bytes"
        )


def _has_master_data(header: Any) -> bool:
    return isinstance(header, dict) and bool(header.get("epcisMasterData"))
