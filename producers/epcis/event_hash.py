"""The EPCIS event hash of CBV 2.0 (section 8.9): an id that follows from an event's content.

The same event has the same hash as JSON and as XML, whatever its order, prefixes, spelling of ids
and words; a ``recordTime``, an ``eventID`` and an ``errorDeclaration`` do not change it. The rules
are those that GS1's reference implementation states and numbers (epcis-event-hash-generator).
docs/formats/epcis.md lists where this one differs from the public generators, and why.
"""

import re
from collections.abc import Mapping
from datetime import UTC, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from groupage.contracts.instants import read_instant
from groupage.domain.cbv import WEB_NAMES, WORDS, Vocabulary, word_of
from groupage.domain.namespaces import Namespaces
from producers.epcis.hashed_links import hashed_link


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ORDER: dict[str, tuple[str, ...]] = {
    "": _names(
        """eventTime eventTimeZoneOffset certificationInfo parentID epcList inputEPCList childEPCs
        quantityList childQuantityList inputQuantityList outputEPCList outputQuantityList action
        transformationID bizStep disposition persistentDisposition readPoint bizLocation
        sensorElementList"""
    ),
    "quantityElement": ("epcClass", "quantity", "uom"),
    "persistentDisposition": ("set", "unset"),
    "readPoint": ("id",),
    "bizLocation": ("id",),
    "sensorElement": ("sensorMetadata", "sensorReport"),
    "sensorMetadata": _names(
        """time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod
        bizRules"""
    ),
    "sensorReport": _names(
        """type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism
        chemicalSubstance value component stringValue booleanValue hexBinaryValue uriValue minValue
        maxValue meanValue sDev percRank percValue uom coordinateReferenceSystem"""
    ),
}
"""Members in the order of the hash, by element; the event itself is ``""``. All others follow."""
_ITEMS = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "epc",
    "outputEPCList": "epc",
    "quantityList": "quantityElement",
    "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement",
    "outputQuantityList": "quantityElement",
    "sensorElementList": "sensorElement",
}
_PAIRS = {"bizTransactionList": "bizTransaction", "sourceList": "source"} | {
    "destinationList": "destination"
}
"""Lists of a value with its type."""
_IGNORED = frozenset(("@context", "rdfs:comment", "comment"))
_IGNORED_OF_EVENTS = _IGNORED | {"recordTime", "eventID", "type", "errorDeclaration"}
_TIMES = frozenset(("eventTime", "time", "startTime", "endTime"))
_WORDS: dict[tuple[str, str], Vocabulary] = {
    ("", "bizStep"): "bizStep",
    ("", "disposition"): "disposition",
    ("persistentDisposition", "set"): "disposition",
    ("persistentDisposition", "unset"): "disposition",
    ("bizTransactionList", "type"): "bizTransaction type",
    ("sourceList", "type"): "source type",
    ("destinationList", "type"): "source type",
    ("sensorReport", "type"): "measurement type",
    ("sensorReport", "exception"): "sensor alert type",
    ("sensorReport", "component"): "component",
}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NUMBER_LENGTH_MAX = 400


def event_hash(event: Mapping[str, Any], namespaces: Namespaces, *, from_xml: bool = False) -> str:
    """Return the event's hash as a ``ni`` URI.

    `event` as `producers.epcis.checks` passes it, with the prefixes of its document. `from_xml`: a
    value is a compact IRI with GS1's own prefixes only; XML binds prefixes for names, not values.
    """
    text = pre_hash(event, namespaces, from_xml=from_xml)
    return f"ni:///sha-256;{sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def pre_hash(event: Mapping[str, Any], namespaces: Namespaces, *, from_xml: bool = False) -> str:
    """Return the text that is hashed."""
    writer = _Writer(namespaces, Namespaces() if from_xml else namespaces)
    root = writer.element("", event)
    return f"eventType={event['type']}{root.ordered}{''.join(sorted(root.others))}"


class _Element(NamedTuple):
    ordered: str
    """Members that have a place in the order, and extensions."""
    others: list[str]
    """Members of GS1's own names without a place: they follow at the end of the event, under the
    names of the elements that they are in."""


