"""An XML event as the JSON event to which EPCIS 2.0 lets it correspond.

| XML | JSON |
|---|---|
| `extension`, `baseExtension` (1.x) | their members are the parent's own |
| QuantityEvent (1.x) | the ObjectEvent with a quantity to which EPCIS 1.1 declares it equivalent |
| `epcList/epc`, `quantityList/quantityElement`, … | an array |
| `bizTransaction`, `source`, `destination` with attribute `type` | an object |
| attributes of `sensorMetadata` and `sensorReport` | members; numbers and booleans as such |
| `correctiveEventIDs/correctiveEventID`, `set`, `unset` | an array |
| words of the CBV as URN, web URI or compact IRI | the bare word |
| elements of other namespaces | `prefix:name`; repeated ones an array, attributes members |
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from groupage.domain.cbv import WORDS, Vocabulary, word_of
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import GS1_PREFIXES, IRI_LENGTH_MAX
from producers.epcis.event_hash import plain_number
from producers.epcis.members import NUMBER_FIELDS

_EPCIS = re.compile(r"urn:epcglobal:epcis(-query)?:xsd:[12]")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = (_XSI, "nil")
_OF_DOCUMENTS = frozenset(("schemaVersion", "creationDate"))
"""Attributes that an event without a document around it has."""
_WRAPPERS = frozenset(("extension", "baseExtension"))
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TEXT = "#text"


def is_epcis(uri: str | None) -> bool:
    """Tell whether a name is EPCIS's own: with its namespace or, as the schema has it, without."""
    return not uri or _EPCIS.fullmatch(uri) is not None


class Element:
    """An element of an event: name, attributes, children, texts."""

    __slots__ = ("attributes", "children", "is_nil", "name", "texts")

    def __init__(
        self,
        name: tuple[str | None, str],
        attributes: Mapping[tuple[str | None, str], str],
    ) -> None:
        """Names are pairs of namespace and local name."""
        self.name = name
        self.attributes = {key: text for key, text in attributes.items() if key[0] != _XSI}
        self.is_nil = attributes.get(_NIL, "").strip() in ("true", "1")
        self.children: list[Element] = []
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        """Its text, without white space around it."""
        return "".join(self.texts).strip()

    def members(self) -> "list[Element]":
        """Return its children, with those of the standard's wrappers in their place."""
        found: list[Element] = []
        for child in self.children:
            if child.is_nil:
                continue
            if is_epcis(child.name[0]) and child.name[1] in _WRAPPERS:
                found += child.members()
            else:
                found.append(child)
        return found


class Prefixes:
    """The namespaces of a document, each under one prefix."""

    def __init__(self) -> None:
        self._by_uri: dict[str, str] = {}
        self._proposed: dict[str, str] = {}

    @property
    def bound(self) -> dict[str, str]:
        """Prefixes of the namespaces that names were written with."""
        return {prefix: uri for uri, prefix in self._by_uri.items()}

    def note(self, prefix: str | None, uri: str | None) -> None:
        """Note that the document binds a prefix."""
        if prefix and uri:
            self._proposed.setdefault(uri, prefix)

    def name(self, name: tuple[str | None, str]) -> str:
        """Write a name with its prefix; a name of EPCIS without."""
        uri, local = name
        if uri is None or is_epcis(uri):
            return local
        prefix = self._by_uri.get(uri)
        if prefix is None:
            if len(uri) > IRI_LENGTH_MAX:
                raise InvalidInput(
                    f"a namespace has {len(uri)} characters; at most {IRI_LENGTH_MAX}"
                )
            prefix = self._proposed.get(uri, "ns")
            taken = self._by_uri.values()
            gs1 = GS1_PREFIXES.get(prefix)
            if prefix in taken or (gs1 is not None and gs1 != uri):
                numbers = range(1, len(self._by_uri) + 2)
                prefix = next(f"ns{n}" for n in numbers if f"ns{n}" not in taken)
            self._by_uri[uri] = prefix
        return f"{prefix}:{local}"


def event_of(element: Element, prefixes: Prefixes) -> bytes:
    """Return the JSON of an event's element."""
    members = _object(element, prefixes)
    event = {"type": prefixes.name(element.name)} | {
        name: value for name, value in members.items() if name not in _OF_DOCUMENTS
    }
    return msgspec.json.encode(_of_quantity(event) if event["type"] == "QuantityEvent" else event)


def _of_quantity(event: dict[str, Any]) -> dict[str, Any]:
    """Return the ObjectEvent that a QuantityEvent is: an observation of goods of a class."""
    item = {name: event.pop(name) for name in ("epcClass", "quantity") if name in event}
    if isinstance(text := item.get("quantity"), str):
        item["quantity"] = _number(text)
    return event | {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [item]}


