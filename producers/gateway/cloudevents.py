"""A CloudEvent as it came in → a fact, or every error that it has.

Strict, because here a sender can be told: unknown attributes and fields are errors, and so are
events that only groupage's own processors say.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args
from urllib.parse import unquote

import msgspec

from groupage.contracts.attributes import VERSION
from groupage.contracts.decoding import fact_from_json
from groupage.contracts.instants import instant_from
from groupage.contracts.topics import TOPICS
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.validation import INSTANT_EXPECTED, validate_for_writing
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.fact import Classifier, Fact
from producers.problems import FieldProblem, shown

REQUIRED = ("specversion", "id", "source", "type", "time", "data")
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
_OURS = ("recordtime", "dataschema", "tracestate")
"""Taken without a word and not kept: when we heard of it is for us to say."""
_TEXT_LENGTH_MAX = 1_000
_CLASSIFIERS: tuple[str, ...] = get_args(Classifier)
_PUBLIC_KINDS = frozenset(kind for topic in TOPICS if topic.public for kind in topic.kinds)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, or the errors. `event_id` is what the sender called it, as far as one can tell."""

    event_id: str
    fact: Fact | None = None
    problems: tuple[FieldProblem, ...] = ()


def public_events() -> dict[str, type[Event]]:
    """What senders outside may say, by CloudEvents type."""
    return {
        f"{name}.{VERSION}": event
        for name, event in EVENTS.items()
        if not event.internal and event.kind in _PUBLIC_KINDS
    }


_PUBLIC = public_events()


def check(item: object, *, recorded_at: datetime) -> Checked:
    """Check one structured CloudEvent, all of it."""
    if not isinstance(item, dict):
        problem = FieldProblem(
            field="event", value=shown(item), expected="a CloudEvent: a JSON object"
        )
        return Checked(event_id="", problems=(problem,))
    event_id = item.get("id")
    named = event_id if isinstance(event_id, str) else ""
    problems = [*_attributes(item), *_data(item)]
    if problems:
        return Checked(event_id=named, problems=tuple(problems))
    envelope = {name: value for name, value in item.items() if name not in _OURS}
    try:
        fact = fact_from_json(msgspec.json.encode(envelope), recorded_at=recorded_at)
    except Undecodable as error:
        problem = FieldProblem(field="event", value=named, expected=str(error))
        return Checked(event_id=named, problems=(problem,))
    if wrong_key := _partition_key(item, fact):
        return Checked(event_id=named, problems=(wrong_key,))
    return Checked(event_id=named, fact=fact)


def of_headers(headers: Mapping[str, str], data: object) -> dict[str, Any]:
    """A structured CloudEvent from binary mode: attributes in ``ce-`` headers, the body is data.

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


def _attributes(item: dict[str, Any]) -> list[FieldProblem]:
    text = f"a printable text of 1 to {_TEXT_LENGTH_MAX} characters"
    retracted = item.get("retracted", False)
    right: dict[str, tuple[bool, str]] = {
        "specversion": (item.get("specversion") == "1.0", "1.0, the CloudEvents version"),
        "id": (_is_text(item.get("id")), text),
        "source": (_is_text(item.get("source")), text),
        "time": (_is_instant(item.get("time")), INSTANT_EXPECTED),
        "classifier": (
            item.get("classifier", "ACT") in _CLASSIFIERS,
            f"one of {', '.join(_CLASSIFIERS)}",
        ),
        "retracted": (isinstance(retracted, bool), "true or false"),
        "datacontenttype": (
            item.get("datacontenttype", "application/json") == "application/json",
            "application/json",
        ),
        "correctionof": (
            "correctionof" in item or retracted is not True,
            "the id of the event to withdraw, because retracted is true",
        ),
    }
    for name in ("subject", "partitionkey", "correctionof", "traceparent"):
        if name in item and not _is_text(item[name]):
            right[name] = (False, f"{text}, or nothing")
    known = (*REQUIRED, *OPTIONAL)
    for name in item:
        if name not in known:
            right[name] = (False, f"no such attribute; known are {', '.join(known)}")
    return [
        FieldProblem(field=name, value=shown(item.get(name)), expected=expected)
        for name, (is_right, expected) in right.items()
        if not is_right
    ]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_LENGTH_MAX and value.isprintable()


def _is_instant(value: object) -> bool:
    try:
        instant_from(value if isinstance(value, str) else "", "time")
    except Undecodable:
        return False
    return True


def _data(item: dict[str, Any]) -> list[FieldProblem]:
    ce_type = item.get("type")
    event = _PUBLIC.get(ce_type) if isinstance(ce_type, str) else None
    if event is None:
        return [FieldProblem(field="type", value=shown(ce_type), expected=_expected_type(ce_type))]
    if "data" not in item:
        return [FieldProblem(field="data", value=None, expected=f"the fields of {ce_type}")]
    wrong = [
        FieldProblem(
            field=f"data{error.pointer.replace('/', '.')}",
            value=error.value,
            expected=error.expected,
        )
        for error in validate_for_writing(event.name, item["data"])
    ]
    if not wrong and "subject" in item:
        subject = item["data"].get(event.subject_field or event.key_field)
        if item["subject"] != subject:
            expected = f"{subject!r}, what the data is about; or leave it out"
            wrong.append(
                FieldProblem(field="subject", value=shown(item["subject"]), expected=expected)
            )
    return wrong


def _expected_type(ce_type: object) -> str:
    name = ce_type.removesuffix(f".{VERSION}") if isinstance(ce_type, str) else ""
    if name in EVENTS and f"{name}.{VERSION}" not in _PUBLIC:
        return "a type that senders outside may use: this one only groupage's own processes say"
    if name in EVENTS:
        return f"{name}.{VERSION}"
    return f"one of {', '.join(sorted(_PUBLIC))}"


def _partition_key(item: dict[str, Any], fact: Fact) -> FieldProblem | None:
    given = item.get("partitionkey", fact.key)
    if given == fact.key:
        return None
    expected = f"{fact.key!r}, the owner of the state; or leave it out"
    return FieldProblem(field="partitionkey", value=shown(given), expected=expected)
