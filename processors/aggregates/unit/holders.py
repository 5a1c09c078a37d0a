"""Which consignments get the facts that a unit keeps.

All facts belong to the owner. A consignment that owned the unit before keeps the facts of its time:
until it gave up its claim, or another one made a later claim that stands. That holds for claims to
the unit and for claims to the units that were repacked into it. A fact, its corrections
and its retractions go together, by the time of the one that is effective: a correction may move a
scan out of the time of a consignment.
"""

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

from groupage.domain.state.unit import UnitState
from processors.aggregates.unit.claims import ClaimSpan, real_claims


def shares(state: UnitState) -> Iterator[tuple[str, str]]:
    """Yield (consignment, fact id) of each fact that a consignment gets."""
    if not state.owner_id or not state.waiting_facts:
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
    if len(state.claims) + len(state.inherited_claims) < 2:
        return []
    spans = real_claims(state)
    until: dict[str, datetime] = {}
    for span in spans:
        if span.owner_id == state.owner_id:
            continue
        succeeded_at = _succeeded_at(span, spans)
        if span.repacked_at is not None and succeeded_at and succeeded_at <= span.begins_at:
            continue  # the newer claim was there before the repack: this one never owned the unit
        ends_at = min((at for at in (span.ended_at, succeeded_at) if at), default=span.begins_at)
        until[span.owner_id] = max(ends_at, until.get(span.owner_id, ends_at))
    return list(until.items())


def _succeeded_at(span: ClaimSpan, spans: list[ClaimSpan]) -> datetime | None:
    """Return when newer claims, one of which stands, took the unit from that one; None: none did.

    Whether a claim ends, because its consignment was cancelled, may depend on facts from before
    that time. So the consignment keeps all that it would have if the claim had not ended: here
    only the ends of newer claims count.
    """
    newer = [each for each in spans if each.owner_id != span.owner_id and each[:2] > span[:2]]
    standing = [each.begins_at for each in newer if each.ended_at is None]
    if not standing:
        return None
    at = min(standing)
    # Until then, newer claims may have owned it that have ended since; in between, this one did.
    for each in sorted(newer, key=attrgetter("begins_at"), reverse=True):
        if each.ended_at is not None and each.begins_at < at <= each.ended_at:
            at = each.begins_at
    return at


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
