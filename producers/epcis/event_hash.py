"""The EPCIS event hash of CBV 2.0 (section 8.9): an id that follows from an event's content.

The same event has the same hash as JSON and as XML, whatever its order, prefixes of names, spelling
of ids and words; a ``recordTime``, an ``eventID``, an ``errorDeclaration`` and a
``certificationInfo`` do not change it. The rules are those of the development version of GS1's
reference implementation (epcis-event-hash-generator). docs/formats/epcis.md states them, and lists
where this module and the public generators differ, and why.
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
        """eventTime eventTimeZoneOffset epcList parentID inputEPCList childEPCs quantityList
        childQuantityList inputQuantityList outputEPCList outputQuantityList action
        transformationID bizStep disposition persistentDisposition readPoint bizLocation
        bizTransactionList sourceList destinationList sensorElementList"""
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
"""GS1's members in the order of the hash, by element; the event itself is ``""``. Extensions stand
at the end of the event."""
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
_UNNAMED_LIST = "sensorElementList"
"""The list whose name the hash leaves out; those of all others stand once before their items."""
_IGNORED = frozenset(("@context", "rdfs:comment", "comment"))
_IGNORED_OF_EVENTS = _IGNORED.union(
    ("recordTime", "eventID", "type", "errorDeclaration", "certificationInfo")
)
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
_GS1_NAMESPACES = ("https://ref.gs1.org/", "https://gs1.org/")
"""Compact IRIs of these are written out, whatever prefix a document binds to them."""
_FORMER_VOCABULARY = "https://gs1.org/voc/"
_VOCABULARY = "https://ref.gs1.org/voc/"
"""GS1's web vocabulary; its names and words are hashed under the namespace that it has today."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NUMBER_LENGTH_MAX = 400


def event_hash(event: Mapping[str, Any], namespaces: Namespaces) -> str:
    """Return the event's hash as a ``ni`` URI.

    `event`: as it came, its compact IRIs not expanded; `producers.epcis.checks` accepts it. The
    `namespaces` are those of its document and its own.
    """
    digest = sha256(pre_hash(event, namespaces).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash(event: Mapping[str, Any], namespaces: Namespaces) -> str:
    """Return the text that is hashed."""
    root = _Writer(namespaces).element("", event)
    return f"eventType={event['type']}{root.standard}{root.extensions}"


class _Element(NamedTuple):
    standard: str
    """GS1's members, in their order."""
    extensions: str
    """All others: master data, then extensions of inner elements under the elements' names, then
    the element's own."""


class _Writer:
    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces

    def element(self, name: str, members: Mapping[str, Any]) -> _Element:
        """Write the members of the event, or of an element that has an order."""
        standard = inner = ""
        order = _ORDER.get(name, ())
        for member in order:
            content = members.get(member)
            if member in _PAIRS:
                standard += self._pairs(member, content)
                continue
            item = _ITEMS.get(member, member)
            list_name = "" if member in (item, _UNNAMED_LIST) else member
            items = _as_list(content)
            written = [self._member(name, item, each) for each in items]
            if texts := sorted(filter(None, (each.standard for each in written))):
                standard += list_name + "".join(texts)
            extended = [pair for pair in zip(items, written, strict=True) if pair[1].extensions]
            if extended:
                extended.sort(key=lambda pair: self._sort_key("", pair[0]))
                inner += list_name + "".join(item + each.extensions for _, each in extended)
        ignored = _IGNORED if name else _IGNORED_OF_EVENTS
        others = {
            member: self._free(self._name(member), content)
            for member, content in members.items()
            if member not in order and member not in ignored
        }
        master_data = "" if name else "".join(others.pop("ilmd", ()))
        own = sorted(text for texts in others.values() for text in texts)
        return _Element(standard, master_data + inner + "".join(own))

    def _member(self, parent: str, name: str, content: Any) -> _Element:
        if isinstance(content, dict):
            inner = self.element(name, content)
            return _Element(f"{name}{inner.standard}" if inner.standard else "", inner.extensions)
        text = self.value(name, content, parent)
        return _Element(f"{name}={text}" if text else "", "")

    def _sort_key(self, name: str, content: Any) -> "_SortKey":
        """Return the order of elements whose extensions stand at the end of the event.

        As the reference has it: by their members in the order of the members' names.
        """
        if not isinstance(content, dict):
            return name, self.value(name, content), ()
        inner = [
            self._sort_key(self._name(member), each)
            for member, items in content.items()
            if member != "#text" and member not in _IGNORED
            for each in _as_list(items)
        ]
        return name, self.value(name, content.get("#text")), tuple(sorted(inner))

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
            for each in self._free(self._name(member), value)
        ]
        return [name + (f"={text}" if text else "") + "".join(sorted(inner))]

    def value(self, name: str, content: Any, parent: str = "") -> str:
        """Write a value as the hash has it: words, compact IRIs, times, numbers and GS1 keys."""
        if isinstance(content, bool):
            return "true" if content else "false"
        text = self._expand_gs1("" if content is None else str(content).strip())
        if vocabulary := _WORDS.get((parent, name)):
            return _word(vocabulary, text)
        if name in _TIMES:
            return _time(text)
        return hashed_link(plain_number(text))

    def _expand_gs1(self, text: str) -> str:
        """Write out a compact IRI of GS1's namespaces; XML has no prefixes of others in values."""
        expanded = self._namespaces.expand_value(text)
        if expanded == text or not expanded.startswith(_GS1_NAMESPACES):
            return text
        return _in_present_vocabulary(expanded)

    def _name(self, member: str) -> str:
        expanded = self._namespaces.expand_name(member, as_bound=True)
        return expanded.replace(f"{{{_FORMER_VOCABULARY}}}", f"{{{_VOCABULARY}}}", 1)


_SortKey = tuple[str, str, tuple[Any, ...]]


def _word(vocabulary: Vocabulary, text: str) -> str:
    word = word_of(vocabulary, text)
    known = word in WORDS[vocabulary]
    return _in_present_vocabulary(WEB_NAMES[vocabulary] + word if known and word else text)


def _in_present_vocabulary(iri: str) -> str:
    if iri.startswith(_FORMER_VOCABULARY):
        return _VOCABULARY + iri.removeprefix(_FORMER_VOCABULARY)
    return iri


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