def _object(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    """Return the members of an event, or of another element of EPCIS's own."""
    members: dict[str, Any] = {}
    for attribute, text in element.attributes.items():
        members[prefixes.name(attribute)] = _attribute(attribute[1], text)
    for child in element.members():
        name = prefixes.name(child.name)
        write = _WRITERS.get(name, _extension if ":" in name else _plain)
        _add(members, name, write(child, prefixes), repeats=name in _REPEATED)
    return members


def _add(members: dict[str, Any], name: str, value: Any, *, repeats: bool = False) -> None:
    if repeats:
        members.setdefault(name, []).append(value)
    elif name not in members:
        members[name] = value
    else:
        if not isinstance(members[name], list):
            members[name] = [members[name]]
        members[name] += value if isinstance(value, list) else [value]


def _attribute(name: str, text: str) -> Any:
    text = text.strip()
    if name in NUMBER_FIELDS:
        return _number(text)
    if name == "booleanValue":
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    if (vocabulary := _SENSOR_WORDS.get(name)) is not None:
        return _bare(vocabulary, text)
    return text


def _number(text: str) -> Any:
    """Return a number exactly as it is, or any other text."""
    return msgspec.Raw(plain_number(text).encode()) if _NUMBER.fullmatch(text) else text


def _bare(vocabulary: Vocabulary, text: str) -> str:
    word = word_of(vocabulary, text)
    return word if word is not None and word in WORDS[vocabulary] else text


def _plain(child: Element, prefixes: Prefixes) -> Any:
    return _object(child, prefixes) if child.children or child.attributes else child.text


def _word(vocabulary: Vocabulary) -> "_Writer":
    return lambda child, _prefixes: _bare(vocabulary, child.text)


def _list_of(write: "_Writer") -> "_Writer":
    return lambda child, prefixes: [write(item, prefixes) for item in child.members()]


def _typed(member: str, vocabulary: Vocabulary) -> "_Writer":
    def write(child: Element, prefixes: Prefixes) -> Any:
        found = _object(child, prefixes)
        if isinstance(found.get("type"), str):
            found["type"] = _bare(vocabulary, found["type"])
        return found | {member: child.text}

    return write


def _quantity(child: Element, prefixes: Prefixes) -> Any:
    found = _object(child, prefixes)
    if isinstance(text := found.get("quantity"), str):
        found["quantity"] = _number(text)
    return found


def _element(child: Element, prefixes: Prefixes) -> Any:
    return _object(child, prefixes)


def _extension(child: Element, prefixes: Prefixes) -> Any:
    """Return an element of another namespace: a text, or an object of what is in it."""
    members: dict[str, Any] = {}
    for attribute, text in child.attributes.items():
        members[prefixes.name(attribute)] = text.strip()
    for inner in child.children:
        _add(members, prefixes.name(inner.name), _extension(inner, prefixes))
    if not members:
        return child.text
    return members | ({_TEXT: child.text} if child.text else {})


def _master_data(child: Element, prefixes: Prefixes) -> Any:
    members: dict[str, Any] = {}
    for inner in child.members():
        _add(members, prefixes.name(inner.name), _extension(inner, prefixes))
    return members


_Writer = Callable[[Element, Prefixes], Any]
_SENSOR_WORDS: dict[str, Vocabulary] = {
    "type": "measurement type",
    "exception": "sensor alert type",
    "component": "component",
}
_REPEATED = frozenset(("set", "unset", "sensorReport"))
"""Members that are arrays, however many there are."""
_texts = _list_of(lambda item, _prefixes: item.text)
_quantities = _list_of(_quantity)
_WRITERS: dict[str, _Writer] = {
    "bizStep": _word("bizStep"),
    "disposition": _word("disposition"),
    "set": _word("disposition"),
    "unset": _word("disposition"),
    "reason": _word("error reason"),
    "persistentDisposition": _element,
    "readPoint": _element,
    "bizLocation": _element,
    "errorDeclaration": _element,
    "correctiveEventIDs": _texts,
    "epcList": _texts,
    "childEPCs": _texts,
    "inputEPCList": _texts,
    "outputEPCList": _texts,
    "quantityList": _quantities,
    "childQuantityList": _quantities,
    "inputQuantityList": _quantities,
    "outputQuantityList": _quantities,
    "bizTransactionList": _list_of(_typed("bizTransaction", "bizTransaction type")),
    "sourceList": _list_of(_typed("source", "source type")),
    "destinationList": _list_of(_typed("destination", "source type")),
    "sensorElementList": _list_of(_element),
    "sensorMetadata": _element,
    "sensorReport": _element,
    "ilmd": _master_data,
}
