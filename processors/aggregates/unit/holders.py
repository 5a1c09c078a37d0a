"""Which consignments get the facts that a unit keeps.

All facts belong to the owner. A consignment that owned the unit before keeps the facts of its time:
until it gave up its claim, or another one made a later claim. A fact, its corrections and its
retractions go together, by the time of the one that is effective: a correction may move a scan out
of the time of a consignment.
"""

from collections.abc import Iterator
from datetime import datetime

from groupage.domain.state.unit import UnitState
from processors.aggregates.unit.handlers import real_claims


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
    """Return the consignments that owned it before, and until when."""
    claims = real_claims(state)
    claimed_at = [claim.announced_at for claim in claims.values()]
    if state.inherited_claim is not None:
        claimed_at.append(state.inherited_claim[0])
    former = []
    for name, claim in claims.items():
        if name != state.owner_id:
            ends = [at for at in claimed_at if at > claim.announced_at]
            if claim.ended_at is not None:
                ends.append(claim.ended_at)
            former.append((name, min(ends, default=claim.announced_at)))
    return former


def _effective_times(state: UnitState) -> list[tuple[str, datetime]]:
    """Return each fact that leads to an effective one, and the time of that."""
    target_of = {each.fact_id: each.corrects for each in state.waiting_facts if each.corrects}

    def first_of(fact_id: str) -> str:
        seen = {fact_id}
        while (target := target_of.get(fact_id)) is not None and target not in seen:
            seen.add(target)
            fact_id = target
        return fact_id

    effective_at = {
        first_of(each.fact_id): each.at for each in state.waiting_facts if each.effective
    }
    return [
        (each.fact_id, at)
        for each in state.waiting_facts
        if (at := effective_at.get(first_of(each.fact_id))) is not None
    ]
