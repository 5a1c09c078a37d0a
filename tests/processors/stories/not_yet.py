"""What stories leave out and comparisons skip for now, because of faults that are known.

Take an entry out together with its fault. test_known_faults.py has the smallest story of each.
"""

from collections.abc import Mapping
from types import MappingProxyType

from groupage.domain.events.base import Event

_COMMANDS = "the event that carries out a command is not taken back with the command"
_EXIT = "a consolidation judges its cut-offs by the last figures of consignments that left"
_UNIT = "a unit keeps the claim of a consignment that has ended it"
_CONTAINER = "the consolidation keeps the snapshot of a container that no longer names it"
_CONSOLIDATION = "voyage, container and lane keep what the consolidation no longer says"

NOT_YET: Mapping[str, str] = MappingProxyType(
    {
        "plan.proposed": "messages of a plan that comes late keep the time of a later one",
        "plan.asked": "as above",
        "plan.approved": "what the plan opened and allocated is not taken back with its approval",
        "command.accept_plan": _COMMANDS,
        "command.reject_plan": _COMMANDS,
        "command.pin": _COMMANDS,
        "command.forbid": _COMMANDS,
        "command.roll": _COMMANDS,
        "command.hold": _COMMANDS,
        "command.release": _COMMANDS,
        "command.unfreeze": _COMMANDS,
        "truck.arrived": "the consignment keeps an arrival that was retracted",
        "customs.released": "a change of the time alone is not published",
        "customs.selected": "as above",
        "customs.rejected": "as above",
        "sailing.published": "the consolidation keeps a voyage that was never published",
        "consignment.booked": _EXIT,
        "consignment.cancelled": _EXIT,
        "consignment.rejected": _EXIT,
        "consignment.returned": _EXIT,
        "consignment.split": _EXIT,
        "asn.received": _UNIT,
        "unit.received": _UNIT,
        "unit.measured": _UNIT,
        "unit.repacked": "the other units of a repack keep it",
        "container.released": _CONTAINER,
        "container.sealed": _CONTAINER,
        "container.gated_out": _CONTAINER,
        "vgm.verified": _CONTAINER,
        "consolidation.opened": _CONSOLIDATION,
        "consolidation.frozen": _CONSOLIDATION,
        "consolidation.rolled": _CONSOLIDATION,
        "consolidation.cancelled": _CONSOLIDATION,
        "consolidation.broken_up": _CONSOLIDATION,
    }
)
"""Names of events that no story delays, corrects, retracts or puts into a correction."""

FIELDS_NOT_YET: Mapping[str, str] = MappingProxyType(
    {
        "consignment.consolidations": "snapshots of consolidations that it left are of any age",
        "consolidation.members": "members that left before their first snapshot are missing",
        "consolidation.containers": _CONTAINER,
        "consolidation.voyages": "snapshots of voyages that it left are of any age",
        "lane.closed_at": "a closing that is not true any more stays, with all that it ended",
        "lane.assignments": "as above",
        "lane.open_consolidations": "as above",
        "lane.pins": "as above",
        "lane.pins_ended_at": "as above",
    }
)
"""Fields that are not compared."""


def is_excluded(event: Event) -> bool:
    """Tell whether stories leave the event as it is, and in time."""
    return event.name in NOT_YET
