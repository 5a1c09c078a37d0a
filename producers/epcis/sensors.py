"""Dimensions and mass from sensor reports, in mm and g.

EPCIS has no field for a carton's three edges. This module reads reports of type ``Length`` whose
component is x, y or z (length, width, height), and reports of a sender's own type whose local name
is length, width, height or depth; ``Mass`` is gross mass. Units are UN/CEFACT Rec 20 codes.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from groupage.domain.events.base import Dimensions
from groupage.domain.own_urns import own_id

_MM = {
    "MTR": Decimal(1_000),
    "DMT": Decimal(100),
    "CMT": Decimal(10),
    "MMT": Decimal(1),
    "INH": Decimal("25.4"),
    "FOT": Decimal("304.8"),
}
_G = {
    "KGM": Decimal(1_000),
    "GRM": Decimal(1),
    "TNE": Decimal(1_000_000),
    "LBR": Decimal("453.59237"),
    "ONZ": Decimal("28.349523125"),
}
_EDGES = {
    "x": "length",
    "length": "length",
    "depth": "length",
    "y": "width",
    "width": "width",
    "z": "height",
    "height": "height",
}
_GROSS = frozenset(("total", "gross", "grossweight"))


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """The devices' reports. `missing` names what lacks for an outer size and a gross mass."""

    size: Dimensions | None
    gross_g: int | None
    device: str
    missing: tuple[str, ...]
    any_report: bool
    """The event reports an edge or a mass."""


def read_measurement(event: dict[str, Any]) -> Measurement:
    """Read size and gross mass from an event's sensor elements; later reports of an edge win."""
    edges: dict[str, int] = {}
    masses: dict[str, int] = {}
    device = ""
    for element in event.get("sensorElementList", []):
        device = _device(element.get("sensorMetadata", {})) or device
        for report in element.get("sensorReport", []):
            edge, mm = _edge(report)
            grams = _mass(report)
            if edge and mm:
                edges[edge] = mm
            elif grams:
                masses[_feature(report)] = grams
            else:
                continue
            device = _device(report) or device
    gross_g = _gross_mass(masses)
    missing = [name for name in ("length", "width", "height") if name not in edges]
    size = None
    if not missing:
        size = Dimensions(
            length_mm=edges["length"], width_mm=edges["width"], height_mm=edges["height"]
        )
    if gross_g is None:
        missing.append("a single gross mass" if masses else "mass")
    return Measurement(
        size=size,
        gross_g=gross_g,
        device=device,
        missing=tuple(missing),
        any_report=bool(edges or masses),
    )


def _device(part: dict[str, Any]) -> str:
    device = _text(part.get("deviceID"))
    return own_id("device", device) or device


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _local_name(name: object) -> str:
    """Return the last part of a name: x for ``cbv:Comp-x``, ``https://…/Comp-x`` and ``x``."""
    return re.split(r"[:/#]", _text(name))[-1].removeprefix("Comp-").removeprefix("MT-").lower()


def _amount(report: dict[str, Any], units: dict[str, Decimal]) -> int | None:
    value, factor = report.get("value"), units.get(_text(report.get("uom")))
    if factor is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    exact = Decimal(str(value)) * factor
    if not exact.is_finite() or exact <= 0:
        return None
    return max(1, int(exact.to_integral_value(rounding=ROUND_HALF_UP)))


def _edge(report: dict[str, Any]) -> tuple[str | None, int | None]:
    kind = _local_name(report.get("type"))
    if kind == "length" and "component" in report:
        return _EDGES.get(_local_name(report["component"])), _amount(report, _MM)
    if ":" in _text(report.get("type")):
        return _EDGES.get(kind), _amount(report, _MM)
    return None, None


def _mass(report: dict[str, Any]) -> int | None:
    return _amount(report, _G) if _local_name(report.get("type")) == "mass" else None


def _feature(report: dict[str, Any]) -> str:
    """Return what the mass belongs to (``ex:feature: ex:packaging``); empty if not given."""
    for name, value in report.items():
        if name.rpartition(":")[2] in ("feature", "component"):
            return _local_name(value)
    return ""


def _gross_mass(masses: dict[str, int]) -> int | None:
    """Return the mass called total or gross, or the only mass; None if several could be meant."""
    for feature, grams in masses.items():
        if feature in _GROSS:
            return grams
    return next(iter(masses.values())) if len(masses) == 1 else None
