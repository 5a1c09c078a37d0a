"""What each fact changed: an owner's state derived anew, with a look before and after each step."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.base import State
from groupage.domain.state.consignment import ConsignmentState, LoadMove, UnitPart
from groupage.settings import PolicySettings
from groupage.store.facts import StoredFact, facts_of
from groupage.store.pool import Connection
from groupage.store.readers.tracing import Found, Trace, assemble, find
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry, rejected_without_target, sift
from processors.kernel.fold import counts, in_order, rejected_event

Changes = dict[str, tuple[Any, Any]]
_BOOKKEEPING = frozenset(
    {"key", "facts", "corrections", "last", "changed_at", "last_at", "rejected"}
)
_EMPTY: tuple[Any, ...] = (None, "", False, [])
_DEPTH_MAX = 3


class Steps(msgspec.Struct, kw_only=True):
    """What became of facts, by fact id (hex)."""

    changed: dict[str, Changes] = msgspec.field(default_factory=dict)
    refused: dict[str, str] = msgspec.field(default_factory=dict)
    withdrawn: set[str] = msgspec.field(default_factory=set)


async def traced(connection: Connection, asked: str, *, kind: AggregateKind | None = None) -> Trace:
    """Everything about an id, with what each fact changed. Raises NotFound."""
    found = await find(connection, asked, kind=kind)
    aggregates = all_aggregates(PolicySettings().load())
    steps = Steps()
    for owner_kind, owner in dict.fromkeys((each.kind, each.fact.key) for each in found.facts):
        if owner_kind in aggregates:
            facts = await facts_of(connection, owner_kind, [owner])
            _refold(aggregates[owner_kind], owner, facts, found, steps)
    return assemble(
        found,
        refused=steps.refused,
        changed=steps.changed,
        withdrawn=frozenset(steps.withdrawn),
    )


def _refold(
    core: Aggregate[Any], owner: str, facts: Iterable[StoredFact], found: Found, steps: Steps
) -> None:
    """Derive one owner's state; note what the facts that were found did to it."""
    entries = [Entry(stored.fact_id, stored.fact) for stored in facts]
    wanted = {stored.fact_id for stored in found.facts}
    sifted = sift(entries)
    steps.withdrawn |= sifted.taken_out
    # A unit inside a consignment: only its own part, not what the consignment carries besides.
    part = found.key if found.kind == "unit" and core.kind == "consignment" else None
    state = core.new(owner)
    state.rejected = rejected_without_target(owner, sifted)
    before: dict[str, Any] | None = None
    for _, entry in in_order(core, sifted.effective):
        noted = entry.fact_id in wanted
        if noted and (before is None or part is not None):
            before = _look(state, part)
        verdict = core.apply(state, entry) if counts(core, entry.fact) else None
        if verdict is not None:
            state.rejected[entry.fact_id] = rejected_event(entry.fact, verdict)
        core.derive(state)
        if not noted:
            before = None
            continue
        after = _look(state, part)
        steps.changed[entry.fact_id] = _differences(before or {}, after)
        before = after
    # Read at the end: news of others may have refused a fact later, or made it legal.
    steps.refused |= {
        fact_id: f"{refused.code}: {refused.reason}"
        for fact_id, refused in state.rejected.items()
        if fact_id in wanted
    }


def _look(state: State, part: str | None) -> dict[str, Any]:
    if part is not None:
        unit = getattr(state, "units", {}).get(part)
        said = _named(msgspec.to_builtins(unit))
        return {"status": str(getattr(state, "status", "")), **said}
    whole: dict[str, Any] = msgspec.to_builtins(state, str_keys=True)
    if isinstance(state, ConsignmentState):
        whole.setdefault("units", {})  # gone into from the first one on
    return {name: value for name, value in whole.items() if name not in _BOOKKEEPING}


def _named(unit: list[Any] | None) -> dict[str, Any]:
    """A unit of a consignment by its fields' names: in JSON it is an array."""
    said = dict(zip(UnitPart.__struct_fields__, unit or (), strict=False))
    if said.get("moves"):
        names = LoadMove.__struct_fields__
        said["moves"] = [dict(zip(names, move, strict=True)) for move in said["moves"]]
    return {
        name: value
        for name, value in said.items()
        if value not in _EMPTY and name not in _BOOKKEEPING
    }


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], depth: int = 1, *, path: str = ""
) -> Changes:
    """Path → (before, after) of what differs; objects are gone into, lists are not.

    None: nothing was said of it; a state leaves out what is as it began. `path`: the field that
    both are the content of.
    """
    found: Changes = {}
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if path == "units":
            old, new = _named(old), _named(new)
        if isinstance(old, dict) and isinstance(new, dict) and depth < _DEPTH_MAX:
            inner = _differences(old, new, depth + 1, path=name)
            found |= {f"{name}.{within}": change for within, change in inner.items()}
        else:
            found[name] = (old, new)
    return found
