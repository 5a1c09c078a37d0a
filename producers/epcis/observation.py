"""One EPCIS event as the mapping sees it: ids in groupage's form, times in UTC, words bare."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

import msgspec

from groupage.domain.gs1 import Identifier, canonical_id, identify
from producers.epcis.checks import parse_time
from producers.epcis.sensors import Measured, measured_by
from producers.epcis.vocabulary import Vocabulary, word_of

CONSIGNMENT_URN = "urn:groupage:consignment:"
"""A business transaction that names the hub's own consignment."""
_NO_UNITS = frozenset(("gsrn", "sgln", "gdti", "ginc", "gsin"))
"""Keys of people, places and papers: no logistic unit."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen, when, where and why."""

    event_id: str
    kind: str
    action: str
    step: str
    """CBV word; empty when none was given; a URI for somebody else's vocabulary."""
    disposition: str
    at: datetime
    units: tuple[str, ...]
    containers: tuple[str, ...]
    parent: Identifier | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    by_class: bool
    """Quantities of a class of goods without serial numbers are among the objects."""
    place: str
    consignment_id: str | None
    transactions: dict[str, str]
    """Business transactions by type, the first of each."""
    holds_set: tuple[str, ...]
    holds_unset: tuple[str, ...]
    measured: Measured
    certified: bool
    withdrawn: bool
    """The event comes with an error declaration: it never was so."""


def observe(event: dict[str, Any]) -> Observation:
    """Read an event that passed its checks."""
    at = parse_time(event["eventTime"])
    if at is None:
        raise ValueError(event["eventTime"])
    things = [identify(epc) for name in ("epcList", "childEPCs") for epc in event.get(name, [])]
    transactions = _transactions(event)
    persistent = event.get("persistentDisposition", {})
    declaration = event.get("errorDeclaration")
    return Observation(
        event_id=event.get("eventID") or content_id(event),
        kind=event["type"],
        action=event.get("action", ""),
        step=_word("bizStep", event),
        disposition=_word("disposition", event),
        at=at,
        units=_unique(
            thing.id for thing in things if not thing.is_container and thing.scheme not in _NO_UNITS
        ),
        containers=_unique(thing.id for thing in things if thing.is_container),
        parent=identify(event["parentID"]) if "parentID" in event else None,
        inputs=_unique(canonical_id(epc) for epc in event.get("inputEPCList", [])),
        outputs=_unique(canonical_id(epc) for epc in event.get("outputEPCList", [])),
        by_class=any(event.get(name) for name in event if name.lower().endswith("quantitylist")),
        place=_place(event),
        consignment_id=_consignment(event),
        transactions=transactions,
        holds_set=_words(persistent.get("set")),
        holds_unset=_words(persistent.get("unset")),
        measured=measured_by(event),
        certified="certificationInfo" in event or "cert" in transactions,
        withdrawn=declaration is not None,
    )


def content_id(event: dict[str, Any]) -> str:
    """Id of an event that brought none: a digest of what it says.

    SHA-256 of the event as JSON with sorted keys, time in UTC; left out are ``recordTime``, which
    the capturing system sets, and ``errorDeclaration``, so that a withdrawn event keeps its id.
    """
    said = {
        name: value
        for name, value in event.items()
        if name not in ("recordTime", "errorDeclaration", "eventID")
    }
    at = parse_time(event["eventTime"])
    if at is not None:
        said["eventTime"] = at.isoformat()
    text = msgspec.json.encode(said, order="sorted")
    return f"urn:groupage:epcis:sha-256:{sha256(text).hexdigest()}"


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _word(field: Literal["bizStep", "disposition"], event: dict[str, Any]) -> str:
    return _word_text(field, event.get(field, ""))


def _word_text(vocabulary: Vocabulary, text: str) -> str:
    return (word_of(vocabulary, text) or text) if text else ""


def _words(values: object) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else [values] if values else []
    return tuple(_word_text("disposition", str(value)) for value in listed)


def _place(event: dict[str, Any]) -> str:
    for name in ("readPoint", "bizLocation"):
        if event.get(name) is not None:
            return canonical_id(event[name]["id"])
    return ""


def _transactions(event: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in event.get("bizTransactionList", []):
        kind = _word_text("bizTransaction type", item.get("type", ""))
        found.setdefault(kind, item["bizTransaction"])
    return found


def _consignment(event: dict[str, Any]) -> str | None:
    """The consignment by our own name or by its GS1 number (GINC), when the event gives one."""
    for item in event.get("bizTransactionList", []):
        number: str = item["bizTransaction"]
        if number.startswith(CONSIGNMENT_URN):
            return number.removeprefix(CONSIGNMENT_URN)
        if identify(number).scheme == "ginc":
            return canonical_id(number)
    for epc in event.get("epcList", []):
        if identify(epc).scheme == "ginc":
            return canonical_id(epc)
    return None
