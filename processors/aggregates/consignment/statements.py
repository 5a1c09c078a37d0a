"""Who states that the consignment has a unit: its own senders, or a fact that a unit forwarded.

A unit forwards facts because of a claim, and the consignment claims what its own senders state.
Were the two confused, a claim would rest on itself, or claims would come and go in circles.
"""

from groupage.domain.state.consignment import ConsignmentState, UnitPart
from processors.kernel.corrections import Entry


def note_forwarded(state: ConsignmentState, entry: Entry, *unit_ids: str) -> None:
    """Note that a forwarded fact received or made the units, unless an own sender stated them."""
    if entry.fact.relayed_by is not None:
        if state.forwarded is None:
            state.forwarded = {}
        for unit_id in unit_ids:
            state.forwarded.setdefault(unit_id, None)


def note_own_statement(state: ConsignmentState, entry: Entry, *unit_ids: str) -> None:
    """Note that the consignment's own sender states again what a forwarded fact has stated.

    Its claim to the units rests on this statement. Were it forgotten, the claim would end, the
    unit would withdraw the forwarded fact, the statement would count again, and so on in circles.
    """
    if state.forwarded is None or entry.fact.relayed_by is not None:
        return
    at = entry.fact.occurred_at
    for unit_id in unit_ids:
        if unit_id in state.forwarded:
            state.forwarded[unit_id] = min(at, state.forwarded[unit_id] or at)


def note_rejected_statement(state: ConsignmentState, entry: Entry, *unit_ids: str) -> None:
    """Note units that the consignment's own sender reports in an event that is rejected.

    They are claimed like others. The claim brings older facts, and whether the event is rejected,
    after an exit or because of what was received or repacked before, may depend on these: a claim
    that depended on that would come and go in circles.
    """
    if entry.fact.relayed_by is not None:
        return
    at = entry.fact.occurred_at
    for unit_id in unit_ids:
        part = state.units.setdefault(unit_id, UnitPart(line=-1))
        if part.received_at is None:
            if state.forwarded is None:
                state.forwarded = {}
            state.forwarded[unit_id] = min(at, state.forwarded.get(unit_id) or at)
    note_own_statement(state, entry, *unit_ids)


def is_stated(state: ConsignmentState, unit_id: str) -> bool:
    """Tell whether the consignment's own senders say that it has the unit.

    A forwarded fact does not count: the unit forwards it because of a claim that may rest on this
    very repack.
    """
    part = state.units.get(unit_id)
    if part is None:
        return False
    if part.line >= 0 or part.gone:
        return True
    forwarded_only = state.forwarded is not None and state.forwarded.get(unit_id, part) is None
    return part.received_at is not None and not forwarded_only
