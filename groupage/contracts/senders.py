"""Who sends which events, in the words of the trade: for people who look for their part."""

from groupage.contracts.provenance import OWN_EVENTS
from groupage.domain.events.base import AggregateKind, Event

HUB = "the hub"
_WAREHOUSE = "warehouse system (WMS)"
_BOOKING = "booking system"
_OF_KIND: dict[AggregateKind, str] = {
    "consignment": _BOOKING,
    "unit": _WAREHOUSE,
    "container": "yard or depot system",
    "visit": "gate or yard system",
    "declaration": "customs broker",
    "voyage": "carrier",
    "consolidation": "the forwarder's operations desk",
    "command": "dispatcher",
}
_OF_EVENT = {
    "consignment.returned": _WAREHOUSE,
    "asn.received": "shipper, or booking system",
    "receipt.discrepancy": _WAREHOUSE,
    "tally.completed": _WAREHOUSE,
    "hold.placed": "any system that may stop cargo",
    "hold.released": "any system that may stop cargo",
    "dg.approved": "dangerous goods desk",
    "dg.rejected": "dangerous goods desk",
    "unit.measured": "measuring device, or warehouse system",
    "unit.shipped": "EPCIS system",
    "container.booked": "carrier",
    "container.on_board": "carrier",
    "vgm.verified": "weighbridge, or the forwarder's operations desk",
    "stuffing.started": _WAREHOUSE,
    "stuffing.completed": _WAREHOUSE,
}


def usual_sender(event: type[Event]) -> str:
    """Return the system or person that usually sends the event: the hub does not check it."""
    if event in OWN_EVENTS:
        return HUB
    return _OF_EVENT.get(event.name) or _OF_KIND[event.kind]
