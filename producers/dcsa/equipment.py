"""Mapping of DCSA's equipment events: what happened to a container. Pure. Raises Unmapped."""

from collections.abc import Callable
from typing import Literal, get_args

from groupage.domain.events.base import Event
from groupage.domain.events.consolidation import StuffingCompleted
from groupage.domain.events.customs import CustomsReleased, CustomsSelected
from groupage.domain.events.equipment import (
    ContainerGatedIn,
    ContainerGatedOut,
    ContainerInspected,
    ContainerMove,
    ContainerMoved,
    ContainerOnBoard,
    ContainerPickedUp,
    ContainerResealed,
    ContainerSealed,
    SealSource,
)
from groupage.domain.places import canonical_place
from producers.dcsa.known import Passage
from producers.dcsa.references import References
from producers.dcsa.report import CarrierReport, Seal
from producers.dcsa.shipments import CONSOLIDATION_URN, own_id
from producers.dcsa.vocabulary import EQUIPMENT, SEAL_SOURCES
from producers.dead_letters import QuarantineCode
from producers.epcis.unmapped import Unmapped

_CFS = "CONTAINER_FREIGHT_STATION"
_SOURCES: dict[str, SealSource] = {
    "CARRIER": "CARRIER",
    "SHIPPER": "SHIPPER",
    "CUSTOMER": "SHIPPER",
    "CUSTOMS": "CUSTOMS",
    "CONSOLIDATOR": "CONSOLIDATOR",
}
_PLACE_LENGTH_MAX = 200
_MOVES: dict[str, ContainerMove] = {move: move for move in get_args(ContainerMove)}


def place_of(report: CarrierReport) -> str:
    """Return where it happened: UN/LOCODE, with the facility's code if there is one; or a name."""
    if not report.locode:
        return report.place_name[:_PLACE_LENGTH_MAX]
    locode = canonical_place(report.locode)
    return f"{locode}/{report.facility}" if report.facility else locode


def map_equipment(subtype: str, report: CarrierReport, references: References) -> tuple[Event, ...]:
    """Map what happened to a container. Raises Unmapped."""
    if subtype.startswith("CUSTOMS_"):
        return (_customs(subtype, report),)
    if subtype == "STUFFED" and not report.seals:
        return (_stuffed(report),)
    if not report.equipment_ref:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE, f"{subtype} names no container (equipmentReference)"
        )
    step = _STEPS.get(subtype)
    if step is None:
        raise Unmapped(QuarantineCode.NO_HUB_EVENT, f"the hub has no event for EQUIPMENT {subtype}")
    references.require_container(report)
    return (step(subtype, report, references),)


def _customs(subtype: str, report: CarrierReport) -> Event:
    numbers = report.documents_of("CUSTOMS_CLEARANCE")
    if len(numbers) != 1:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"{subtype} names {len(numbers)} declarations; the hub needs the number of one, as "
            "document of type CUSTOMS_CLEARANCE",
        )
    if subtype == "CUSTOMS_RELEASED":
        return CustomsReleased(declaration_id=numbers[0], reference=report.reason)
    selection: Literal["SCAN", "INSPECTION"] = (
        "SCAN" if subtype == "CUSTOMS_SELECTED_FOR_SCAN" else "INSPECTION"
    )
    return CustomsSelected(declaration_id=numbers[0], selection=selection)


def _stuffed(report: CarrierReport) -> Event:
    consolidation_id = own_id(report, CONSOLIDATION_URN)
    if consolidation_id is None:
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            "STUFFED names neither a seal nor the hub's consolidation "
            f"({CONSOLIDATION_URN}… as forwarder's reference)",
        )
    return StuffingCompleted(consolidation_id=consolidation_id)


def _picked_up(_: str, report: CarrierReport, _references: References) -> Event:
    if report.empty_or_laden == "LADEN":
        return _moved(report)
    return ContainerPickedUp(equipment_ref=report.equipment_ref, plate=report.plate)


def _gated_in(_: str, report: CarrierReport, _references: References) -> Event:
    at_hub = report.facility_type == _CFS and report.phase != "IMPORT"
    if at_hub and report.empty_or_laden == "EMPTY":
        return ContainerGatedIn(equipment_ref=report.equipment_ref, place=place_of(report))
    return _moved(report)


