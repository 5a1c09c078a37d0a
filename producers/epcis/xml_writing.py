"""A JSON event as the XML event of EPCIS 2.0 to which it corresponds: the way back of `xml_events`.

| JSON | XML |
|---|---|
| arrays (`epcList`, `quantityList` …) | `epcList/epc`, `quantityList/quantityElement` … |
| bizTransactions, sources, destinations | an element with the attribute `type` |
| members of `sensorMetadata`, `sensorReport` | attributes |
| bare words of the CBV | web URIs, or URNs |
| compact IRIs in values | written out: XML binds prefixes for names only |
| members with a namespace | elements of it, one for each item of an array; null is `xsi:nil` |

Elements stand in the order of GS1's XML schema of EPCIS 2.0. A member that XML cannot hold is an
error: one without a namespace, or an extension with parts of its own where XML has attributes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec

from groupage.domain.cbv import WEB_NAMES, WORDS, Vocabulary, word_of
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import Namespaces
from producers.epcis.members import COMMENTS, MEMBERS
from producers.epcis.xml_events import is_epcis

WordForm = Literal["Always_Web_URI", "Always_URN"]
"""Of words of the CBV (header GS1-CBV-XML-Format). Words of sensor reports have no URN."""
_QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_EPCS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_TYPED: Mapping[str, tuple[str, Vocabulary]] = {
    "bizTransactionList": ("bizTransaction", "bizTransaction type"),
    "sourceList": ("source", "source type"),
    "destinationList": ("destination", "source type"),
}
_WORDS: Mapping[str, Vocabulary] = {
    "bizStep": "bizStep",
    "disposition": "disposition",
    "reason": "error reason",
    "type": "measurement type",
    "exception": "sensor alert type",
    "component": "component",
}
_URNS: Mapping[Vocabulary, str] = {
    "bizStep": "urn:epcglobal:cbv:bizstep:",
    "disposition": "urn:epcglobal:cbv:disp:",
    "bizTransaction type": "urn:epcglobal:cbv:btt:",
    "source type": "urn:epcglobal:cbv:sdt:",
    "error reason": "urn:epcglobal:cbv:er:",
}
_HEAD = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo"
_TAIL = "sourceList destinationList sensorElementList persistentDisposition ilmd"
_WHERE = "action bizStep disposition readPoint bizLocation"
_ORDERS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(f"{_HEAD} {own} {_TAIL}".split())
    for kind, own in {
        "ObjectEvent": f"epcList {_WHERE} bizTransactionList quantityList",
        "AggregationEvent": f"parentID childEPCs {_WHERE} bizTransactionList childQuantityList",
        "TransactionEvent": f"bizTransactionList parentID epcList {_WHERE} quantityList",
        "TransformationEvent": "inputEPCList inputQuantityList outputEPCList outputQuantityList "
        "transformationID bizStep disposition readPoint bizLocation bizTransactionList",
        "AssociationEvent": f"parentID childEPCs childQuantityList {_WHERE} bizTransactionList",
    }.items()
}
_ANY_ORDER = tuple(dict.fromkeys(name for order in _ORDERS.values() for name in order))
"""Of an event type that its sender defined."""
_REQUIRED = {
    "ObjectEvent": "epcList",
    "AggregationEvent": "childEPCs",
    "TransactionEvent": "epcList",
}
"""Lists that the schema wants, if empty."""
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_NAME = re.compile(r"[^\W\d][\w.\-]*")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9.\-]*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = "#text"
_DEPTH_MAX = 60
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


class NotInXml(InvalidInput):
    """A member of an event that XML cannot hold."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(f"{member}: {reason}")
        self.member = member
        self.reason = reason


def write_event(
    body: bytes, namespaces: Namespaces, *, record_time: str = "", words: WordForm | None = None
) -> str:
    """Return the XML of an event, a member of an EventList.

    `namespaces` has the prefixes of its document; `words` translates all words of the CBV, else the
    bare ones become web URIs and the others stay. Raises NotInXml.
    """
    event = _decode(body)
    names = namespaces.with_context(event.pop("@context", None))
    return _Writer(names, words).event(event | ({"recordTime": record_time} if record_time else {}))


class _Name(NamedTuple):
    prefix: str
    local: str
    namespace: str


