"""The claims of consignments to a unit: their own, and those to the units that it was made of.

The newest claim that has not ended owns the unit; without any, the newest that there was.
"""

from datetime import datetime
from typing import NamedTuple

from groupage.domain.state.unit import InheritedClaim, UnitState


class ClaimSpan(NamedTuple):
    """A claim that was made and not withdrawn; newer claims are greater."""

    announced_at: datetime
    owner_id: str
    begins_at: datetime
    """Since when it counts: a claim to an input of a repack, since the repack."""
    ended_at: datetime | None
    repacked_at: datetime | None = None
    """The time of the repack that it comes from; None: it is a claim to this unit itself."""


def real_claims(state: UnitState) -> list[ClaimSpan]:
    """Return the claims that were made and not withdrawn."""
    own = [
        ClaimSpan(claim.announced_at, name, claim.announced_at, claim.ended_at)
        for name, claim in state.claims.items()
        if not claim.withdrawn
    ]
    if not state.inherited_claims:
        return own
    return own + [
        ClaimSpan(
            each.announced_at,
            each.owner_id,
            max(each.announced_at, each.repacked_at),
            each.ended_at,
            each.repacked_at,
        )
        for each in state.inherited_claims
    ]


def claims_to_pass_on(state: UnitState, ceased_at: datetime) -> dict[str, ClaimSpan]:
    """Return the newest claim of each consignment to a unit that was repacked at that time.

    Where a label is used again, the unit comes from a later repack than its own: such a claim is to
    the new unit only. Else two units that were made of one another would keep a claim alive that
    nobody makes any more.
    """
    newest: dict[str, ClaimSpan] = {}
    for span in real_claims(state):
        if span.repacked_at is not None and span.repacked_at > ceased_at:
            continue
        known = newest.get(span.owner_id)
        if known is None or _rank(known) < _rank(span):
            newest[span.owner_id] = span
    return newest


def _rank(span: ClaimSpan) -> tuple[datetime, str, bool]:
    return (span.announced_at, span.owner_id, span.ended_at is None)


def find_owner(state: UnitState) -> tuple[datetime | None, str]:
    """Return (since when, consignment) of the claim that owns the unit; empty: nobody claims it."""
    if len(state.claims) == 1 and not state.inherited_claims:  # for speed: nearly every unit
        ((name, claim),) = state.claims.items()
        return (None, "") if claim.withdrawn else (claim.announced_at, name)
    spans = real_claims(state)
    standing = [span for span in spans if span.ended_at is None]
    owners = [(span.announced_at, span.owner_id) for span in standing or spans]
    return max(owners, default=(None, ""))


def inherited_order(claim: InheritedClaim) -> tuple[datetime, str, datetime, str]:
    """Return the sort key of inherited claims: oldest first, whatever order they came in."""
    ended = "" if claim.ended_at is None else claim.ended_at.isoformat()
    return (claim.announced_at, claim.owner_id, claim.repacked_at, ended)
