"""Containers that the plan calls unloadable: closed ones, kept as they are, and rightly so called.

No checker can prove that no load plan exists. What can be checked: that the plan does not hide
behind the word. Only contents that nobody may change are excused, only with the load plan in force,
and only where that one really breaks a rule.
"""

from collections import Counter

from groupage.domain.plan import PlannedContainer, Unloadable
from optimizer.verification import allocation, cartons, geometry, pressure
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


def _check_one(case: Case, one: Unloadable, container: PlannedContainer) -> Violations:
    where = f"container {one.consolidation_id}"
    before = case.consolidations.get(one.consolidation_id)
    if before is None or before.stage == "slushy":
        return [broken("not_closed", where, "is called unloadable but may be planned otherwise")]
    found: Violations = []
    for stranger in sorted(set(one.consignment_ids) - set(container.consignment_ids)):
        found.append(broken("unknown_consignment", where, f"{stranger} is not in it"))
    if not one.reason.strip():
        found.append(broken("no_reason", where, f"is unloadable ({one.code}) without a reason"))
    if container.placements != before.planned:
        found.append(broken("load_plan_changed", where, "must keep the load plan in force"))
    elif not _wrongs(case, container):
        message = "is called unloadable, but the load plan in force breaks no rule"
        found.append(broken("not_unloadable", where, message))
    return found


def _wrongs(case: Case, container: PlannedContainer) -> Violations:
    """What is wrong with a container by the checks that it is excused from."""
    return [
        *allocation.check_payload(container, case.cargo(container)),
        *cartons.check_container(case, container),
        *geometry.check_container(case, container),
        *pressure.check_container(case, container),
    ]


def check(case: Case) -> Violations:
    """Each container that is called unloadable."""
    containers = {one.consolidation_id: one for one in case.plan.containers}
    found: Violations = []
    for key, count in Counter(one.consolidation_id for one in case.plan.unloadable).items():
        if key not in containers:
            found.append(broken("unknown_container", f"container {key}", "is not in the plan"))
        if count > 1:
            found.append(broken("unloadable_twice", f"container {key}", f"is named {count} times"))
    for one in case.plan.unloadable:
        if one.consolidation_id in containers:
            found += _check_one(case, one, containers[one.consolidation_id])
    return found
