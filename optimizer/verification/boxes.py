"""The containers of the plan are the ones there are, or ones on offer."""

from collections import Counter

from groupage.domain.containers import SPECS
from groupage.domain.plan import PlannedContainer
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


def _check_existing(case: Case, container: PlannedContainer) -> Violations:
    where = f"container {container.consolidation_id}"
    before = case.consolidations[container.consolidation_id]
    found: Violations = []
    if container.new:
        found.append(broken("not_new", where, "is called new but exists"))
    for field in ("voyage_id", "spec", "equipment_ref", "stage"):
        said, right = getattr(container, field), getattr(before, field)
        if said != right:
            message = f"{field} is {said!r}, was {right!r} and must stay"
            found.append(broken("container_changed", where, message))
    if before.stage == "slushy":
        if before.voyage_id not in case.departures:
            found.append(broken("unknown_voyage", where, f"{before.voyage_id} departs no more"))
        return found
    right_ids = {c for c in before.consignment_ids if c in case.demands}
    said_ids = set(container.consignment_ids)
    for consignment_id in sorted(right_ids ^ said_ids):
        verb = "was taken out of" if consignment_id in right_ids else "was put into"
        message = f"consignment {consignment_id} {verb} a {before.stage} container"
        found.append(broken("frozen_changed", where, message))
    return found


def _check_new(case: Case, container: PlannedContainer) -> Violations:
    where = f"container {container.consolidation_id}"
    found: Violations = []
    if not container.new:
        found.append(broken("unknown_container", where, "does not exist and is not called new"))
    if container.stage != "slushy":
        found.append(broken("container_changed", where, f"is new but {container.stage}"))
    iso_type = container.spec.iso_type
    if container.spec != SPECS.get(iso_type):
        found.append(broken("wrong_spec", where, f"spec is not the one of type {iso_type}"))
    departure = case.departures.get(container.voyage_id)
    if departure is None:
        found.append(broken("unknown_voyage", where, f"{container.voyage_id} does not depart"))
    elif iso_type not in {offer.iso_type for offer in departure.offers}:
        message = f"type {iso_type} is not on offer on {container.voyage_id}"
        found.append(broken("not_on_offer", where, message))
    return found


def _check_availability(case: Case) -> Violations:
    used = Counter((one.voyage_id, one.spec.iso_type) for one in case.plan.containers)
    bound = Counter(
        (one.voyage_id, one.spec.iso_type)
        for one in case.instance.consolidations
        if one.stage != "slushy"
    )
    found: Violations = []
    for departure in case.instance.departures:
        for offer in departure.offers:
            key = (departure.voyage_id, offer.iso_type)
            if offer.available is None:
                continue
            limit = max(offer.available, bound[key])
            if used[key] > limit:
                message = f"{used[key]} of type {offer.iso_type}, at most {limit}"
                found.append(
                    broken("too_many_containers", f"voyage {departure.voyage_id}", message)
                )
    return found


def check(case: Case) -> Violations:
    """Existing ones unchanged, new ones on offer, none lost, doubled or empty."""
    found: Violations = []
    seen = Counter(one.consolidation_id for one in case.plan.containers)
    for container in case.plan.containers:
        where = f"container {container.consolidation_id}"
        if seen[container.consolidation_id] > 1:
            found.append(broken("container_twice", where, "stands twice in the plan"))
        if container.stage == "slushy" and not container.consignment_ids:
            found.append(broken("empty_container", where, "is slushy and holds nothing"))
        known = container.consolidation_id in case.consolidations
        found += _check_existing(case, container) if known else _check_new(case, container)
    for one in case.instance.consolidations:
        if one.stage != "slushy" and not seen[one.consolidation_id]:
            where = f"container {one.consolidation_id}"
            found.append(broken("frozen_lost", where, f"is {one.stage} and not in the plan"))
    return found + _check_availability(case)
