"""Mapping of DCSA's transport events: ships and trains under way. Pure. Raises Unmapped.

The departure of the voyage's ship from the port of loading and its arrival at that of discharge
move the voyage. All other calls, and those of other ships that a booking travels on, are noted.
"""

from groupage.domain.events.base import Event
from groupage.domain.events.schedule import (
    EtaUpdated,
    LegArrived,
    LegDeparted,
    PortCallReported,
    PortMovement,
    SailingChanged,
    TransportMode,
)
from groupage.domain.places import canonical_place
from producers.dcsa.known import KnownVoyage, Passage
from producers.dcsa.references import References
from producers.dcsa.report import CarrierReport
from producers.dead_letters import QuarantineCode
from producers.epcis.unmapped import Unmapped

_MODES: dict[str, TransportMode] = {"VESSEL": "VESSEL", "RAIL": "RAIL", "TRUCK": "TRUCK"}


def map_transport(
    subtype: str, classifier: str, report: CarrierReport, references: References
) -> Event:
    """Map a departure or an arrival. Raises Unmapped."""
    if subtype not in ("ARRIVED", "DEPARTED"):
        raise Unmapped(QuarantineCode.NO_HUB_EVENT, f"the hub has no event for TRANSPORT {subtype}")
    if report.mode and report.mode not in _MODES:
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            f"mode of transport {report.mode[:80]!r}: the hub follows {', '.join(_MODES)}",
        )
    if classifier == "REQUESTED":
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT, f"{subtype} is requested: the hub follows no requests"
        )
    passage = references.find_passage(report)
    if passage is None:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"{subtype} names no voyage: neither a voyage number nor a carrier booking",
        )
    voyage = passage.voyage
    if not report.locode:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"{subtype} of voyage {voyage.voyage_id} names no place (UNLocationCode)",
        )
    place, mode = canonical_place(report.locode), _MODES.get(report.mode, voyage.mode)
    of_voyage = not passage.by_other_ship and mode == voyage.mode
    if of_voyage and subtype == "DEPARTED" and place == voyage.pol:
        return _departure(classifier, report, voyage)
    if of_voyage and subtype == "ARRIVED" and place == voyage.pod:
        return _arrival(classifier, report, voyage)
    return _call(subtype, report, passage, mode)


def _departure(classifier: str, report: CarrierReport, voyage: KnownVoyage) -> Event:
    if classifier == "ACTUAL":
        return LegDeparted(
            voyage_id=voyage.voyage_id,
            leg_id=_main_leg(voyage),
            mode=voyage.mode,
            place=voyage.pol,
        )
    return SailingChanged(
        voyage_id=voyage.voyage_id, reason=_change_reason(classifier, report), etd_at=report.at
    )


def _arrival(classifier: str, report: CarrierReport, voyage: KnownVoyage) -> Event:
    leg = {"voyage_id": voyage.voyage_id, "leg_id": _main_leg(voyage)}
    if classifier == "ACTUAL":
        return LegArrived(**leg, mode=voyage.mode, place=voyage.pod)
    if classifier == "ESTIMATED":
        assert report.at is not None
        return EtaUpdated(**leg, mode=voyage.mode, place=voyage.pod, eta_at=report.at)
    return SailingChanged(
        voyage_id=voyage.voyage_id, reason=_change_reason(classifier, report), eta_at=report.at
    )


def _call(
    subtype: str, report: CarrierReport, passage: Passage, mode: TransportMode
) -> PortCallReported:
    """Return a call that moves neither the voyage's departure nor its arrival."""
    assert report.at is not None
    number = report.voyage_numbers[0] if report.voyage_numbers else ""
    movement: PortMovement = "ARRIVED" if subtype == "ARRIVED" else "DEPARTED"
    return PortCallReported(
        voyage_id=passage.voyage.voyage_id,
        place=canonical_place(report.locode),
        movement=movement,
        call_at=report.at,
        mode=mode,
        vessel_imo=report.vessel_imo if passage.by_other_ship else "",
        carrier_voyage_no=number if passage.by_other_ship else "",
    )


def _main_leg(voyage: KnownVoyage) -> str:
    """Return the id of the leg from the port of loading to that of discharge."""
    return f"{voyage.voyage_id}#1"


def _change_reason(classifier: str, report: CarrierReport) -> str:
    how = "planned" if classifier == "PLANNED" else "estimated"
    return report.reason or f"{how} by the carrier (DCSA Track & Trace)"
