"""Changes that break a plan, or the instance under it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan, PlannedContainer
from optimizer.canonical import digest, plan_id_of
from tests.optimizer.world import reprice

Both = tuple[Instance, Plan]
Change = Callable[[Instance, Plan], Both]
T = TypeVar("T", bound=msgspec.Struct)
edit = msgspec.structs.replace
HOUR = timedelta(hours=1)


def replace_in(values: tuple[T, ...], key: str, name: str, **changes: Any) -> tuple[T, ...]:
    """Replace fields of the values whose `key` is `name`."""
    return tuple(edit(v, **changes) if getattr(v, key) == name else v for v in values)


def combine(*changes: Change) -> Change:
    """Apply the changes one after the other."""

    def change(case: Instance, old: Plan) -> Both:
        for apply in changes:
            case, old = apply(case, old)
        return case, old

    return change


def plan(**changes: Any) -> Change:
    """Replace fields of the plan."""
    return lambda case, old: (case, edit(old, **changes))


def append(name: str, entry: msgspec.Struct) -> Change:
    """Append an entry to a list of the plan."""
    return lambda case, old: (case, edit(old, **{name: (*getattr(old, name), entry)}))


def repeat_first(name: str) -> Change:
    """Repeat the first entry of a list."""

    def change(case: Instance, old: Plan) -> Both:
        values = getattr(old, name)
        return case, edit(old, **{name: (*values, values[0])})

    return change


def drop_first(name: str) -> Change:
    """Remove the first entry of a list."""
    return lambda case, old: (case, edit(old, **{name: getattr(old, name)[1:]}))


def first(name: str, **changes: Any) -> Change:
    """Replace fields of the first entry of a list."""

    def change(case: Instance, old: Plan) -> Both:
        entry, *rest = getattr(old, name)
        return case, edit(old, **{name: (edit(entry, **changes), *rest)})

    return change


def container_of(old: Plan, name: str) -> PlannedContainer:
    """Return a container of the plan by its id."""
    return next(c for c in old.containers if c.consolidation_id == name)


def container(name: str, *, price: bool = False, **changes: Any) -> Change:
    """Replace fields of one container; `price` recomputes the cost afterwards."""

    def change(case: Instance, old: Plan) -> Both:
        containers = replace_in(old.containers, "consolidation_id", name, **changes)
        assert containers != old.containers
        new = edit(old, containers=containers)
        return case, reprice(case, new) if price else new

    return change


def world(change: Callable[[Instance], Instance]) -> Change:
    """Change the instance under the plan, and let the plan refer to the changed instance."""

    def apply(case: Instance, old: Plan) -> Both:
        new = change(case)
        assert new != case
        return new, reprice(new, edit(old, plan_id=plan_id_of(digest(new))))

    return apply


def demand(consignment_id: str, **changes: Any) -> Change:
    """Change one demand of the instance."""
    return world(
        lambda case: edit(
            case, demands=replace_in(case.demands, "consignment_id", consignment_id, **changes)
        )
    )


def voyage(voyage_id: str, **changes: Any) -> Change:
    """Change one departure of the instance."""
    return world(
        lambda case: edit(
            case, departures=replace_in(case.departures, "voyage_id", voyage_id, **changes)
        )
    )


def rules(**changes: Any) -> Change:
    """Change the rules of the instance."""
    return world(lambda case: edit(case, rules=edit(case.rules, **changes)))


def change_spec(**changes: Any) -> Change:
    """Give an existing container another spec, in the instance and in the plan."""
    spec = edit(spec_of("42G1"), **changes)
    return combine(
        world(
            lambda case: edit(
                case,
                consolidations=replace_in(
                    case.consolidations, "consolidation_id", "SLUSHY", spec=spec
                ),
            )
        ),
        container("SLUSHY", spec=spec),
    )
