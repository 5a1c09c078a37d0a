"""From a structured CloudEvent, already parsed, to a fact or to every error that it has.

The gateway is strict because it can answer the sender: unknown fields of the data are errors, and
so are the event types that only groupage's own processes publish. Extension attributes that
middlemen add pass as they do over Kafka, and are dropped.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, get_args
from urllib.parse import unquote

import msgspec

from groupage.contracts.attributes import VERSION, decode_base64, is_json_type
from groupage.contracts.instants import instant_from
from groupage.contracts.provenance import OWN_EVENTS, OWN_SOURCES
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.contracts.validation import INSTANT_EXPECTED, InvalidData, event_from_sender
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.fact import Classifier, Fact
from groupage.domain.gs1 import canonical_id
from groupage.domain.near_names import did_you_mean
from groupage.domain.value_names import spell_out
from producers.duplicate_keys import find_repeated_key
from producers.problems import FieldProblem, abbreviate

OPTIONAL = (
    "subject",
    "datacontenttype",
    "dataschema",
    "partitionkey",
    "recordtime",
    "classifier",
    "correctionof",
    "retracted",
    "traceparent",
    "tracestate",
)
"""`recordtime`, `dataschema` and `tracestate` are accepted and dropped: the gateway itself records
when it took an event."""
_KNOWN = frozenset(
    ("specversion", "id", "source", "type", "time", "data", "data_base64", *OPTIONAL)
)
_CHANGING = ("classifier", "correctionof", "retracted")
"""Attributes without which an event says something else: a misspelled one is an error."""
_OF_THE_HUB = ("relayedby", "original")
_EXTENSION_NAME = re.compile(r"[a-z0-9]{1,100}")
_MISSPELLED_SIMILARITY_MIN = 0.85
"""``retract`` and ``retracted`` have 0.88, ``traceid`` and ``retracted`` 0.75."""
_TEXT_LENGTH_MAX = 1_000
_TEXT = f"a printable text of 1 to {_TEXT_LENGTH_MAX} characters"
_SOURCE = f"{_TEXT}: the URI reference of your system; only the hub's own begin with {OWN_SOURCES}"
_CLASSIFIERS: tuple[str, ...] = get_args(Classifier)


def public_events() -> dict[str, type[Event]]:
    """Event classes that outside senders may send, by CloudEvents type."""
    return {f"{name}.{VERSION}": event for name, event in EVENTS.items() if event not in OWN_EVENTS}


_PUBLIC = public_events()


class CheckedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A fact and the JSON of its data, or the errors.

    `event_id` is empty when the sender gave none.
    """

    event_id: str
    fact: Fact | None = None
    data_json: bytes = b""
    problems: tuple[FieldProblem, ...] = ()


def check_event(item: object, *, recorded_at: datetime) -> CheckedEvent:
    """Check all of one structured CloudEvent. `recorded_at` (UTC) is when the gateway took it."""
    if not isinstance(item, dict):
        problem = FieldProblem(
            field="event", value=abbreviate(item), expected="a CloudEvent: a JSON object"
        )
        return CheckedEvent(event_id="", problems=(problem,))
    item = {name: value for name, value in item.items() if value is not None or name == "data"}
    event_id = item.get("id")
    problems = _attribute_problems(item)
    data, data_json = _read_data(item, problems)
    if data is not None:
        _check_data_names(item, data, problems)
    if problems or data is None:
        event_id = event_id if isinstance(event_id, str) else ""
        return CheckedEvent(event_id=event_id, problems=tuple(problems))
    fact = Fact(
        event_id=item["id"],
        source=item["source"],
        key=data.key,
        occurred_at=instant_from(item["time"], "time"),
        recorded_at=recorded_at,
        data=data,
        classifier=item.get("classifier", "ACT"),
        correction_of=item.get("correctionof"),
        retracted=item.get("retracted", False),
        traceparent=item.get("traceparent"),
    )
    return CheckedEvent(event_id=fact.event_id, fact=fact, data_json=data_json)