class _Writer:
    def __init__(self, names: Namespaces, words: WordForm | None) -> None:
        self._names = names
        self._words = words

    def event(self, event: dict[str, Any]) -> str:
        kind = event.pop("type", None)
        if not isinstance(kind, str):
            raise NotInXml("type", "an event has one")
        name = _Name("", kind, "") if kind in _ORDERS else self._name(kind, kind)
        order = _ORDERS.get(kind, _ANY_ORDER)
        if (required := _REQUIRED.get(kind)) is not None:
            event.setdefault(required, [])
        members = [self._member(name, event[name]) for name in order if name in event]
        others = {key: value for key, value in event.items() if key not in order}
        members += self._extensions(others, kind)
        return _extension(name, "".join(members))

    def _member(self, name: str, content: Any) -> str:
        """Write a member of GS1's own."""
        if (write := _WRITERS.get(name)) is not None:
            return write(self, name, content)
        text = self._text(name, content)
        vocabulary = _WORDS.get(name)
        return _element(name, escape(text if vocabulary is None else self._word(vocabulary, text)))

    def epcs(self, name: str, content: Any) -> str:
        return _element(name, self._texts("epc", name, content))

    def corrective_ids(self, name: str, content: Any) -> str:
        return _element(name, self._texts("correctiveEventID", name, content))

    def certificates(self, name: str, content: Any) -> str:
        return self._texts(name, name, content)

    def dispositions(self, name: str, content: Any) -> str:
        words = (self._word("disposition", self._text(name, each)) for each in _items(content))
        return "".join(_element(name, escape(word)) for word in words)

    def quantities(self, name: str, content: Any) -> str:
        return _element(name, "".join(self._quantity(name, each) for each in _items(content)))

    def sensor_elements(self, name: str, content: Any) -> str:
        elements = (self.object("sensorElement", each) for each in _items(content))
        return _element(name, "".join(elements))

    def reports(self, name: str, content: Any) -> str:
        return "".join(self.attributes(name, each) for each in _items(content))

    def master_data(self, name: str, content: Any) -> str:
        return _element(name, "".join(self._extensions(_mapping(name, content), name)))

    def object(self, name: str, content: Any) -> str:
        order = _PARTS[name]
        members = _mapping(name, content)
        written = [self._member(each, members[each]) for each in order if each in members]
        others = {key: value for key, value in members.items() if key not in order}
        return _element(name, "".join((*written, *self._extensions(others, name))))

    def _quantity(self, name: str, content: Any) -> str:
        members = _mapping(name, content)
        inner = [
            _element(each, escape(self._text(each, members[each])))
            for each in ("epcClass", "quantity", "uom")
            if members.get(each) is not None
        ]
        return _element("quantityElement", "".join(inner))

    def typed(self, name: str, content: Any) -> str:
        member, vocabulary = _TYPED[name]
        items = []
        for each in _items(content):
            item = _mapping(name, each)
            kind = item.get("type")
            attributes = {}
            if kind is not None:
                attributes["type"] = self._word(vocabulary, self._text("type", kind))
            text = escape(self._text(member, item.get(member, "")))
            items.append(_element(member, text, attributes))
        return _element(name, "".join(items))

    def attributes(self, name: str, content: Any) -> str:
        known = MEMBERS[name]
        attributes: dict[str, str] = {}
        for member, value in _mapping(name, content).items():
            if member in known:
                text = self._text(member, value)
                vocabulary = _WORDS.get(member)
                attributes[member] = text if vocabulary is None else self._word(vocabulary, text)
                continue
            prefix, local, namespace = self._name(member, f"{name}.{member}")
            if isinstance(value, dict | list) or value is None:
                raise NotInXml(f"{name}.{member}", "XML has attributes there, which have no parts")
            attributes[f"xmlns:{prefix}"] = namespace
            attributes[f"{prefix}:{local}"] = self._text(member, value, expand=False)
        return _element(name, "", attributes)

    def _extensions(self, members: Mapping[str, Any], parent: str) -> Iterator[str]:
        for member, value in members.items():
            if member != "@context":
                yield from self._extension(member, value, f"{parent}.{member}")

    def _extension(self, member: str, value: Any, path: str, depth: int = 0) -> Iterator[str]:
        if depth > _DEPTH_MAX:
            raise NotInXml(path[:200], f"more than {_DEPTH_MAX} elements deep")
        # Below an extension a name needs no namespace.
        if depth and ":" not in member and not self._names.defines(member):
            name = _Name("", _local(member, path), "")
        else:
            name = self._name(member, path)
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, list):
                raise NotInXml(path, "XML has no arrays of arrays")
            if item is None:
                yield _extension(name, "", {"xmlns:xsi": _XSI, "xsi:nil": "true"})
            elif isinstance(item, dict):
                inner = [
                    text
                    for key, each in item.items()
                    if key not in (_TEXT, "@context")
                    for text in self._extension(key, each, f"{path}.{key}", depth + 1)
                ]
                text = self._text(path, item.get(_TEXT, ""), expand=False)
                yield _extension(name, escape(text) + "".join(inner))
            else:
                yield _extension(name, escape(self._text(path, item, expand=False)))

    def _name(self, member: str, path: str) -> "_Name":
        """Return the name of an extension. Raises NotInXml."""
        if member in COMMENTS:
            return _Name("rdfs", "comment", _RDFS)
        expanded = self._names.expand_name(member, as_bound=True)
        namespace, found, local = expanded.removeprefix("{").partition("}")
        if not expanded.startswith("{") or not found:
            raise NotInXml(path, "a name in XML needs a namespace that the document binds")
        if not namespace or is_epcis(namespace) or _NOT_XML.search(namespace):
            raise NotInXml(path, f"{namespace!r} is not a namespace of extensions in XML")
        prefix = member.partition(":")[0] if ":" in member else "own"
        is_usable = _PREFIX.fullmatch(prefix) and prefix not in ("xsi", "xmlns", "xml")
        return _Name(prefix if is_usable else "own", _local(local, path), namespace)

    def _texts(self, item: str, name: str, content: Any) -> str:
        return "".join(_element(item, escape(self._text(name, each))) for each in _items(content))

    def _text(self, path: str, value: Any, *, expand: bool = True) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return f"{value:f}" if abs(value.adjusted()) < _DEPTH_MAX else str(value)
        if isinstance(value, int):
            return str(value)
        if not isinstance(value, str):
            raise NotInXml(path, "a text or a number is expected there")
        if _NOT_XML.search(value):
            raise NotInXml(path, "a text has a character that XML cannot hold")
        return self._names.expand_value(value) if expand and path not in _FREE else value

    def _word(self, vocabulary: Vocabulary, text: str) -> str:
        word = word_of(vocabulary, text)
        if word is None or word not in WORDS[vocabulary]:
            return text
        if self._words == "Always_URN" and vocabulary in _URNS:
            return _URNS[vocabulary] + word
        if self._words is None and word != text:
            return text
        return WEB_NAMES[vocabulary] + word


