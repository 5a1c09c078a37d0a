"""Build the instance of a plan from a snapshot of the lane and the policy. Pure."""

from datetime import datetime, timedelta

from groupage.domain.events.base import Place
from groupage.domain.events.planning import PlanRequested
from groupage.domain.instance import (
    Instance,
    Limits,
    Spot,
    Truck,
)
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from optimizer.instance.consolidations import consolidations_of
from optimizer.instance.demands import demands_of
from optimizer.instance.departures import departures_of
from optimizer.instance.snapshot import Snapshot

_NEXT_INSTANT = timedelta(microseconds=1)
_FLEET_HORIZON = timedelta(days=14)
"""Trucks are available for this long at least, and until the last gate-in deadline."""


def build_instance(
    snapshot: Snapshot,
    request: PlanRequested,
    policies: PolicyHistory | Policy,
    limits: Limits,
) -> Instance:
    """Return everything that the requested plan depends on.

    The clock is the request's, or the time of the newest fact if that is later: a plan is never
    decided before a fact that it includes. It is also decided after the lane's earlier plans:
    assignments of the same instant would have no order. The policy is that of the plan's time; a
    policy alone was always in force.
    """
    clock_at = max(request.clock_at, snapshot.newest_at or request.clock_at)
    decided_at = max((plan.decided_at for plan in snapshot.lane.plans.values()), default=None)
    if decided_at is not None and clock_at <= decided_at:
        clock_at = decided_at + _NEXT_INSTANT
    if isinstance(policies, Policy):
        policies = PolicyHistory(policies)
    policy, adoption = policies.at(clock_at), policies.adoption_at(clock_at)
    departures = departures_of(snapshot.voyages, clock_at, policy.terminals)
    consolidations = consolidations_of(snapshot)
    demands = demands_of(snapshot, consolidations, departures, clock_at)
    until_at = max((d.gate_in_by_at for d in departures), default=clock_at + _FLEET_HORIZON)
    return Instance(
        request_id=request.request_id,
        lane_id=request.lane_id,
        sequence=request.sequence,
        clock_at=clock_at,
        demands=demands,
        departures=departures,
        consolidations=consolidations,
        trucks=_trucks(
            policy,
            request.lane_id,
            clock_at=clock_at,
            until_at=max(until_at, clock_at + _FLEET_HORIZON),
        ),
        spots=_spots(snapshot, policy),
        hub_place_id=policy.hub.place_id,
        road=policy.road,
        hours=policy.hours,
        weights=policy.weights,
        rules=policy.rules,
        limits=limits,
        causes=request.causes,
        published_plan_id=snapshot.lane.published_plan_id,
        policy_digest=adoption.digest if adoption else "",
    )


def _trucks(
    policy: Policy, lane_id: str, *, clock_at: datetime, until_at: datetime
) -> tuple[Truck, ...]:
    return tuple(
        truck
        for fleet in policy.fleet
        for truck in fleet.trucks(
            lane_id,
            start_place_id=policy.hub.place_id,
            available_from_at=clock_at,
            available_until_at=until_at,
        )
    )


def _spots(snapshot: Snapshot, policy: Policy) -> tuple[Spot, ...]:
    places: dict[str, Place] = {}
    for state in snapshot.consignments:
        if state.booking and state.booking.pickup:
            places.setdefault(state.booking.pickup.place.place_id, state.booking.pickup.place)
    for place in (*policy.terminals, policy.hub):
        places[place.place_id] = place
    return tuple(
        Spot(
            place_id=place.place_id,
            latitude_udeg=place.latitude_udeg,
            longitude_udeg=place.longitude_udeg,
        )
        for _, place in sorted(places.items())
    )
