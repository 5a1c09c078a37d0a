"""What each event of the hub says in EPCIS 2.0 and CBV 2.0: one declaration per event class. Pure.

A declaration is a function that returns the members of the EPCIS event, or the reason why EPCIS has
no place for the event. A public event class without one is an error when this module is imported.
`mapping.py` reads the events again; docs/formats/epcis.md says what is lost on the way.
"""

from groupage.domain.catalogue import EVENTS
from groupage.domain.commands import Command
from groupage.domain.events import (
    consignment,
    consolidation,
    customs,
    equipment,
    planning,
    schedule,
    unit,
)
from groupage.domain.events.base import Event
from producers.epcis.own_cargo import (
    declare_announcement,
    declare_consignment_returned,
    declare_discrepancy,
    declare_hold_placed,
    declare_hold_released,
    declare_tally,
    declare_unit_loaded,
    declare_unit_measured,
    declare_unit_packed,
    declare_unit_received,
    declare_unit_unloaded,
    declare_unit_unpacked,
    declare_units_repacked,
    sighting_of_unit,
)
from producers.epcis.own_parts import Meaning
from producers.epcis.own_transport import (
    change_of_seal,
    decision_of_customs,
    declare_container_inspected,
    declare_container_sealed,
    declare_container_weighed,
    declare_customs_declared,
    declare_port_call,
    declare_stuffing,
    declare_truck_arrived,
    declare_vgm_verified,
    movement_of_leg,
    sighting_of_container,
)

_PAPER = "a paper about goods; EPCIS tells where things are and what happens to them"
_PLAN = "a plan or a schedule; EPCIS tells what has happened"
_DECISION = "a decision of people about goods that stay where they are"
_MEANINGS: dict[type[Event], Meaning | str] = {
    unit.UnitReceived: declare_unit_received,
    unit.UnitMeasured: declare_unit_measured,
    unit.UnitStored: sighting_of_unit("storing", "location"),
    unit.UnitMoved: sighting_of_unit("transporting", "location"),
    unit.UnitRepacked: declare_units_repacked,
    unit.UnitPacked: declare_unit_packed,
    unit.UnitUnpacked: declare_unit_unpacked,
    unit.UnitStaged: sighting_of_unit("staging_outbound", "door"),
    unit.UnitLoaded: declare_unit_loaded,
    unit.UnitUnloaded: declare_unit_unloaded,
    unit.UnitShipped: sighting_of_unit("shipping", "place", "in_transit"),
    consignment.ConsignmentBooked: _PAPER,
    consignment.ConsignmentAmended: _PAPER,
    consignment.ConsignmentAccepted: _PAPER,
    consignment.ConsignmentRejected: _PAPER,
    consignment.ConsignmentCancelled: _PAPER,
    consignment.ConsignmentReturned: declare_consignment_returned,
    consignment.ConsignmentSplit: _PAPER,
    consignment.ConsignmentNoted: _PAPER,
    consignment.AsnReceived: declare_announcement,
    consignment.ReceiptDiscrepancy: declare_discrepancy,
    consignment.DiscrepancyAccepted: _DECISION,
    consignment.TallyCompleted: declare_tally,
    consignment.RerateAccepted: _DECISION,
    consignment.HoldPlaced: declare_hold_placed,
    consignment.HoldReleased: declare_hold_released,
    consignment.DgDeclared: _PAPER,
    consignment.DgApproved: _DECISION,
    consignment.DgRejected: _DECISION,
    equipment.ContainerReleased: _PAPER,
    equipment.ContainerPickedUp: sighting_of_container("collecting"),
    equipment.ContainerGatedIn: sighting_of_container("arriving", at="place"),
    equipment.ContainerInspected: declare_container_inspected,
    equipment.ContainerSealed: declare_container_sealed,
    equipment.ContainerUnsealed: lambda event, _: change_of_seal(event, "DELETE", "removing"),
    equipment.ContainerResealed: lambda event, _: change_of_seal(event, "ADD", "replacing"),
    equipment.VgmVerified: declare_vgm_verified,
    equipment.ContainerGatedOut: sighting_of_container(
        "departing", "in_transit", consolidation=True
    ),
    equipment.ContainerWeighed: declare_container_weighed,
    equipment.ContainerMoved: sighting_of_container("transporting", at="place"),
    equipment.ContainerBooked: _PAPER,
    equipment.ContainerOnBoard: sighting_of_container("loading", "in_transit"),
    equipment.TruckArrived: declare_truck_arrived,
    customs.CustomsDeclared: declare_customs_declared,
    customs.CustomsSelected: decision_of_customs("set", "unavailable"),
    customs.CustomsReleased: decision_of_customs("unset", "unavailable"),
    customs.CustomsRejected: decision_of_customs("set", "non_conformant"),
    schedule.SailingPublished: _PLAN,
    schedule.SailingChanged: _PLAN,
    schedule.CarrierBookingConfirmed: _PAPER,
    schedule.CarrierBookingRolled: _PAPER,
    schedule.LegDeparted: movement_of_leg("departing", "in_transit"),
    schedule.LegArrived: movement_of_leg("arriving", "in_progress"),
    schedule.EtaUpdated: _PLAN,
    schedule.PortCallReported: declare_port_call,
    consolidation.ConsolidationOpened: _PLAN,
    consolidation.ConsolidationBooked: _PAPER,
    consolidation.ConsolidationFrozen: _PAPER,
    consolidation.ConsolidationUnfrozen: _PAPER,
    consolidation.StuffingStarted: declare_stuffing,
    consolidation.StuffingCompleted: declare_stuffing,
    consolidation.ConsolidationRolled: _PLAN,
    consolidation.ConsolidationBrokenUp: "its cartons are unloaded by events of their own",
    consolidation.ConsolidationCancelled: _PLAN,
    planning.PlanApproved: _PLAN,
    planning.PlanRejected: _PLAN,
}


def _complete() -> tuple[dict[str, Meaning], dict[str, str]]:
    """Divide the declarations by event name. Raises TypeError if one is missing."""
    public = {
        name: event
        for name, event in EVENTS.items()
        if not event.internal and not issubclass(event, Command)
    }
    missing = sorted(name for name, event in public.items() if event not in _MEANINGS)
    if missing:
        raise TypeError(
            f"no meaning in EPCIS is declared for {', '.join(missing)}: add the members of the "
            "event, or the reason why it has none"
        )
    declared = {name: _MEANINGS[event] for name, event in public.items()}
    return (
        {name: each for name, each in declared.items() if not isinstance(each, str)},
        {name: each for name, each in declared.items() if isinstance(each, str)},
    )


MEANINGS, WITHOUT_MEANING = _complete()
"""Declarations by event name; the reasons of events that have no meaning in EPCIS."""
TYPES = tuple(sorted(MEANINGS))
