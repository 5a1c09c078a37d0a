"""Cut-offs of a consolidation: ahead, at risk, met or missed, by facts and clock.

LCO all cargo received · DCO, AFC manifest filed · VCO gross mass verified
CUA all released by customs · PCO (else FCO) left the hub, a haul before the terminal's deadline
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from groupage.domain.dead_freight import Threshold, threshold_ahead, threshold_of
from groupage.domain.events.consolidation import ConsignmentSnapshot, VoyageSnapshot
from groupage.domain.events.schedule import Cutoff
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.consolidation import ConsolidationState, CutoffWatch
from processors.aggregates.consolidation.terminal import port_due_at

_TICK = timedelta(microseconds=1)
_OF_MEMBERS = frozenset({"LCO", "CUA"})


def derive(state: ConsolidationState, policies: PolicyHistory) -> None:
    """Derive the list of cut-offs and which are met; `on_clock` decides how the others stand."""
    state.cutoffs = {}
    voyage = state.voyage
    if voyage is None or not state.member_ids or state.over:
        return
    for cutoff in voyage.cutoffs:
        watched = _watch(state, cutoff, voyage)
        if watched is not None:
            state.cutoffs[cutoff.code] = watched
    due_at = port_due_at(state, policies, left_at=state.gated_out_at)
    if due_at is not None:
        state.cutoffs["PCO"] = CutoffWatch(due_at=due_at, met_at=state.gated_out_at)
    for watched in state.cutoffs.values():
        if watched.met_at is not None:
            watched.state = "met" if watched.met_at <= watched.due_at else "missed"


def _watch(state: ConsolidationState, cutoff: Cutoff, voyage: VoyageSnapshot) -> CutoffWatch | None:
    """Return how a cut-off is met; None: nobody watches it, or nothing is in the consolidation."""
    due_at = cutoff.due_at
    if cutoff.code in _OF_MEMBERS:
        members = {
            name: member
            for name in state.member_ids
            if (member := state.find_member(name)) is not None
        }
        if not members:
            return None
        if cutoff.code == "CUA":
            return _of_members(due_at, members, lambda member: member.released_at)
        watched = _of_members(due_at, members, lambda member: member.received_at)
        watched.projected_at = _expected_at(members)
        return watched
    if cutoff.code in ("DCO", "AFC"):
        filed_at = state.manifest.filed_at if state.manifest is not None else None
        closes_at = next((each.due_at for each in voyage.cutoffs if each.code == "LCO"), None)
        return CutoffWatch(due_at=due_at, met_at=filed_at, begins_at=closes_at)
    if cutoff.code == "VCO":
        return CutoffWatch(
            due_at=due_at, met_at=state.container.vgm_at if state.container else None
        )
    return None


def _of_members(
    due_at: datetime,
    members: dict[str, ConsignmentSnapshot],
    when: Callable[[ConsignmentSnapshot], datetime | None],
) -> CutoffWatch:
    known = {name: at for name, member in members.items() if (at := when(member)) is not None}
    waits_for = tuple(sorted(members.keys() - known.keys()))
    met_at = None if waits_for else max(known.values())
    return CutoffWatch(due_at=due_at, met_at=met_at, waits_for=waits_for)


def _expected_at(members: dict[str, ConsignmentSnapshot]) -> datetime | None:
    """Return when the last missing cargo is expected."""
    return max(
        (member.expected_at for member in members.values() if member.expected_at),
        default=None,
    )


def on_clock(state: ConsolidationState, policies: PolicyHistory, clock_at: datetime) -> None:
    """Decide: missed is past and unmet; at risk is near, or its cargo is expected too late."""
    for watched in state.cutoffs.values():
        if watched.met_at is not None:
            continue
        if watched.due_at < clock_at:
            watched.state = "missed"
        elif clock_at >= _at_risk_from(watched, policies):
            watched.state = "at_risk"
        else:
            watched.state = "ahead"


def _at_risk_from(watched: CutoffWatch, policies: PolicyHistory) -> datetime:
    if watched.projected_at is not None and watched.projected_at > watched.due_at:
        return datetime.min.replace(tzinfo=watched.due_at.tzinfo)
    warned_at = policies.first_instant(
        lambda policy: watched.due_at - timedelta(seconds=policy.at_risk_before_s)
    )
    if watched.begins_at is None or watched.begins_at >= watched.due_at:
        return warned_at
    return max(warned_at, watched.begins_at + (watched.due_at - watched.begins_at) / 2)


def standing_since(
    watched: CutoffWatch, policies: PolicyHistory, *, changed_at: datetime
) -> datetime:
    """Return since when the cut-off stands so: a time to publish, never ahead of the clock.

    The clock decides it, unless the consolidation's last fact (`changed_at`) came later; for cargo
    that is expected too late the fact alone decides.
    """
    if watched.state == "missed":
        return max(watched.due_at, changed_at)
    if watched.projected_at is not None and watched.projected_at > watched.due_at:
        return changed_at
    return max(_at_risk_from(watched, policies), changed_at)


def derive_dead_freight(state: ConsolidationState, policies: PolicyHistory) -> None:
    """Derive from when on giving up its space costs dead freight: the threshold, by its LCO."""
    threshold = dead_freight_threshold(state, policies)
    state.dead_freight_from = None if threshold is None else threshold.at
    state.dead_freight_provisional = "" if threshold is None else threshold.why_provisional


def dead_freight_threshold(state: ConsolidationState, policies: PolicyHistory) -> Threshold | None:
    """Return the threshold; None while no LCO is known, and once the container has left."""
    cutoffs = () if state.voyage is None else state.voyage.cutoffs
    due_at = next((each.due_at for each in cutoffs if each.code == "LCO"), None)
    if due_at is None or state.gated_out_at is not None:
        return None
    if state.over and state.ended_at is not None:
        return threshold_of(policies, due_at, given_up_at=state.ended_at)
    return threshold_ahead(policies, due_at)


def dead_freight_cm3(state: ConsolidationState) -> int:
    """Return the booked volume that was given up too late for the carrier to sell again.

    0 before that threshold, and if nothing was booked or planned.
    """
    given_up_at, threshold_at = state.ended_at, state.dead_freight_from
    if not state.over or state.booked_at is None or given_up_at is None or threshold_at is None:
        return 0
    return state.planned_volume_cm3 if given_up_at > threshold_at else 0


def deadline(state: ConsolidationState, policies: PolicyHistory) -> datetime | None:
    """Return the next instant at which a cut-off changes its standing."""
    instants = []
    for watched in state.cutoffs.values():
        if watched.state == "ahead":
            instants.append(max(_at_risk_from(watched, policies), _long_ago(watched)))
        elif watched.state in ("ahead", "at_risk"):
            instants.append(watched.due_at + _TICK)
    return min(instants, default=None)


def _long_ago(watched: CutoffWatch) -> datetime:
    """Return an instant in the past that PostgreSQL can store."""
    return datetime(2000, 1, 1, tzinfo=watched.due_at.tzinfo)
