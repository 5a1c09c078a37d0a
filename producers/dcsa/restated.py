"""A carrier's event in the words of the information model of 3.0.0, whatever its dialect.

An event of that dialect stays as it is. Of 2.2, and of the codes of 3.0.0, each member that the
information model knows moves to its place there; others are left out, as are codes' names for them.
Read again (`reading.py`), the event says the same. Pure.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from producers.dcsa.reading import flatten_event
from producers.dcsa.vocabulary import (
    CLASSIFIERS,
    DOCUMENTS,
    EVENT_TYPES,
    FACILITIES,
    REFERENCES,
    SEAL_SOURCES,
    SEAL_TYPES,
    SUBTYPES,
    Vocabulary,
)

_CLASS, _CALL, _PLACE = "eventClassification", "transportDetails.transportCall", "eventLocation"
_BOX, _SHIPMENT, _SHIP = "equipmentDetails", "shipmentDetails", f"{_CALL}.vesselTransport"
_EXPORT, _IMPORT = (f"{_CALL}.{way}VoyageNumberOrReference" for way in ("export", "import"))
_STEMS = tuple(name.lower() for name in SUBTYPES)
_TYPED = {"typeCode": "type", "documentReferenceType": "type", "referenceType": "type"}
_VALUED = {"documentReferenceValue": "reference", "referenceValue": "reference"}
_SEALS = {"sealNumber": "number", "sealSource": "source", "sealType": "type"}

_MOVES: tuple[tuple[str, str, Vocabulary | None], ...] = (
    ("eventType", f"{_CLASS}.eventType", EVENT_TYPES),
    (f"{_CLASS}.eventTypeCode", f"{_CLASS}.eventType", EVENT_TYPES),
    ("eventClassifierCode", f"{_CLASS}.eventClassifier", CLASSIFIERS),
    (f"{_CLASS}.eventClassifierCode", f"{_CLASS}.eventClassifier", CLASSIFIERS),
    *(
        (f"{where}{stem}EventTypeCode", f"{_CLASS}.{stem}EventType", SUBTYPES[stem.upper()])
        for stem in _STEMS
        for where in ("", f"{_CLASS}.")
    ),
    ("eventCreatedDateTime", "eventUpdatedDateTime", None),
    ("changeRemark", "reason", None),
    ("vesselScheduleChangeRemark", "reason", None),
    ("transportCall", _CALL, None),
    ("equipmentReference", f"{_BOX}.equipmentReference", None),
    ("ISOEquipmentCode", f"{_BOX}.ISOEquipmentCode", None),
    ("emptyIndicatorCode", f"{_BOX}.emptyIndicator", None),
    (f"{_BOX}.emptyIndicatorCode", f"{_BOX}.emptyIndicator", None),
    (f"{_BOX}.movementType", f"{_BOX}.transportPhase", None),
    ("seals", f"{_BOX}.seals", None),
    ("references", f"{_SHIPMENT}.shipmentReferences", None),
    (f"{_PLACE}.facilityTypeCode", f"{_PLACE}.facilityType", FACILITIES),
    (f"{_PLACE}.facilityCode", f"{_PLACE}.facility.facilityCode", None),
    (f"{_PLACE}.facilityCodeListProvider", f"{_PLACE}.facility.facilityCodeListProvider", None),
    (f"{_CALL}.UNLocationCode", f"{_PLACE}.UNLocationCode", None),
    (f"{_CALL}.location.UNLocationCode", f"{_PLACE}.UNLocationCode", None),
    (f"{_CALL}.facilityTypeCode", f"{_PLACE}.facilityType", FACILITIES),
    (f"{_CALL}.facilityCode", f"{_PLACE}.facility.facilityCode", None),
    (
        f"{_CALL}.facilityCodeListProvider",
        f"{_PLACE}.facility.facilityCodeListProvider",
        None,
    ),
    (f"{_CALL}.location.locationName", f"{_PLACE}.locationName", None),
    (f"{_CALL}.otherFacility", f"{_PLACE}.locationName", None),
    *(
        (f"{where}.{name}", f"{_PLACE}.geoCoordinate.{name}", None)
        for where in (_PLACE, f"{_CALL}.location")
        for name in ("latitude", "longitude")
    ),
    (f"{_CALL}.location.address", f"{_PLACE}.address", None),
    (f"{_CALL}.location", "", None),
    (f"{_PLACE}.address.name", "", None),
    (f"{_PLACE}.address.country", "", None),
    (f"{_CALL}.transportCallID", f"{_CALL}.transportCallReference", None),
    (f"{_CALL}.carrierServiceCode", f"{_CALL}.serviceCodeOrReference.carrierServiceCode", None),
    *(
        (f"{_CALL}.{old}", f"{way}.carrierVoyageNumber", None)
        for way, names in (
            (_EXPORT, ("exportVoyageNumber", "carrierVoyageNumber", "carrierExportVoyageNumber")),
            (_IMPORT, ("importVoyageNumber", "carrierImportVoyageNumber")),
        )
        for old in names
    ),
    (f"{_CALL}.universalExportVoyageReference", f"{_EXPORT}.universalVoyageReference", None),
    (f"{_CALL}.universalImportVoyageReference", f"{_IMPORT}.universalVoyageReference", None),
    (f"{_CALL}.vessel", _SHIP, None),
    (f"{_SHIP}.vesselCallSignNumber", f"{_SHIP}.vesselCallSign", None),
    (f"{_SHIP}.vesselOperatorCarrierCode", f"{_SHIP}.operatorCarrierCode", None),
    (
        f"{_SHIP}.vesselOperatorCarrierCodeListProvider",
        f"{_SHIP}.operatorCarrierCodeListProvider",
        None,
    ),
)
"""From, to (empty: the model has no place for it), words."""
_MEMBERS = frozenset(
    (
        *("eventRouting", "eventID", "isRetracted", "eventDateTime", "eventUpdatedDateTime"),
        *(_PLACE, "reason", _CLASS, _SHIPMENT, "transportDetails", _BOX),
        *("iotDetails", "reeferDetails"),
    )
)


def restate(original: Mapping[str, Any], *, event_id: str) -> dict[str, Any]:
    """Return an event that `reading.py` can read in the words of the information model.

    `event_id` is that of the event, also where its sender gave none, or names it to retract it.
    """
    event = deepcopy(flatten_event(dict(original)))  # `reading.py` limits how deep it is
    in_words = isinstance(event.get(_CLASS), dict) and "eventType" in event[_CLASS]
    _name_subtype(event)
    for old, new, words in _MOVES:
        _move(event, old, new, words)
    _restate_documents(event)
    _restate_items(event, f"{_SHIPMENT}.shipmentReferences", _TYPED | _VALUED, REFERENCES)
    _restate_seals(event)
    _restate_lists(event)
    if event.get("retractedEventID"):
        event["isRetracted"] = True
    event["eventID"] = event_id
    if in_words:
        return event
    return {name: value for name, value in event.items() if name in _MEMBERS}


def _find(event: dict[str, Any], path: str, *, make: bool = False) -> dict[str, Any] | None:
    """Return the object that has the last member of a path; None: there is none."""
    node: Any = event
    for part in path.split(".")[:-1]:
        inner = node.get(part)
        if inner is None and make:
            inner = node[part] = {}
        if not isinstance(inner, dict):
            return None
        node = inner
    return node if isinstance(node, dict) else None


def _move(event: dict[str, Any], old: str, new: str, words: Vocabulary | None) -> None:
    """Move a member; what its new place has counts."""
    name = old.rpartition(".")[2]
    holder = _find(event, old)
    if holder is None or name not in holder:
        return
    value = holder.pop(name)
    if value is None or not new:
        return
    if words is not None and isinstance(value, str):
        value = words.word_of(value) or value
    target = _find(event, new, make=True)
    if target is not None:
        _fill(target, new.rpartition(".")[2], value)


def _fill(target: dict[str, Any], name: str, value: Any) -> None:
    """Set a member that is missing; of two objects add what the first does not have."""
    present = target.get(name)
    if present is None:
        target[name] = value
    elif isinstance(present, dict) and isinstance(value, dict):
        for inner in value:
            _fill(present, inner, value[inner])


def _name_subtype(event: dict[str, Any]) -> None:
    """Move a subtype that older events have under one name for all types."""
    given = event.get("eventType")
    word = EVENT_TYPES.word_of(given) if isinstance(given, str) else None
    if word is not None and "eventTypeCode" in event:
        event.setdefault(f"{word.lower()}EventTypeCode", event.pop("eventTypeCode"))


def _restate_documents(event: dict[str, Any]) -> None:
    """Put the documents together: the one that a shipment event is about, and all others."""
    kind = _first(event, "documentTypeCode", "shipmentInformationTypeCode")
    number = _first(event, "documentID", "documentReference")
    listed: list[Any] = []
    for name in ("documentReferences", "relatedDocumentReferences"):
        given = event.pop(name, None)
        if isinstance(given, list) and not listed:
            listed = given
    documents = [{"type": kind, "reference": number}] if kind or number else []
    if documents or listed:
        shipment = event.setdefault(_SHIPMENT, {})
        if documents:
            shipment.setdefault("documentReference", _without_nulls(documents[0]))
        if listed:
            shipment.setdefault("additionalDocumentReferences", listed)
    shipment = event.get(_SHIPMENT)
    if isinstance(shipment, dict) and isinstance(shipment.get("documentReference"), dict):
        _rename(shipment["documentReference"], _TYPED | _VALUED, DOCUMENTS)
    _restate_items(event, f"{_SHIPMENT}.additionalDocumentReferences", _TYPED | _VALUED, DOCUMENTS)


def _first(event: dict[str, Any], *names: str) -> Any:
    values = [event.pop(name, None) for name in names]
    return next((value for value in values if value is not None), None)


def _without_nulls(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _restate_items(
    event: dict[str, Any], path: str, names: Mapping[str, str], words: Vocabulary
) -> None:
    holder = _find(event, path)
    items = None if holder is None else holder.get(path.rpartition(".")[2])
    for item in _objects(items):
        _rename(item, names, words)


def _restate_seals(event: dict[str, Any]) -> None:
    for seal in _objects(event[_BOX].get("seals")) if _has(event, _BOX) else ():
        _rename(seal, _SEALS, None)
        for name, words in (("source", SEAL_SOURCES), ("type", SEAL_TYPES)):
            if isinstance(seal.get(name), str):
                seal[name] = words.word_of(seal[name]) or seal[name]


def _restate_lists(event: dict[str, Any]) -> None:
    """Put single values into the lists that the model has for them."""
    reason = event.pop("delayReasonCode", None)
    if reason is not None:
        details = event.setdefault("transportDetails", {})
        if isinstance(details, dict):
            details.setdefault("delayReasonCodes", [reason])
    if _has(event, "eventRouting") and "originatingParty" in event["eventRouting"]:
        party = event["eventRouting"].pop("originatingParty")
        if party is not None:
            event["eventRouting"].setdefault("originatingParties", [party])


def _has(event: dict[str, Any], name: str) -> bool:
    return isinstance(event.get(name), dict)


def _objects(items: Any) -> Iterable[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _rename(item: dict[str, Any], names: Mapping[str, str], words: Vocabulary | None) -> None:
    for old, new in names.items():
        if old in item:
            value = item.pop(old)
            if value is not None:
                item.setdefault(new, value)
    if words is not None and isinstance(item.get("type"), str):
        item["type"] = words.word_of(item["type"]) or item["type"]
