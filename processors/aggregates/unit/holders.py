"""Which consignments get the facts that a unit keeps.

All facts belong to the owner. A consignment that owned the unit before keeps the facts of its time:
until it gave up its claim, or another one made a later claim that stands. A fact, its corrections
and its retractions go together, by the time of the one that is effective: a correction may move a
scan out of the time of a consignment.
"""

from collections.abc import Iterator
from datetime import datetime

from groupage.domain.state.unit import UnitState
from processors.aggregates.unit.handlers import active_claims, real_claims


def shares(state: UnitState) -> Iterator[tuple[str, str]]:
    """Yield (consignment, fact id) of each fact that a consignment gets."""
    if not state.owner_id:
        return
    for waiting in state.waiting_facts:
        yield state.owner_id, waiting.fact_id
    former = _former_holders(state)
    if former:
        times = _effective_times(state)
        for name, until_at in former:
            for fact_id, at in times:
                if at < until_at:
                    yield name, fact_id


def _former_holders(state: UnitState) -> list[tuple[str, datetime]]:
    """Return the consignments that owned it before, and until when.

    Whether a claim ends, because its consignment was cancelled, may depend on facts from before
    that time. So the consignment keeps all that it would have if the claim had not ended.
    """
    claims = real_claims(state)
    all_claims = [(claim.announced_at, name) for name, claim in claims.items()]
    active = active_claims(state)
    if state.inherited_claim is not None:
        all_claims.append(state.inherited_claim)
        active.append(state.inherited_claim)
    newest = max(active, default=None)
    former = []
    for name, claim in claims.items():
        if name == state.owner_id:
            continue
        own = (claim.announced_at, name)
        ends = [] if claim.ended_at is None else [claim.ended_at]
        if newest is not None and newest > own:
            ends += [at for at, other in all_claims if (at, other) > own]
        former.append((name, min(ends, default=claim.announced_at)))
    return former


def _effective_times(state: UnitState) -> list[tuple[str, datetime]]:
    """Return each fact, and the time of the effective one that it leads to.

    If that is retracted, the oldest time counts: were the facts withdrawn one by one, the fact
    might be without its retraction for a moment, and the claim to the unit would come back.
    """
    target_of = {each.fact_id: each.corrects for each in state.waiting_facts if each.corrects}

    def first_of(fact_id: str) -> str:
        seen = {fact_id}
        while (target := target_of.get(fact_id)) is not None and target not in seen:
            seen.add(target)
            fact_id = target
        return fact_id

    first_by_fact = {each.fact_id: first_of(each.fact_id) for each in state.waiting_facts}
    time_of: dict[str, datetime] = {}
    for each in state.waiting_facts:  # the oldest first
        time_of.setdefault(first_by_fact[each.fact_id], each.at)
    for each in state.waiting_facts:
        if each.effective:
            time_of[first_by_fact[each.fact_id]] = each.at
    return [(fact_id, time_of[first]) for fact_id, first in first_by_fact.items()]