def event_of_headers(headers: Mapping[str, str], data: object) -> dict[str, Any]:
    """Build a structured CloudEvent from binary mode: attributes in ``ce-`` headers, data as body.

    Header values are percent-encoded UTF-8, by the HTTP binding of CloudEvents.
    """
    item: dict[str, Any] = {
        name.lower().removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    if item.get("retracted") in ("true", "false"):
        item["retracted"] = item["retracted"] == "true"
    return item | {"data": data}


class _AttributeRule(NamedTuple):
    name: str
    default: object
    """Checked in place of a missing attribute."""
    accepts: Callable[[Any], bool]
    expected: str
    names: tuple[str, ...] = ()
    """The values that are right, where they are names."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_LENGTH_MAX and value.isprintable()


def _is_foreign_source(value: object) -> bool:
    return _is_text(value) and not str(value).startswith(OWN_SOURCES)


def _is_instant(value: object) -> bool:
    try:
        instant_from(value if isinstance(value, str) else "", "time")
    except Undecodable:
        return False
    return True


_RULES = (
    _AttributeRule("specversion", None, "1.0".__eq__, "1.0, the CloudEvents version"),
    _AttributeRule("id", None, _is_text, _TEXT),
    _AttributeRule("source", None, _is_foreign_source, _SOURCE),
    _AttributeRule("time", None, _is_instant, INSTANT_EXPECTED),
    _AttributeRule(
        "classifier",
        "ACT",
        _CLASSIFIERS.__contains__,
        f"one of {spell_out(_CLASSIFIERS)}",
        _CLASSIFIERS,
    ),
    _AttributeRule(
        "retracted",
        default=False,
        accepts=lambda value: isinstance(value, bool),
        expected="true or false",
    ),
    _AttributeRule("datacontenttype", "", is_json_type, "application/json"),
    *(
        _AttributeRule(name, "absent", _is_text, f"{_TEXT}, or nothing")
        for name in ("correctionof", "subject", "partitionkey", "traceparent")
    ),
)


def _attribute_problems(item: dict[str, Any]) -> list[FieldProblem]:
    problems = [
        FieldProblem(
            field=rule.name,
            value=abbreviate(item.get(rule.name)),
            expected=rule.expected + did_you_mean(item.get(rule.name), rule.names),
        )
        for rule in _RULES
        if rule.accepts(item.get(rule.name, rule.default)) is not True
    ]
    if item.get("retracted") is True and "correctionof" not in item:
        expected = "the id of the event to withdraw, because retracted is true"
        problems.append(FieldProblem(field="correctionof", value=None, expected=expected))
    problems += [
        FieldProblem(field=name, value=abbreviate(item[name]), expected=expected)
        for name in item
        if name not in _KNOWN and (expected := _extension_error(name[:101]))
    ]
    return problems


@lru_cache(maxsize=1024)
def _extension_error(name: str) -> str:
    """Say why an attribute that the gateway does not know cannot pass; empty if it can."""
    if name in _OF_THE_HUB:
        return "no such attribute: only the hub's own processes set it"
    if not _EXTENSION_NAME.fullmatch(name):
        hint = did_you_mean(name, _KNOWN)
        return f"a name of up to 100 characters, a to z and 0 to 9{hint}"
    near = get_close_matches(name, _CHANGING, n=1, cutoff=_MISSPELLED_SIMILARITY_MIN)
    return f"no such attribute; did you mean {near[0]}?" if near else ""


def _read_data(
    item: dict[str, Any], problems: list[FieldProblem]
) -> tuple[Event, bytes] | tuple[None, bytes]:
    """Read the event in `data` and write its JSON; add to `problems` why that cannot be done."""
    ce_type = item.get("type")
    event = _PUBLIC.get(ce_type) if isinstance(ce_type, str) else None
    if event is None:
        expected = _expected_type(ce_type)
        problems.append(FieldProblem(field="type", value=abbreviate(ce_type), expected=expected))
    elif "data" not in item and "data_base64" not in item:
        problems.append(FieldProblem(field="data", value=None, expected=f"the fields of {ce_type}"))
    else:
        try:
            return event_from_sender(event, _data_of(item))
        except Undecodable as error:
            encoded = abbreviate(item["data_base64"])
            problems.append(FieldProblem(field="data_base64", value=encoded, expected=str(error)))
        except InvalidData as invalid:
            problems += [
                FieldProblem(
                    field=f"data{error.pointer.replace('/', '.')}",
                    value=error.value,
                    expected=error.expected,
                )
                for error in invalid.errors
            ]
    return None, b""


def _data_of(item: dict[str, Any]) -> object:
    """Return the event's data, parsed; data_base64 holds it as Base64 of its JSON.

    Raises Undecodable when data_base64 holds something else.
    """
    if "data_base64" not in item:
        return item["data"]
    if "data" in item:
        raise Undecodable(Code.BAD_ATTRIBUTE, "either data or data_base64, not both")
    raw = decode_base64(item["data_base64"])
    try:
        data = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(Code.BAD_JSON, f"Base64 of JSON: {error}") from None
    if repeated := find_repeated_key(raw, data):
        raise Undecodable(Code.BAD_JSON, f"each key once: {repeated}")
    return data


def _check_data_names(item: dict[str, Any], data: Event, problems: list[FieldProblem]) -> None:
    """Compare the subject and the partition key with the data that they name."""
    if not _names(item.get("subject", data.subject), data.subject):
        expected = f"{data.subject!r}, what the data is about; or leave it out"
        problems.append(
            FieldProblem(field="subject", value=abbreviate(item["subject"]), expected=expected)
        )
    if not _names(item.get("partitionkey", data.key), data.key):
        expected = f"{data.key!r}, the id of the aggregate; or leave it out"
        problems.append(
            FieldProblem(
                field="partitionkey", value=abbreviate(item["partitionkey"]), expected=expected
            )
        )


def _names(attribute: object, id_in_data: str) -> bool:
    return attribute == id_in_data or (
        isinstance(attribute, str) and canonical_id(attribute) == id_in_data
    )


def _expected_type(ce_type: object) -> str:
    name = ce_type.removesuffix(f".{VERSION}") if isinstance(ce_type, str) else ""
    if name in EVENTS and f"{name}.{VERSION}" not in _PUBLIC:
        return "a type that outside senders may use: only groupage's own processes publish this one"
    if name in EVENTS:
        return f"{name}.{VERSION}"
    return f"a type that GET /v1/schemas lists{did_you_mean(ce_type, _PUBLIC)}"
