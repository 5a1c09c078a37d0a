"""Words for breaking a plan, or the instance under it, in one place."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan, PlannedContainer
from optimizer.canonical import digest, plan_id_of
from tests.optimizer.world import priced

Both = tuple[Instance, Plan]
Change = Callable[[Instance, Plan], Both]
T = TypeVar("T", bound=msgspec.Struct)
edit = msgspec.structs.replace
HOUR = timedelta(hours=1)


def edited(values: tuple[T, ...], key: str, name: str, **changes: Any) -> tuple[T, ...]:
    """The same values, those whose `key` is `name` with fields replaced."""
    return tuple(edit(one, **changes) if getattr(one, key) == name else one for one in values)


def together(*changes: Change) -> Change:
    """One change after the other."""

    def change(case: Instance, old: Plan) -> Both:
        for one in changes:
            case, old = one(case, old)
        return case, old

    return change


def plan(**changes: Any) -> Change:
    """Replace fields of the plan."""
    return lambda case, old: (case, edit(old, **changes))


def added(name: str, entry: msgspec.Struct) -> Change:
    """One more entry in a list of the plan."""
    return lambda case, old: (case, edit(old, **{name: (*getattr(old, name), entry)}))


def doubled(name: str) -> Change:
    """The first entry of a list stands in it twice."""

    def change(case: Instance, old: Plan) -> Both:
        values = getattr(old, name)
        return case, edit(old, **{name: (*values, values[0])})

    return change


def shortened(name: str) -> Change:
    """The first entry of a list is missing."""
    return lambda case, old: (case, edit(old, **{name: getattr(old, name)[1:]}))


def first(name: str, **changes: Any) -> Change:
    """Replace fields of the first entry of a list."""

    def change(case: Instance, old: Plan) -> Both:
        one, *rest = getattr(old, name)
        return case, edit(old, **{name: (edit(one, **changes), *rest)})

    return change


def box_of(old: Plan, name: str) -> PlannedContainer:
    """One container."""
    return next(one for one in old.containers if one.consolidation_id == name)


def container(name: str, *, price: bool = False, **changes: Any) -> Change:
    """Replace fields of one container; `price` puts the cost right afterwards."""

    def change(case: Instance, old: Plan) -> Both:
        boxes = edited(old.containers, "consolidation_id", name, **changes)
        assert boxes != old.containers
        new = edit(old, containers=boxes)
        return case, priced(case, new) if price else new

    return change


def world(change: Callable[[Instance], Instance]) -> Change:
    """Change the instance under the plan, which then calls itself the answer to the new one."""

    def apply(case: Instance, old: Plan) -> Both:
        new = change(case)
        assert new != case
        return new, priced(new, edit(old, plan_id=plan_id_of(digest(new))))

    return apply


def demand(consignment_id: str, **changes: Any) -> Change:
    """Change one demand of the instance."""
    return world(
        lambda case: edit(
            case, demands=edited(case.demands, "consignment_id", consignment_id, **changes)
        )
    )


def voyage(voyage_id: str, **changes: Any) -> Change:
    """Change one departure of the instance."""
    return world(
        lambda case: edit(
            case, departures=edited(case.departures, "voyage_id", voyage_id, **changes)
        )
    )


def rules(**changes: Any) -> Change:
    """Change the rules of the instance."""
    return world(lambda case: edit(case, rules=edit(case.rules, **changes)))


def other_make(**changes: Any) -> Change:
    """Let a container that exists be of another make, as the plan knows."""
    spec = edit(spec_of("42G1"), **changes)
    return together(
        world(
            lambda case: edit(
                case,
                consolidations=edited(case.consolidations, "consolidation_id", "SLUSHY", spec=spec),
            )
        ),
        container("SLUSHY", spec=spec),
    )