def _gated_out(_: str, report: CarrierReport, _references: References) -> Event:
    if report.phase != "IMPORT" and report.empty_or_laden == "EMPTY":
        return ContainerPickedUp(equipment_ref=report.equipment_ref, plate=report.plate)
    if report.phase != "IMPORT" and report.facility_type == _CFS:
        return ContainerGatedOut(
            equipment_ref=report.equipment_ref,
            plate=report.plate,
            consolidation_id=own_id(report, CONSOLIDATION_URN),
        )
    return _moved(report)


def _loaded(_: str, report: CarrierReport, references: References) -> Event:
    # After a transshipment it is on a ship that the hub need not know.
    if report.mode == "TRUCK" or report.phase in ("TRANSSHIPMENT", "IMPORT"):
        return _moved(report)
    passage = references.find_passage(report)
    if passage is not None and _is_elsewhere(report, passage):
        return _moved(report)
    return ContainerOnBoard(
        equipment_ref=report.equipment_ref,
        voyage_id=passage.voyage.voyage_id if passage else None,
    )


def _is_elsewhere(report: CarrierReport, passage: Passage) -> bool:
    """Tell whether it is not on board of the voyage's ship at the port of loading."""
    at_pol = not report.locode or canonical_place(report.locode) == passage.voyage.pol
    return passage.by_other_ship or not at_pol


def _moved_as(subtype: str, report: CarrierReport, _references: References) -> Event:
    if report.facility_type == "BORDER" and subtype == "CROSSED" and not place_of(report):
        return ContainerMoved(equipment_ref=report.equipment_ref, place="border", move="CROSSED")
    return _moved(report)


def _moved(report: CarrierReport) -> Event:
    place = place_of(report)
    if not place:
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            f"{report.subtype} of {report.equipment_ref} names neither a UN/LOCODE nor a place",
        )
    by_ship = report.mode in ("", "VESSEL") and (report.voyage_numbers or report.vessel_imo)
    return ContainerMoved(
        equipment_ref=report.equipment_ref,
        place=place,
        move=_MOVES.get(EQUIPMENT.word_of(report.subtype) or ""),
        vessel_imo=report.vessel_imo if by_ship else "",
        carrier_voyage_no=report.voyage_numbers[0] if by_ship and report.voyage_numbers else "",
    )


def _sealed(_: str, report: CarrierReport, _references: References) -> Event:
    seal = report.seals[0]
    return ContainerSealed(
        equipment_ref=report.equipment_ref,
        seal_no=seal.number,
        source=_seal_source(seal),
        seal_type=seal.kind,
        consolidation_id=own_id(report, CONSOLIDATION_URN),
    )


def _resealed(subtype: str, report: CarrierReport, _references: References) -> Event:
    if not report.seals:
        raise Unmapped(QuarantineCode.NO_HUB_EVENT, f"{subtype} names no seal")
    seal = report.seals[0]
    return ContainerResealed(
        equipment_ref=report.equipment_ref,
        seal_no=seal.number,
        source=_seal_source(seal),
        seal_type=seal.kind,
        reason=report.reason,
    )


def _seal_source(seal: Seal) -> SealSource:
    word = SEAL_SOURCES.word_of(seal.source) if seal.source else "CARRIER"
    source = _SOURCES.get(word or "")
    if source is None:
        raise Unmapped(
            QuarantineCode.UNKNOWN_CODE,
            f"seal source {seal.source[:80]!r} of seal {seal.number}; the hub knows "
            f"{', '.join(sorted(_SOURCES))}",
        )
    return source


def _inspected(_: str, report: CarrierReport, _references: References) -> Event:
    result, _, defects = report.reason.partition(": ")
    if result not in ("fit", "unfit"):
        raise Unmapped(
            QuarantineCode.INSPECTION_WITHOUT_RESULT,
            f"INSPECTED {report.equipment_ref}: the reason says neither fit nor unfit",
        )
    fit: Literal["fit", "unfit"] = "fit" if result == "fit" else "unfit"
    return ContainerInspected(equipment_ref=report.equipment_ref, result=fit, defects=defects)


_Step = Callable[[str, CarrierReport, References], Event]
_STEPS: dict[str, _Step] = {
    "PICKED_UP": _picked_up,
    "GATED_IN": _gated_in,
    "GATED_OUT": _gated_out,
    "LOADED": _loaded,
    "DISCHARGED": _moved_as,
    "DROPPED_OFF": _moved_as,
    "CROSSED": _moved_as,
    "STUFFED": _sealed,
    "RESEALED": _resealed,
    "INSPECTED": _inspected,
}
