"""The effect of each fact: a state is folded again, and compared before and after each step."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.base import State
from groupage.domain.state.consignment import ConsignmentState, LoadMove, UnitPart
from groupage.settings import PolicySettings
from groupage.store.facts import StoredFact, facts_of
from groupage.store.policies import read_history
from groupage.store.pool import Connection
from groupage.store.readers.tracing import Trace, TraceSource, assemble, find_source
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry, rejected_without_target, sift
from processors.kernel.fold import may_change, rejected_event, sort_facts

Changes = dict[str, tuple[Any, Any]]
_BOOKKEEPING = frozenset(State.__struct_fields__) | {"last_at"}
_EMPTY: tuple[Any, ...] = (None, "", False, [])
_DEPTH_MAX = 3


class Effects(msgspec.Struct, kw_only=True):
    """The effects of facts, by fact id (hex)."""

    changed: dict[str, Changes] = msgspec.field(default_factory=dict)
    rejected: dict[str, str] = msgspec.field(default_factory=dict)
    withdrawn: set[str] = msgspec.field(default_factory=set)


async def trace_effects(
    connection: Connection, id_: str, *, kind: AggregateKind | None = None
) -> Trace:
    """Trace an id, with what each fact changed. Raises NotFound."""
    source = await find_source(connection, id_, kind=kind)
    history = await read_history(connection, assumed=PolicySettings().load)
    aggregates = all_aggregates(history)
    effects = Effects()
    keys = dict.fromkeys((stored.kind, stored.fact.key) for stored in source.facts)
    for aggregate_kind, key in keys:
        if aggregate_kind in aggregates:
            facts = await facts_of(connection, aggregate_kind, [key])
            _refold(aggregates[aggregate_kind], key, facts, source, effects)
    return assemble(
        source,
        refused=effects.rejected,
        changed=effects.changed,
        withdrawn=frozenset(effects.withdrawn),
    )


def _refold(
    aggregate: Aggregate[Any],
    key: str,
    facts: Iterable[StoredFact],
    source: TraceSource,
    effects: Effects,
) -> None:
    """Fold an aggregate's facts; note what those of the trace changed."""
    entries = [Entry(stored.fact_id, stored.fact) for stored in facts]
    wanted = {stored.fact_id for stored in source.facts}
    sifted = sift(entries)
    effects.withdrawn |= sifted.taken_out
    # A unit inside a consignment: only its own part, not what the consignment carries besides.
    unit_id = source.key if source.kind == "unit" and aggregate.kind == "consignment" else None
    state = aggregate.new(key)
    state.rejected = rejected_without_target(key, sifted)
    before: dict[str, Any] | None = None
    for _, entry in sort_facts(aggregate, sifted.effective):
        traced = entry.fact_id in wanted
        if traced and (before is None or unit_id is not None):
            before = _fields_of(state, unit_id)
        rejection = aggregate.apply(state, entry) if may_change(aggregate, entry.fact) else None
        if rejection is not None:
            state.rejected[entry.fact_id] = rejected_event(entry.fact, rejection)
        aggregate.derive(state)
        if not traced:
            before = None
            continue
        after = _fields_of(state, unit_id)
        effects.changed[entry.fact_id] = _compare(before or {}, after)
        before = after
    # Read at the end: another aggregate's snapshot may have decided later about a fact.
    effects.rejected |= {
        fact_id: f"{rejected.code}: {rejected.reason}"
        for fact_id, rejected in state.rejected.items()
        if fact_id in wanted
    }


def _fields_of(state: State, unit_id: str | None) -> dict[str, Any]:
    if unit_id is not None:
        unit = getattr(state, "units", {}).get(unit_id)
        return {
            "status": str(getattr(state, "status", "")),
            **_name_unit_fields(msgspec.to_builtins(unit)),
        }
    fields: dict[str, Any] = msgspec.to_builtins(state, str_keys=True)
    if isinstance(state, ConsignmentState):
        fields.setdefault("units", {})  # so that `_compare` descends into the first unit
    return {name: value for name, value in fields.items() if name not in _BOOKKEEPING}


def _name_unit_fields(unit: list[Any] | None) -> dict[str, Any]:
    """Name the fields of a consignment's unit, which is an array in JSON."""
    fields = dict(zip(UnitPart.__struct_fields__, unit or (), strict=False))
    if fields.get("moves"):
        names = LoadMove.__struct_fields__
        fields["moves"] = [dict(zip(names, move, strict=True)) for move in fields["moves"]]
    return {
        name: value
        for name, value in fields.items()
        if value not in _EMPTY and name not in _BOOKKEEPING
    }


def _compare(
    before: Mapping[str, Any], after: Mapping[str, Any], depth: int = 1, *, path: str = ""
) -> Changes:
    """Return path → (before, after) of what differs; descend into objects, not into lists.

    None stands for a default, which a state leaves out. `path` is the field that holds both.
    """
    changes: Changes = {}
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if path == "units":
            old, new = _name_unit_fields(old), _name_unit_fields(new)
        if isinstance(old, dict) and isinstance(new, dict) and depth < _DEPTH_MAX:
            inner = _compare(old, new, depth + 1, path=name)
            changes |= {f"{name}.{within}": change for within, change in inner.items()}
        else:
            changes[name] = (old, new)
    return changes