_PARTS: Mapping[str, tuple[str, ...]] = {
    "readPoint": ("id",),
    "bizLocation": ("id",),
    "errorDeclaration": ("declarationTime", "reason", "correctiveEventIDs"),
    "persistentDisposition": ("unset", "set"),
    "sensorElement": ("sensorMetadata", "sensorReport"),
}
_WRITERS: Mapping[str, Callable[[_Writer, str, Any], str]] = {
    **dict.fromkeys(_EPCS, _Writer.epcs),
    **dict.fromkeys(_QUANTITIES, _Writer.quantities),
    **dict.fromkeys(_TYPED, _Writer.typed),
    **dict.fromkeys(_PARTS, _Writer.object),
    "correctiveEventIDs": _Writer.corrective_ids,
    "set": _Writer.dispositions,
    "unset": _Writer.dispositions,
    "certificationInfo": _Writer.certificates,
    "sensorElementList": _Writer.sensor_elements,
    "sensorMetadata": _Writer.attributes,
    "sensorReport": _Writer.reports,
    "ilmd": _Writer.master_data,
}
_FREE = frozenset(("eventID", "stringValue", "uom"))
"""Texts that keep their colons."""


def _element(name: str, inner: str, attributes: Mapping[str, str] = MappingProxyType({})) -> str:
    written = "".join(f" {key}={quoteattr(text)}" for key, text in attributes.items())
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _extension(
    name: _Name, inner: str, attributes: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Write an element that binds its own prefix, so that no other one needs to know it."""
    if not name.namespace:
        return _element(name.local, inner, attributes)
    bound = {f"xmlns:{name.prefix}": name.namespace}
    return _element(f"{name.prefix}:{name.local}", inner, {**bound, **attributes})


def _local(name: str, path: str) -> str:
    if not _NAME.fullmatch(name):
        raise NotInXml(path, f"{name[:100]!r} cannot be a name in XML")
    return name


def _items(content: Any) -> list[Any]:
    if content is None:
        return []
    return content if isinstance(content, list) else [content]


def _mapping(path: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise NotInXml(path, "an object is expected there")
    return content
