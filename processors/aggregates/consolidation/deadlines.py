"""Cut-offs of a consolidation: ahead, at risk, met or missed. Functions of facts and clock.

LCO all cargo received · DCO, AFC manifest filed · VCO gross mass verified
CUA all released by customs · PCO (else FCO) left the hub, a haul before the terminal's deadline
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from groupage.domain.events.consolidation import ConsignmentSnapshot
from groupage.domain.policy import Policy
from groupage.domain.state.consolidation import ConsolidationState, CutoffWatch
from processors.aggregates.consolidation.guards import port_due_at

_TICK = timedelta(microseconds=1)
_OF_MEMBERS = frozenset({"LCO", "CUA"})


def watch(state: ConsolidationState, policy: Policy) -> None:
    """Which deadlines there are and which are met; how the others stand is for `observe`."""
    state.cutoffs = {}
    voyage = state.voyage
    if voyage is None or not state.member_ids or state.over:
        return
    members = {name: state.members.get(name) for name in state.member_ids}
    filed_at = state.manifest.filed_at if state.manifest is not None else None
    closes_at = next((each.due_at for each in voyage.cutoffs if each.code == "LCO"), None)
    container = state.container
    for cutoff in voyage.cutoffs:
        match cutoff.code:
            case "LCO":
                seen = _of_members(cutoff.due_at, members, lambda member: member.received_at)
                seen.projected_at = _projected(members)
            case "CUA":
                seen = _of_members(cutoff.due_at, members, lambda member: member.released_at)
            case "DCO" | "AFC":
                seen = CutoffWatch(due_at=cutoff.due_at, met_at=filed_at, begins_at=closes_at)
            case "VCO":
                seen = CutoffWatch(
                    due_at=cutoff.due_at, met_at=container.vgm_at if container else None
                )
            case _:
                continue
        state.cutoffs[cutoff.code] = seen
    due_at = port_due_at(state, policy)
    if due_at is not None:
        state.cutoffs["PCO"] = CutoffWatch(due_at=due_at, met_at=state.gated_out_at)
    for seen in state.cutoffs.values():
        if seen.met_at is not None:
            seen.state = "met" if seen.met_at <= seen.due_at else "missed"


def _of_members(
    due_at: datetime,
    members: dict[str, ConsignmentSnapshot | None],
    when: Callable[[ConsignmentSnapshot], datetime | None],
) -> CutoffWatch:
    times = {name: None if member is None else when(member) for name, member in members.items()}
    known = {name: at for name, at in times.items() if at is not None}
    met_at = max(known.values()) if len(known) == len(times) else None
    waits_for = tuple(
        sorted(name for name in times.keys() - known.keys() if members[name] is not None)
    )
    return CutoffWatch(due_at=due_at, met_at=met_at, waits_for=waits_for)


def _projected(members: dict[str, ConsignmentSnapshot | None]) -> datetime | None:
    """When the last cargo that is not here is expected."""
    return max(
        (member.expected_at for member in members.values() if member and member.expected_at),
        default=None,
    )


def on_clock(state: ConsolidationState, policy: Policy, clock_at: datetime) -> None:
    """Missed: the deadline passed unmet. At risk: it is near, or the cargo is expected too late."""
    for code, seen in state.cutoffs.items():
        if seen.met_at is not None:
            continue
        if seen.due_at < clock_at:
            seen.state = "missed"
        elif not _unheard(code, seen) and clock_at >= _risk_from(seen, policy):
            seen.state = "at_risk"
        else:
            seen.state = "ahead"


def _unheard(code: str, seen: CutoffWatch) -> bool:
    """Members were planned into it just now, and their word is on its way: no reason to warn."""
    return code in _OF_MEMBERS and not seen.waits_for


def _risk_from(seen: CutoffWatch, policy: Policy) -> datetime:
    if seen.projected_at is not None and seen.projected_at > seen.due_at:
        return datetime.min.replace(tzinfo=seen.due_at.tzinfo)
    warned_at = seen.due_at - timedelta(seconds=policy.at_risk_before_s)
    if seen.begins_at is None or seen.begins_at >= seen.due_at:
        return warned_at
    return max(warned_at, seen.begins_at + (seen.due_at - seen.begins_at) / 2)


def known_at(seen: CutoffWatch, policy: Policy, *, changed_at: datetime) -> datetime:
    """Since when it can be known how the cut-off stands: a time to publish, never ahead of a clock.

    The clock tells it at a certain time, unless the owner's last fact (`changed_at`) came later; of
    cargo that is expected too late the fact alone tells it.
    """
    if seen.state == "missed":
        return max(seen.due_at, changed_at)
    if seen.projected_at is not None and seen.projected_at > seen.due_at:
        return changed_at
    return max(_risk_from(seen, policy), changed_at)


def dead_freight_cm3(state: ConsolidationState, policy: Policy) -> int:
    """What was booked on the voyage and stays empty, given up too late to be sold again.

    Zero before that threshold, and for what was never booked or held nothing.
    """
    voyage, ended_at = state.voyage, state.ended_at
    if voyage is None or ended_at is None or not state.over or state.booked_at is None:
        return 0
    due_at = next((each.due_at for each in voyage.cutoffs if each.code == "LCO"), None)
    if due_at is None or ended_at <= due_at - timedelta(seconds=policy.dead_freight_notice_s):
        return 0
    return state.planned_volume_cm3


def deadline(state: ConsolidationState, policy: Policy) -> datetime | None:
    """The next instant that changes a cut-off's standing."""
    nexts = []
    for code, seen in state.cutoffs.items():
        if seen.state == "ahead" and not _unheard(code, seen):
            nexts.append(max(_risk_from(seen, policy), _floor(seen)))
        elif seen.state in ("ahead", "at_risk"):
            nexts.append(seen.due_at + _TICK)
    return min(nexts, default=None)


def _floor(seen: CutoffWatch) -> datetime:
    """A time that every clock has passed, which a database can hold."""
    return datetime(2000, 1, 1, tzinfo=seen.due_at.tzinfo)
