"""Mapping of DCSA's transport events: ships and trains under way. Pure. Raises Unmapped.

The leg from the port of loading to that of discharge is the voyage; a leg that begins, or is
estimated to end, at another port has that port in its id.
"""

from groupage.domain.events.base import Event
from groupage.domain.events.schedule import (
    EtaUpdated,
    LegArrived,
    LegDeparted,
    SailingChanged,
    TransportMode,
)
from groupage.domain.places import canonical_place
from producers.dcsa.references import KnownVoyage, References
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
    mode = _MODES.get(report.mode or "VESSEL")
    if mode is None:
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            f"mode of transport {report.mode[:80]!r}: the hub follows {', '.join(_MODES)}",
        )
    voyage = references.find_voyage(report)
    if voyage is None:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"{subtype} names no voyage: neither a voyage number nor a carrier booking",
        )
    if not report.locode:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"{subtype} of voyage {voyage.voyage_id} names no place (UNLocationCode)",
        )
    place = canonical_place(report.locode)
    if subtype == "DEPARTED":
        return _departure(classifier, report, voyage, place, mode)
    return _arrival(classifier, report, voyage, place, mode)


def _main_leg(voyage: KnownVoyage) -> str:
    """Return the id of the leg from the port of loading to that of discharge."""
    return f"{voyage.voyage_id}#1"


def _departure(
    classifier: str, report: CarrierReport, voyage: KnownVoyage, place: str, mode: TransportMode
) -> Event:
    at_pol = place == voyage.pol
    if classifier == "ACTUAL" or not at_pol:
        leg_id = _main_leg(voyage) if at_pol else f"{voyage.voyage_id}#{place}"
        return LegDeparted(voyage_id=voyage.voyage_id, leg_id=leg_id, mode=mode, place=place)
    return SailingChanged(
        voyage_id=voyage.voyage_id, reason=_change_reason(classifier, report), etd_at=report.at
    )


def _arrival(
    classifier: str, report: CarrierReport, voyage: KnownVoyage, place: str, mode: TransportMode
) -> Event:
    at_pod = place == voyage.pod
    leg_id = _main_leg(voyage) if at_pod else f"{voyage.voyage_id}#{place}"
    if classifier == "ESTIMATED":
        assert report.at is not None
        return EtaUpdated(
            voyage_id=voyage.voyage_id, leg_id=leg_id, mode=mode, place=place, eta_at=report.at
        )
    if not at_pod:
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            f"voyage {voyage.voyage_id} goes from {voyage.pol} to {voyage.pod}; the hub has no "
            f"event for its call at {place}",
        )
    if classifier == "ACTUAL":
        return LegArrived(voyage_id=voyage.voyage_id, leg_id=leg_id, mode=mode, place=place)
    return SailingChanged(
        voyage_id=voyage.voyage_id, reason=_change_reason(classifier, report), eta_at=report.at
    )


def _change_reason(classifier: str, report: CarrierReport) -> str:
    how = "planned" if classifier == "PLANNED" else "estimated"
    return report.reason or f"{how} by the carrier (DCSA Track & Trace)"
