"""The parts of the EPCIS events that the hub makes of its own facts: ids, places, measurements."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from groupage.domain.events.base import Dimensions
from groupage.domain.events.consignment import HoldType
from groupage.domain.gs1 import digital_link, identify
from groupage.domain.own_urns import own_urn
from producers.epcis.members import is_uri

Members: TypeAlias = dict[str, Any]
"""Members of an EPCIS event in JSON."""
TRANSACTION_TYPE = "urn:groupage:btt:"
"""Types of business transactions that CBV has no word for."""
_BIC = re.compile(r"[A-Z]{3}[JUZR][0-9]{7}")
_UNIT_SCHEMES = frozenset(("sscc", "sgtin", "lgtin", "grai", "giai"))
_PLACE_LENGTH_MAX = 200
"""Longer texts are notes, not places: they are left out."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What other facts say about the aggregate of a fact."""

    equipment_ref: str = ""
    """The container of a consolidation."""
    consignment_ids: tuple[str, ...] = ()
    """Those that a declaration covers."""
    holds: Mapping[str, HoldType] = MappingProxyType({})
    """The kinds of a consignment's holds by their ids."""


Meaning: TypeAlias = Callable[[Any, Around], Members | None]
"""Returns the members of the EPCIS event; None: EPCIS has no place for what it says."""


def objects(step: str, epcs: list[str], disposition: str = "", **more: Any) -> Members:
    """Return an observation of things."""
    event = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "epcList": epcs}
    return event | ({"disposition": disposition} if disposition else {}) | more


def inside(kind: str, action: str, step: str, parent: str, children: list[str]) -> Members:
    """Return what joins children and a parent, or parts them."""
    event = {"type": kind, "action": action, "parentID": parent, "bizStep": step}
    return event | ({"childEPCs": children} if children else {})


@lru_cache(maxsize=8_192)
def unit_epc(unit_id: str) -> str:
    """Return the EPC of a carton: its Digital Link, else its own URI, else a URN of the hub."""
    found = identify(unit_id)
    link = digital_link(unit_id)
    is_readable = found.scheme in _UNIT_SCHEMES or (found.scheme == "other" and is_uri(link))
    if is_readable and is_uri(link) and identify(link).id == unit_id:
        return link
    return own_urn("unit", unit_id)


def container_epc(equipment_ref: str) -> str:
    """Return the EPC of a container: by its BIC code, else a URN of the hub."""
    if _BIC.fullmatch(equipment_ref):
        return f"urn:epc:id:bic:{equipment_ref}"
    return own_urn("container", equipment_ref)


def consignment_urns(consignment_ids: Iterable[str]) -> list[str]:
    """Return the URNs of consignments, as objects of an event."""
    return [own_urn("consignment", name) for name in consignment_ids]


def seal_urn(seal_no: str) -> str:
    """Return the URN of a seal: readers take what is behind the last colon or slash."""
    return own_urn("seal", seal_no, plain="")


def place(text: str) -> Members:
    """Return a place as read point: its SGLN, else its own URI, else a URN of the hub."""
    if not text or len(text) > _PLACE_LENGTH_MAX:
        return {}
    return {"readPoint": {"id": place_id(text)}}


def place_id(text: str) -> str:
    """Return the id of a place that has a text."""
    found = identify(text)
    if found.scheme == "sgln" or (found.scheme == "other" and found.id == text and is_uri(text)):
        return found.id
    return own_urn("location", text)


def transaction(kind: str, id_: str) -> Members:
    """Return a business transaction that names a thing of the hub; a GINC names itself."""
    found = identify(id_)
    is_ginc = kind == "consignment" and found.scheme == "ginc" and found.id == id_
    return {
        "type": TRANSACTION_TYPE + kind,
        "bizTransaction": id_ if is_ginc else own_urn(kind, id_),
    }


def transactions(**ids: str | None) -> Members:
    """Return the business transactions of the things that are named, by their kinds."""
    found = [transaction(kind, id_) for kind, id_ in ids.items() if id_]
    return {"bizTransactionList": found} if found else {}


def measurement(*, size: Dimensions | None, gross_g: int | None, device: str = "") -> Members:
    """Return size and gross mass as reports of a sensor."""
    reports: list[Members] = []
    if size is not None:
        edges = (("x", size.length_mm), ("y", size.width_mm), ("z", size.height_mm))
        reports += (
            {"type": "Length", "component": axis, "value": mm, "uom": "MMT"} for axis, mm in edges
        )
    if gross_g is not None:
        reports.append({"type": "Mass", "value": gross_g, "uom": "GRM"})
    if not reports:
        return {}
    element: Members = {"sensorReport": reports}
    if device:
        device_id = device if is_uri(device) else own_urn("device", device)
        element = {"sensorMetadata": {"deviceID": device_id}, **element}
    return {"sensorElementList": [element]}
