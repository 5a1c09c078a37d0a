"""Values of examples, by the names and types of fields."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec

EXAMPLE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_BY_NAME: dict[str, Any] = {
    "consignment_id": "CN-260302-00042",
    "unit_id": "106141412345678908",
    "parent_id": "106141412345678915",
    "owner_id": "CN-260302-00042",
    "equipment_ref": "CSQU3054383",
    "consolidation_id": "CSL-CNNGB-NLRTM-FE4.2610W-45G1-01",
    "from_consolidation_id": "CSL-CNNGB-NLRTM-FE4.2610W-45G1-01",
    "to_consolidation_id": "CSL-CNNGB-NLRTM-FE4.2611W-45G1-01",
    "declaration_id": "DEC-29332026000117",
    "voyage_id": "FE4/2610W",
    "from_voyage_id": "FE4/2610W",
    "to_voyage_id": "FE4/2611W",
    "service_id": "FE4",
    "leg_id": "FE4/2610W/1",
    "visit_id": "V-260302-0117",
    "lane_id": "CNNGB-NLRTM",
    "plan_id": "PL-CNNGB-NLRTM-0017",
    "by_plan_id": "PL-CNNGB-NLRTM-0018",
    "request_id": "RQ-CNNGB-NLRTM-17",
    "command_id": "C-7f3a",
    "hold_id": "H-0001",
    "alert_id": "consolidation/CSL-CNNGB-NLRTM-FE4.2610W-45G1-01/cutoff_LCO",
    "about": "CSL-CNNGB-NLRTM-FE4.2610W-45G1-01",
    "about_kind": "consolidation",
    "manifest_ref": "MF-26-00311",
    "carrier_booking_id": "BKG-2288104",
    "clock_id": "hub",
    "hub_id": "hub",
    "place_id": "hub",
    "seal_no": "YW0417732",
    "shipper": "Futian booth D4-1207",
    "consignee": "Van Dijk Import BV",
    "by": "dispatcher.wang",
    "reason": "agreed with the shipper",
    "iso_type": "45G1",
    "pol": "CNNGB",
    "pod": "NLRTM",
    "hs6": "950300",
    "un_number": "1263",
    "imo_class": "3",
    "currency": "USD",
    "amount_minor": 842_500,
    "length_mm": 520,
    "width_mm": 380,
    "height_mm": 340,
    "x_mm": 0,
    "y_mm": 0,
    "z_mm": 0,
    "dx_mm": 520,
    "dy_mm": 380,
    "dz_mm": 340,
    "gross_g": 14_250,
    "volume_cm3": 1_612_416,
    "tare_g": 3_870_000,
    "max_gross_g": 32_500_000,
    "pieces": 24,
    "latitude_udeg": 29_306_000,
    "longitude_udeg": 120_075_000,
    "location": "A-12-03",
    "place": "CNNGB",
    "code": "cutoff_LCO",
    "status": "AVAILABLE",
    "customs": "DECLARED",
    "reason_code": "measured_larger",
    "input": "106141412345678939",
    "output": "106141412345678908",
    "children": "CN-260302-00042-A",
    "milestone": "order_registered",
    "line": 0,
    "count": 2,
    "device": "dimensioner 2",
    "dock": "D4",
    "door": "G12",
    "plate": "浙G 88K21",
    "carrier": "COSCO",
}
_BY_FIELD: dict[tuple[str, str], Any] = {
    ("VgmVerified", "gross_g"): 18_640_000,
    ("ReceiptDiscrepancy", "pieces"): 2,
}
_USUAL = frozenset(
    {"1039", "VESSEL", "LCO", "SM1", "fit", "good", "short", "ship_short", "SCAN", "RELEASED"}
)
"""Values of enumerations that an example has where it can."""
_LATER = {"due_at": timedelta(days=2), "etd_at": timedelta(days=4), "eta_at": timedelta(days=30)}
_OPTIONAL = frozenset({"consignment_id", "consolidation_id", "voyage_id", "standing"})
"""Optional fields that the examples have, because a good sender fills them in."""
_OWNER_FIELD = "owner_id"
"""An event with this field names its consignment there, and leaves `consignment_id` out."""


def example_of_struct(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return values of all its required fields, and of some others."""
    values: dict[str, Any] = {}
    names = {field.name for field in msgspec.structs.fields(struct)}
    info = msgspec.inspect.type_info(struct)
    for field in cast("msgspec.inspect.StructType", info).fields:
        wanted = field.name in _OPTIONAL and _OWNER_FIELD not in names
        if field.required or wanted:
            own = _BY_FIELD.get((struct.__name__, field.name))
            values[field.name] = _value(field.name, field.type) if own is None else own
    return values


def example_of_field(name: str, hint: Any) -> Any:
    """Return a value of a field that holds a text or a number of its own; None for others."""
    node = msgspec.inspect.type_info(hint)
    if isinstance(node, msgspec.inspect.Metadata):
        node = node.type
    if isinstance(node, msgspec.inspect.StrType | msgspec.inspect.IntType):
        value = _BY_NAME.get(name)
        return (
            value if isinstance(value, str) == isinstance(node, msgspec.inspect.StrType) else None
        )
    return None


def _value(name: str, node: msgspec.inspect.Type) -> Any:
    if isinstance(node, msgspec.inspect.Metadata):
        node = node.type
    if isinstance(node, msgspec.inspect.UnionType):
        wanted = [part for part in node.types if not isinstance(part, msgspec.inspect.NoneType)]
        return _value(name, wanted[0])
    if isinstance(node, msgspec.inspect.LiteralType):
        return next((value for value in node.values if value in _USUAL), node.values[0])
    if isinstance(node, msgspec.inspect.StructType):
        return example_of_struct(node.cls)
    if isinstance(node, msgspec.inspect.VarTupleType):
        return [_value(name.removesuffix("s"), node.item_type)]
    if name in _BY_NAME:
        return _BY_NAME[name]
    return _plain_example(name, node)


def _plain_example(name: str, node: msgspec.inspect.Type) -> Any:
    if isinstance(node, msgspec.inspect.DateTimeType):
        return EXAMPLE_AT + _LATER.get(name, timedelta(0))
    if isinstance(node, msgspec.inspect.IntType):
        return max(node.ge or 0, 1)
    if isinstance(node, msgspec.inspect.FloatType):
        return 0.0
    if isinstance(node, msgspec.inspect.BoolType):
        return True
    return name.replace("_", " ")
