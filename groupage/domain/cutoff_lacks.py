"""What is missing for a cut-off at risk or missed, and whose consignments lack it."""

from typing import NamedTuple

from groupage.domain.events.schedule import Cutoff
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.words import join_names, when

_OF_CONTAINER = {
    "DCO": "no manifest is filed",
    "AFC": "no manifest is filed",
    "VCO": "the gross mass is not verified",
    "PCO": "the container has not left the hub",
}
_OF_CONSIGNMENTS = {"LCO": "not received", "CUA": "not released by customs"}
_NAMED_MAX = 5


class Lack(NamedTuple):
    """Something that is missing."""

    what: str
    consignment_ids: tuple[str, ...]
    """The consignments that lack it; empty: it is a matter of the whole container."""

    def __str__(self) -> str:
        if not self.consignment_ids:
            return self.what
        return f"{self.what}: {join_names(self.consignment_ids, _NAMED_MAX)}"


def terminal_cutoff(state: ConsolidationState, code: str) -> Cutoff | None:
    """Return the terminal's cut-off for which the hub's deadline is the departure from the hub.

    The hub watches when the container must leave, a haul before the terminal's PCO or FCO. None:
    the cut-off has one time only.
    """
    if code != "PCO" or state.voyage is None:
        return None
    by_code = {cutoff.code: cutoff for cutoff in state.voyage.cutoffs}
    return by_code.get("PCO") or by_code.get("FCO")


def deadline_text(state: ConsolidationState, code: str) -> str:
    """``DCO at 2026-03-02 07:00Z``; ``leaving the hub by … for PCO at …``."""
    due_at, terminal = state.cutoffs[code].due_at, terminal_cutoff(state, code)
    if terminal is None:
        return f"{code} at {when(due_at)}"
    return f"leaving the hub by {when(due_at)} for {terminal.code} at {when(terminal.due_at)}"


def lacks_of(state: ConsolidationState, code: str) -> tuple[Lack, ...]:
    """List what is missing for the cut-off.

    A manifest, a gross mass and a departure wait for cargo and release of the consignments, and for
    the end of holds, too: these stand after them.
    """
    if (met_at := state.cutoffs[code].met_at) is not None:
        return (Lack(f"met too late, at {when(met_at)}", ()),)
    of_container = code in _OF_CONTAINER
    lacks = [Lack(_OF_CONTAINER[code], ())] if of_container else []
    for of_members, what in _OF_CONSIGNMENTS.items():
        watched = state.cutoffs.get(of_members)
        if watched is not None and watched.waits_for and (of_container or of_members == code):
            lacks.append(Lack(what, watched.waits_for))
    if of_container and (held := _held(state)):
        lacks.append(Lack("held", held))
    return tuple(lacks)


def _held(state: ConsolidationState) -> tuple[str, ...]:
    members = {name: state.find_member(name) for name in state.member_ids}
    return tuple(sorted(name for name, member in members.items() if member and member.blocked))
