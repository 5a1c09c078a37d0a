"""An EPCIS event for the mapping: canonical ids, times in UTC, words without prefix."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from groupage.domain.cbv import Vocabulary, word_of
from groupage.domain.gs1 import Identifier, canonical_id, identify
from groupage.domain.own_urns import kind_of, own_id
from producers.epcis.checks import parse_time
from producers.epcis.sensors import Measurement, read_measurement

CONSIGNMENT_URN = "urn:groupage:consignment:"
"""A business transaction that names the hub's own consignment."""
_OWN_OBJECTS = frozenset(("", "unit", "seal", "container"))
"""Kinds of the hub's own URNs that name units or containers; empty: it is another URI."""
_NO_UNITS = frozenset(("gsrn", "sgln", "gdti", "ginc", "gsin"))
"""Keys of people, places and documents, which are not logistic units."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """The dimensions of an EPCIS event: what, when, where, why and how."""

    event_id: str
    kind: str
    action: str
    step: str
    """A CBV word, or a URI of another vocabulary; empty when the event has no bizStep."""
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
    own_ids: dict[str, str]
    """Things of the hub that are business transactions, by kind: ``consolidation``, ``visit`` …"""
    holds_set: tuple[str, ...]
    holds_unset: tuple[str, ...]
    measurement: Measurement
    certified: bool
    withdrawn: bool
    """The event has an error declaration: what it says never happened."""


def observe(event: dict[str, Any], *, event_id: str) -> Observation:
    """Read an event that passed `check_event`; `event_id` is its eventID, or its hash."""
    at = parse_time(event["eventTime"])
    if at is None:
        raise ValueError(event["eventTime"])
    things = [
        identify(epc)
        for name in ("epcList", "childEPCs")
        for epc in event.get(name, [])
        if kind_of(epc) in _OWN_OBJECTS
    ]
    transactions = _transactions(event)
    persistent = event.get("persistentDisposition", {})
    declaration = event.get("errorDeclaration")
    return Observation(
        event_id=event_id,
        kind=event["type"],
        action=event.get("action", ""),
        step=_word("bizStep", event),
        disposition=_word("disposition", event),
        at=at,
        units=_unique_ids(
            thing.id for thing in things if not thing.is_container and thing.scheme not in _NO_UNITS
        ),
        containers=_unique_ids(thing.id for thing in things if thing.is_container),
        parent=identify(event["parentID"]) if "parentID" in event else None,
        inputs=_unique_ids(canonical_id(epc) for epc in event.get("inputEPCList", [])),
        outputs=_unique_ids(canonical_id(epc) for epc in event.get("outputEPCList", [])),
        by_class=any(event.get(name) for name in event if name.lower().endswith("quantitylist")),
        place=_place(event),
        consignment_id=_consignment(event),
        transactions=transactions,
        own_ids=_own_ids(event),
        holds_set=_words(persistent.get("set")),
        holds_unset=_words(persistent.get("unset")),
        measurement=read_measurement(event),
        certified="certificationInfo" in event or "cert" in transactions,
        withdrawn=declaration is not None,
    )


def _unique_ids(ids: Iterable[str]) -> tuple[str, ...]:
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
            place: str = event[name]["id"]
            if kind_of(place) == "hub":
                continue
            return own_id("location", place) or canonical_id(place)
    return ""


def _own_ids(event: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in event.get("bizTransactionList", []):
        kind = kind_of(item["bizTransaction"])
        if kind and (id_ := own_id(kind, item["bizTransaction"])):
            found.setdefault(kind, id_)
    return found


def _transactions(event: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in event.get("bizTransactionList", []):
        kind = _word_text("bizTransaction type", item.get("type", ""))
        found.setdefault(kind, item["bizTransaction"])
    return found


def _consignment(event: dict[str, Any]) -> str | None:
    """Return the consignment's id in the hub, or its GS1 number (GINC); None without either."""
    for item in event.get("bizTransactionList", []):
        number: str = item["bizTransaction"]
        if consignment_id := own_id("consignment", number):
            return consignment_id
        if identify(number).scheme == "ginc":
            return canonical_id(number)
    for epc in event.get("epcList", []):
        if identify(epc).scheme == "ginc":
            return canonical_id(epc)
    return None
