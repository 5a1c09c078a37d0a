"""Terms of a captured EPCIS event: what a query of GS1's SimpleEventQuery can ask it for.

A term is a name and a value, like (bizStep, receiving). Event and query get the same term from each
form of a value: EPC URN and Digital Link, CBV word as such, as URN and as web URI, and a prefix
that the event's document binds. Terms are stored as digests: a value may be long, or hold NUL.

Another derivation needs a migration that derives the stored terms again
(`groupage.store.captured_events.derive_terms`).
"""

import re
from collections.abc import Collection, Iterator
from hashlib import blake2b
from typing import Any

import msgspec

from groupage.contracts.captured_fields import fields_of, forms_of
from groupage.domain.cbv import Vocabulary, word_of
from groupage.domain.gs1 import canonical_id
from groupage.domain.namespaces import GS1_PREFIXES, Namespaces

_DIGEST_BYTES = 16
_ID_LENGTH_MAX = 500
"""Longer texts are compared as they are."""
_EVENT_TYPES = GS1_PREFIXES["epcis"]
ITEM_PATTERN = re.compile(r"urn:epc:idpat:sgtin:([0-9]+\.[0-9]+)\.\*")
_EPCS = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "inputEPC",
    "outputEPCList": "outputEPC",
}
_CLASSES = {
    "quantityList": "epcClass",
    "childQuantityList": "epcClass",
    "inputQuantityList": "inputEPCClass",
    "outputQuantityList": "outputEPCClass",
}
_TYPED: dict[str, tuple[str, Vocabulary]] = {
    "bizTransactionList": ("bizTransaction", "bizTransaction type"),
    "sourceList": ("source", "source type"),
    "destinationList": ("destination", "source type"),
}
SENSOR_IDS = (
    "deviceID",
    "dataProcessingMethod",
    "microorganism",
    "chemicalSubstance",
    "bizRules",
    "uriValue",
)
SENSOR_TEXTS = ("stringValue", "hexBinaryValue")
ERROR = "errorDeclaration"
_VOCABULARIES: dict[str, Vocabulary] = {
    "bizStep": "bizStep",
    "disposition": "disposition",
    "persistentDisposition_set": "disposition",
    "persistentDisposition_unset": "disposition",
    "errorReason": "error reason",
    "type": "measurement type",
}
_PLACES = ("readPoint", "bizLocation")
_WITHIN = "In"
"""Ends the name of the term of a place that the event's place lies in."""
_EXTENSION = "/254/"
"""Before the extension in the id of a GLN: a part of the place that the GLN names."""
_IDS = frozenset(
    (
        *_EPCS.values(),
        "parentID",
        *_PLACES,
        *(place + _WITHIN for place in _PLACES),
        "transformationID",
        *SENSOR_IDS,
    )
)


def term(name: str, value: str) -> str:
    """Return the digest of a term, in hexadecimal digits; the value may be in any of its forms."""
    text = f"{name}\n{_normalize(name, value)}"
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def typed_term(name: str, kind: str, value: str) -> str:
    """Return the digest of a business transaction, source or destination of a type."""
    vocabulary = next(vocabulary for each, vocabulary in _TYPED.values() if each == name)
    return term(f"{name}\n{word_of(vocabulary, kind) or kind}", _canonical(value))


def field_term(scope: str, name: str) -> str:
    """Return the digest of having a field (`groupage.contracts.captured_fields`)."""
    return term("field", f"{scope}\n{name}")


def value_terms(scope: str, name: str, value: object) -> Iterator[str]:
    """Return the digests of a field with that value, in each form by which it is compared."""
    return (term("field", f"{scope}\n{name}\n{form}") for form in forms_of(value))


