"""By when a container must be stuffed and leave the hub for the terminal's cut-off (PCO, FCO).

Carriers change cut-offs, and a consolidation may be rolled to another voyage, after its cargo was
loaded and its container has left. What was in time by the cut-offs of its moment, or by later ones,
stays so.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from groupage.domain.events.consignment import EarlierDoors
from groupage.domain.events.schedule import Cutoff, EarlierCutoffs
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.consolidation import ConsolidationState


def port_due_at(
    state: ConsolidationState, policies: PolicyHistory, *, left_at: datetime | None
) -> datetime | None:
    """Return when the container must leave the hub to make the terminal's cut-off (PCO or FCO).

    Once it has left, the policy of that moment counts.
    """
    if left_at is None:
        due_at = _terminal_due_at(state)
        if due_at is None:
            return None
        return policies.first_instant(lambda policy: due_at - timedelta(seconds=policy.haul_s))
    due = [_due_of(each.cutoffs) for each in _earlier_cutoffs(state) if left_at < each.until_at]
    due.append(_terminal_due_at(state))
    known = [at for at in due if at is not None]
    if len(known) < len(due):
        return None
    return max(known) - timedelta(seconds=policies.at(left_at).haul_s)


def door_close_at(state: ConsolidationState, policies: PolicyHistory) -> datetime | None:
    """Return when stuffing must end."""
    return _door_close_at(_terminal_due_at(state), policies)


def earlier_doors(state: ConsolidationState, policies: PolicyHistory) -> Iterator[EarlierDoors]:
    """Yield when stuffing had to end before the cut-offs or the voyage changed, oldest first."""
    for earlier in _earlier_cutoffs(state):
        close_at = _door_close_at(_due_of(earlier.cutoffs), policies)
        yield EarlierDoors(until_at=earlier.until_at, close_at=close_at)


def _door_close_at(due_at: datetime | None, policies: PolicyHistory) -> datetime | None:
    if due_at is None:
        return None
    return policies.first_instant(
        lambda policy: due_at - timedelta(seconds=policy.door_close_before_gate_in_s)
    )


def _earlier_cutoffs(state: ConsolidationState) -> list[EarlierCutoffs]:
    """Return the cut-offs before the present ones; the voyage before a roll leaves none."""
    earlier = [] if state.voyage is None else list(state.voyage.earlier_cutoffs)
    rolled_at = state.rolled_at
    if rolled_at is None:
        return earlier
    before = EarlierCutoffs(until_at=rolled_at, cutoffs=())
    return [before, *(each for each in earlier if each.until_at > rolled_at)]


def _terminal_due_at(state: ConsolidationState) -> datetime | None:
    return _due_of(state.voyage.cutoffs if state.voyage else ())


def _due_of(cutoffs: Iterable[Cutoff]) -> datetime | None:
    due_by_code = {cutoff.code: cutoff.due_at for cutoff in cutoffs}
    return due_by_code.get("PCO") or due_by_code.get("FCO")