class _Writer:
    def __init__(self, names: Namespaces, values: Namespaces) -> None:
        self._names = names
        self._values = values

    def element(self, name: str, members: Mapping[str, Any]) -> _Element:
        """Write the members of the event, or of an element that has an order."""
        ordered, others = "", []
        order = _ORDER.get(name, ())
        for member in order:
            item = _ITEMS.get(member, member)
            list_name = member if item != member else ""
            written = [self._member(name, item, each) for each in _as_list(members.get(member))]
            if texts := sorted(filter(None, (each.ordered for each in written))):
                ordered += list_name + "".join(texts)
            if left := sorted(item + "".join(sorted(e.others)) for e in written if e.others):
                others.append(list_name + "".join(left))
        extensions = []
        for member, content in members.items():
            if member in order or member in (_IGNORED if name else _IGNORED_OF_EVENTS):
                continue
            expanded = self._names.expand_name(member, as_bound=True)
            if member in _PAIRS and not name:
                others.append(self._pairs(member, content))
            elif name and expanded.startswith("{"):
                extensions += self._free(expanded, content)
            else:
                others += self._free(expanded, content)
        return _Element(ordered + "".join(sorted(extensions)), others)

    def _member(self, parent: str, name: str, content: Any) -> _Element:
        if isinstance(content, dict):
            inner = self.element(name, content)
            return _Element(f"{name}{inner.ordered}" if inner.ordered else "", inner.others)
        text = self.value(name, content, parent)
        return _Element(f"{name}={text}" if text else "", [])

    def _pairs(self, name: str, items: Any) -> str:
        """Write a list whose items have a type: the type first, as GS1 decided for the standard."""
        member = _PAIRS[name]
        texts = []
        for item in _as_list(items):
            if not isinstance(item, dict):
                continue
            typed = [(key, item[key]) for key in ("type", member) if item.get(key) is not None]
            texts.append("".join(f"{key}={self.value(key, each, name)}" for key, each in typed))
        return name + "".join(sorted(texts)) if texts else ""

    def _free(self, name: str, content: Any) -> list[str]:
        """Write an extension, or a member of instance and lot master data, however deep."""
        if isinstance(content, list):
            return [text for item in content for text in self._free(name, item)]
        if not isinstance(content, dict):
            text = self.value(name, content)
            return [f"{name}={text}" if text else name]
        text = self.value(name, content.get("#text", ""))
        inner = [
            each
            for member, value in content.items()
            if member != "#text" and member not in _IGNORED
            for each in self._free(self._names.expand_name(member, as_bound=True), value)
        ]
        return [name + (f"={text}" if text else "") + "".join(sorted(inner))]

    def value(self, name: str, content: Any, parent: str = "") -> str:
        """Write a value as the hash has it: words, compact IRIs, times, numbers and GS1 keys."""
        if isinstance(content, bool):
            return "true" if content else "false"
        text = "" if content is None else str(content).strip()
        if vocabulary := _WORDS.get((parent, name)):
            text = self._word(vocabulary, text)
        else:
            text = self._values.expand_value(text)
        if name in _TIMES:
            return _time(text)
        return hashed_link(plain_number(text))

    def _word(self, vocabulary: Vocabulary, text: str) -> str:
        expanded = self._values.expand_value(text)
        word = word_of(vocabulary, expanded)
        return WEB_NAMES[vocabulary] + word if word in WORDS[vocabulary] else expanded


def _as_list(content: Any) -> list[Any]:
    if content is None:
        return []
    return content if isinstance(content, list) else [content]


def _time(text: str) -> str:
    """Write a time in UTC with milliseconds, the third digit rounded by the fourth."""
    at = read_instant(text)
    if at is None or at.tzinfo is None:
        return text
    at = at.astimezone(UTC)
    ms, rest = divmod(at.microsecond, 1_000)
    at = at.replace(microsecond=ms * 1_000)
    if rest >= 500:
        at += timedelta(milliseconds=1)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def plain_number(text: str) -> str:
    """Write a number without sign, zeros and exponent that it does not need; exactly.

    Any text that looks like a number is one: XML has no types, and generators agree on that.

    Any other text is returned unchanged.
    """
    if len(text) > _NUMBER_LENGTH_MAX or not _NUMBER.fullmatch(text):
        return text
    plain = f"{Decimal(text):f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    digits = digits.lstrip("0") or "0"
    digits = f"0{digits}" if digits.startswith(".") else digits
    return digits if digits == "0" else sign + digits