def terms_of(body: bytes, context: bytes | None) -> list[str]:
    """Return the terms of an event in a fixed order; `context` is its document's @context.

    Never fails: any program may have written the event to the log.
    """
    try:
        event = msgspec.json.decode(body)
        prefixes = Namespaces().with_context(msgspec.json.decode(context or b"null"))
        if not isinstance(event, dict):
            return []
        names = prefixes.with_context(event.get("@context"))
        expanded = names.expand_members(event)
        return sorted({*_terms(expanded), *_field_terms(event, names)})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _normalize(name: str, value: str) -> str:
    if vocabulary := _VOCABULARIES.get(name):
        return word_of(vocabulary, value) or value
    if name in _IDS:
        return _canonical(value)
    if name.endswith("Class"):
        match = ITEM_PATTERN.fullmatch(value)
        # A GTIN is a Digital Link, or the pattern of its SGTINs with any serial number.
        return (
            _canonical(f"urn:epc:id:sgtin:{match[1]}").removesuffix("/21/")
            if match
            else _canonical(value)
        )
    if name == "eventType":
        return Namespaces().expand_value(value).removeprefix(_EVENT_TYPES)
    return value


def _canonical(value: str) -> str:
    return canonical_id(value) if 0 < len(value) <= _ID_LENGTH_MAX else value


def _terms(event: dict[str, Any]) -> Iterator[str]:
    yield from _term("eventType", event.get("type"))
    for name in ("action", "bizStep", "disposition", "parentID", "transformationID"):
        yield from _term(name, event.get(name))
    for name in _PLACES:
        yield from _place_terms(name, _member(event, name, "id"))
    for direction in ("set", "unset"):
        for value in _items(_member(event, "persistentDisposition", direction)):
            yield from _term(f"persistentDisposition_{direction}", value)
    yield from _goods_terms(event)
    yield from _typed_terms(event)
    yield from _error_terms(event.get(ERROR))
    for element in _objects(event.get("sensorElementList")):
        metadata, reports = element.get("sensorMetadata"), _items(element.get("sensorReport"))
        for part in _objects([metadata, *reports]):
            yield from _sensor_terms(part)


def _place_terms(name: str, value: Any) -> Iterator[str]:
    yield from _term(name, value)
    if isinstance(value, str):
        place, extension, _ = _canonical(value).partition(_EXTENSION)
        if extension:
            yield term(name + _WITHIN, place)


def _field_terms(event: dict[str, Any], names: Namespaces) -> Iterator[str]:
    for field in fields_of(event, names):
        yield field_term(field.scope, field.name)
        if field.scope or ":" in field.name:  # an extension: measures and times are compared
            yield from value_terms(field.scope, field.name, field.value)


def epcs_of(event: dict[str, Any], names: Collection[str]) -> Iterator[str]:
    """Return the canonical ids in the fields whose terms have these names."""
    for member, name in (*_EPCS.items(), ("parentID", "parentID")):
        if name in names:
            content = event.get(member)
            for value in [content] if member == "parentID" else _items(content):
                if isinstance(value, str):
                    yield _canonical(value)


def _goods_terms(event: dict[str, Any]) -> Iterator[str]:
    for member, name in _EPCS.items():
        for value in _items(event.get(member)):
            yield from _term(name, value)
    for member, name in _CLASSES.items():
        for item in _objects(event.get(member)):
            yield from _term(name, item.get("epcClass"))


def _typed_terms(event: dict[str, Any]) -> Iterator[str]:
    for member, (name, _) in _TYPED.items():
        for item in _objects(event.get(member)):
            kind, value = item.get("type", ""), item.get(name)
            if isinstance(kind, str) and isinstance(value, str):
                yield typed_term(name, kind, value)


def _error_terms(declaration: Any) -> Iterator[str]:
    if isinstance(declaration, dict):
        yield term(ERROR, "")
        yield from _term("errorReason", declaration.get("reason"))
        for value in _items(declaration.get("correctiveEventIDs")):
            yield from _term("correctiveEventID", value)


def _sensor_terms(part: dict[str, Any]) -> Iterator[str]:
    for name in ("type", *SENSOR_IDS, *SENSOR_TEXTS):
        yield from _term(name, part.get(name))
    if isinstance(value := part.get("booleanValue"), bool):
        yield term("booleanValue", str(value).lower())


def _term(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield term(name, value)


def _member(body: dict[str, Any], name: str, inner: str) -> Any:
    outer = body.get(name)
    return outer.get(inner) if isinstance(outer, dict) else None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in _items(value) if isinstance(item, dict))
