"""The outputs of a unit: facts for its consignment, messages for the units of a repack, alerts."""

from datetime import datetime

from groupage.domain.codes import AlertCode
from groupage.domain.events import unit as events
from groupage.domain.state.unit import UnitState
from groupage.domain.words import cut, when
from processors.aggregates.unit.claims import claims_to_pass_on
from processors.aggregates.unit.holders import shares
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.outputs import ForwardedFact, Output, Publication


def outputs(state: UnitState) -> dict[str, Publication]:
    """List the publications that hold now, by output id."""
    published = rejection_alerts("unit", state) if state.rejected else {}
    if state.waiting_facts:
        may_return = state.fact_count - len(state.waiting_facts) > 1
        for name, fact_id in shares(state):
            published[f"forward:{name}:{fact_id}"] = ForwardedFact(fact_id, name, may_return)
    if state.owner_id and state.ceased_at is not None:
        published.update(_announcements(state, state.ceased_at))
    if state.repack is not None:
        published.update(_repacks(state, *state.repack))
    if len(state.claims) > 1:
        published.update(_dispute(state))
    return published


def _announcements(state: UnitState, ceased_at: datetime) -> dict[str, Publication]:
    """Pass all claims on to the units of its repack.

    The owner may change later, and a former owner keeps the facts of its time.
    """
    published: dict[str, Publication] = {}
    for owner_id, claim in claims_to_pass_on(state, ceased_at).items():
        owns = owner_id == state.owner_id
        for name in state.repacked_into:
            announced = events.UnitAnnounced(
                unit_id=name,
                owner_id=owner_id,
                announced_at=claim.announced_at,
                ended=claim.ended_at is not None,
                ended_at=claim.ended_at,
            )
            # Release 0.2.0 published the owner's claim alone, under this id: replace its message.
            output_id = f"announce:{name}" if owns else f"announce:{name}:{owner_id}"
            published[output_id] = Output(announced, ceased_at)
    return published


def _dispute(state: UnitState) -> dict[str, Publication]:
    """Alert that two consignments claim it: a label printed twice, or a wrong scan.

    A consignment whose receipt was completed without it disputes nothing, but keeps its claim. If
    the claim ended, its forwarded receipt would be withdrawn, which completes the receipt.
    """
    claims = sorted(
        (claim.announced_at, name)
        for name, claim in state.claims.items()
        if not claim.ended and not claim.missing
    )
    if len(claims) < 2:
        return {}
    names = " and ".join(f"{name} (since {when(at)})" for at, name in claims)
    text = (
        f"announced or received under {names}: correct or retract the asn.received or "
        f"unit.received that is wrong. Until then, events about it alone go to "
        f"{state.owner_id}"
    )
    raised = alert("unit", state, AlertCode.TWO_CONSIGNMENTS, cut(text))
    return {"alert:two_consignments": Output(raised, claims[1][0])}


def _repacks(
    state: UnitState, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> dict[str, Publication]:
    """Send the repack, which came under its first output's key, to the other units."""
    at = state.repacked_at
    if at is None or outputs[0] != state.key:
        return {}
    return {
        f"repack:{name}": Output(
            events.UnitRepacked(unit_id=name, inputs=inputs, outputs=outputs), at
        )
        for name in (*inputs, *outputs[1:])
    }
