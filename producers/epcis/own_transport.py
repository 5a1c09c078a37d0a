"""What the hub's events of containers, trucks, customs and ships say in EPCIS. Pure."""

from typing import Any

from groupage.domain.events import customs, equipment, schedule
from groupage.domain.own_urns import own_urn
from producers.epcis.own_parts import (
    Around,
    Meaning,
    Members,
    consignment_urns,
    container_epc,
    inside,
    measurement,
    objects,
    place,
    seal_urn,
    transactions,
)


def sighting_of_container(
    step: str, disposition: str = "", *, at: str = "", consolidation: bool = False
) -> Meaning:
    """Return the declaration of an event by which a container is seen."""

    def declare(event: Any, _: Around) -> Members:
        of = event.consolidation_id if consolidation else None
        return {
            **objects(step, [container_epc(event.equipment_ref)], disposition),
            **(place(getattr(event, at)) if at else {}),
            **transactions(consolidation=of, voyage=getattr(event, "voyage_id", None)),
        }

    return declare


def declare_container_inspected(event: equipment.ContainerInspected, _: Around) -> Members:
    """Declare whether a container is fit."""
    disposition = "conformant" if event.result == "fit" else "non_conformant"
    return objects("inspecting", [container_epc(event.equipment_ref)], disposition)


def change_of_seal(event: Any, action: str, step: str, disposition: str = "") -> Members:
    """Return the association of a seal with a container, or its end."""
    seals = [seal_urn(event.seal_no)] if event.seal_no else []
    members = inside("AssociationEvent", action, step, container_epc(event.equipment_ref), seals)
    return members | ({"disposition": disposition} if disposition else {})


def declare_container_sealed(event: equipment.ContainerSealed, _: Around) -> Members:
    """Declare that a container was shut and sealed."""
    return {
        **change_of_seal(event, "ADD", "installing", "container_closed"),
        **transactions(consolidation=event.consolidation_id),
    }


def declare_vgm_verified(event: equipment.VgmVerified, _: Around) -> Members:
    """Declare the verified gross mass, certified."""
    certificate = {"type": "cert", "bizTransaction": own_urn("vgm", event.equipment_ref)}
    named = transactions(consolidation=event.consolidation_id).get("bizTransactionList", [])
    return {
        **objects("inspecting", [container_epc(event.equipment_ref)]),
        "bizTransactionList": [certificate, *named],
        **measurement(size=None, gross_g=event.gross_g, device=event.device),
    }


def declare_container_weighed(event: equipment.ContainerWeighed, _: Around) -> Members | None:
    """Declare what a scale showed; None if nobody knows."""
    if event.gross_g is None:
        return None
    return {
        **objects("sensor_reporting", [container_epc(event.equipment_ref)]),
        **measurement(size=None, gross_g=event.gross_g),
    }


def declare_truck_arrived(event: equipment.TruckArrived, _: Around) -> Members:
    """Declare that the cargo of a truck is at the dock."""
    epcs = consignment_urns(event.consignment_ids) or [own_urn("visit", event.visit_id)]
    return {
        **objects("arriving", epcs),
        **place(event.dock),
        **transactions(visit=event.visit_id),
    }


# --- consolidations, customs, voyages -------------------------------------------------------------
def declare_stuffing(event: Any, around: Around) -> Members:
    """Declare that the crew loads the container, or has loaded it."""
    ref = getattr(event, "equipment_ref", "") or around.equipment_ref
    epc = container_epc(ref) if ref else own_urn("consolidation", event.consolidation_id)
    return {
        **objects("packing", [epc], "container_open"),
        **place(event.door),
        **transactions(consolidation=event.consolidation_id),
    }


def declare_customs_declared(event: customs.CustomsDeclared, _: Around) -> Members:
    """Declare which consignments a customs declaration covers."""
    return {
        "type": "TransactionEvent",
        "action": "ADD",
        **transactions(declaration=event.declaration_id),
        "epcList": consignment_urns(event.consignment_ids),
    }


def decision_of_customs(part: str, word: str) -> Meaning:
    """Return the declaration of an event by which customs hold or release what is declared."""

    def declare(event: Any, around: Around) -> Members:
        epcs = consignment_urns(around.consignment_ids)
        return {
            **objects("holding", epcs or [own_urn("declaration", event.declaration_id)]),
            "persistentDisposition": {part: [word]},
            **transactions(declaration=event.declaration_id),
        }

    return declare


def movement_of_leg(step: str, disposition: str) -> Meaning:
    """Return the declaration of an event by which the ship or train of a leg moves."""

    def declare(event: Any, _: Around) -> Members:
        return {
            **objects(step, [own_urn("voyage", event.voyage_id)], disposition),
            **place(event.place),
            **transactions(leg=event.leg_id),
        }

    return declare


def declare_port_call(event: schedule.PortCallReported, _: Around) -> Members:
    """Declare that a ship called at a port."""
    arrives = event.movement == "ARRIVED"
    return {
        **objects(
            "arriving" if arrives else "departing",
            [own_urn("voyage", event.voyage_id)],
            "" if arrives else "in_transit",
        ),
        **place(event.place),
    }
