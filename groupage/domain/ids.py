"""Ids as types, so that a unit's id cannot be passed where a consignment's is meant."""

from typing import NewType

ConsignmentId = NewType("ConsignmentId", str)
"""The house bill's cargo of one merchant for one consignee, e.g. ``CN-260301-00042``."""
UnitId = NewType("UnitId", str)
"""A logistic unit: an SSCC (18 digits), a GS1 identifier, or a carton mark unique at the hub."""
ConsolidationId = NewType("ConsolidationId", str)
"""One container's worth of consignments on one voyage, e.g. ``CSL-CNNGB-NLRTM-V2610-01``."""
EquipmentRef = NewType("EquipmentRef", str)
"""A container number of ISO 6346, e.g. ``CSQU3054383``."""
DeclarationId = NewType("DeclarationId", str)
VoyageId = NewType("VoyageId", str)
"""One departure of one service, ``{service_id}/{voyage}``, e.g. ``FE4/2610W`` or
``YXO-MAD/T1117``."""
VisitId = NewType("VisitId", str)
"""One truck at one dock, once."""
LaneId = NewType("LaneId", str)
"""Where from and where to: ``{pol}-{pod}`` in UN/LOCODE, e.g. ``CNNGB-NLRTM``. The unit of
planning."""
PlanId = NewType("PlanId", str)
RequestId = NewType("RequestId", str)


def lane_of(*, pol: str, pod: str) -> LaneId:
    """The lane between two UN/LOCODEs."""
    return LaneId(f"{pol}-{pod}")
