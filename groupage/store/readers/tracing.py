"""The trace of an id: how it stands now, what holds it, and all facts about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.errors import NotFound
from groupage.domain.events.base import AggregateKind
from groupage.domain.gs1 import canonical_id, digital_link
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.unit import UnitState
from groupage.store.facts import StoredFact, facts_of
from groupage.store.pool import Connection
from groupage.store.readers.commands import CommandView, find_commands
from groupage.store.readers.facts import facts_by_subject, kinds_of, read_state, rejections_of
from groupage.store.readers.summaries import summarize
from groupage.store.readers.summary_views import Summary

_DEPTH_MAX = 100
_LIFE = ("status", "customs", "blocked", "dg_status", "seal_no", "published_plan_id")
_UNIT = ("condition", "location", "staged_at", "loaded_in", "parent", "parent_id", "gone")
_STATUS_FIELDS = frozenset((*_LIFE, *_UNIT))
"""Fields of states that say where an aggregate is in its life; a unit has no status of its own."""
_PREFERRED: tuple[AggregateKind, ...] = ("consignment", "consolidation", "container", "unit")


class TracedFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact and its effect."""

    type: str
    subject: str
    occurred_at: datetime
    recorded_at: datetime
    source: str
    event_id: str
    fact_id: str
    owner_kind: AggregateKind
    """Kind of the aggregate whose state it changes."""
    owner: str
    classifier: str
    data: dict[str, Any]
    correction_of: str | None = None
    retracted: bool = False
    relayed_by: str | None = None
    refused: str | None = None
    """Why it was rejected: code and reason."""
    withdrawn: bool = False
    """Another fact corrected or retracted it."""
    changed: dict[str, tuple[Any, Any]] | None = None
    """Path in the aggregate's state → (before, after); None: not computed."""

    @property
    def status_changes(self) -> dict[str, tuple[Any, Any]]:
        """What it changed about where the thing stands."""
        changed = self.changed or {}
        return {path: change for path, change in changed.items() if path in _STATUS_FIELDS}


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about an id."""

    id: str
    kind: AggregateKind
    parents: tuple[str, ...]
    """Units, containers and consolidations that hold it; the nearest first."""
    now: Summary | None = None
    """How it stands now; None: its kind has no summary."""
    facts: tuple[TracedFact, ...]
    """In the order in which they happened."""
    facts_left_out: int = 0
    """So many facts were not asked for."""
    command: CommandView | None = None
    """What came of it, if it is a command."""


class TraceSource(msgspec.Struct, frozen=True, kw_only=True):
    """The stored facts about an id, before their effects are derived."""

    asked: str
    key: str
    kind: AggregateKind
    parents: tuple[str, ...]
    now: Summary | None
    facts: tuple[StoredFact, ...]
    command: CommandView | None = None


async def find_source(
    connection: Connection, asked: str, *, kind: AggregateKind | None = None
) -> TraceSource:
    """Find the facts and parents of an id, however it is written (SSCC, EPC URN, Digital Link).

    Parents are written like the id that was asked for. Raises NotFound.
    """
    for key in dict.fromkeys((asked, canonical_id(asked))):
        known = await kinds_of(connection, key)
        chosen = kind if kind in known else None
        if kind is None and known:
            chosen = next((each for each in _PREFERRED if each in known), known[0])
        if chosen is None:
            continue
        facts = await facts_of(connection, chosen, [key])
        if chosen == "unit":
            facts = _drop_copies((*await facts_by_subject(connection, key), *facts))
        parents = await _parents(connection, chosen, key, facts)
        as_links = asked.startswith(("https://", "http://"))
        return TraceSource(
            asked=asked,
            key=key,
            kind=chosen,
            parents=tuple(map(digital_link, parents)) if as_links else parents,
            now=await summarize(connection, chosen, key, consignments=_consignments(facts)),
            facts=facts,
        )
    if kind in (None, "command") and (commands := await find_commands(connection, asked)):
        facts = await facts_by_subject(connection, asked)
        key = next(each.fact.key for each in facts if each.kind == "command")
        return TraceSource(
            asked=asked,
            key=key,
            kind="command",
            parents=(),
            now=None,
            facts=facts,
            command=commands[0],
        )
    as_kind = f" as a {kind}" if kind else ""
    raise NotFound(f"no fact is stored about {asked!r}{as_kind}; check the id")


async def trace(connection: Connection, asked: str, *, kind: AggregateKind | None = None) -> Trace:
    """Trace an id, with the reasons of rejected facts but without what each fact changed."""
    source = await find_source(connection, asked, kind=kind)
    refused: dict[str, dict[str, Any]] = {}
    for aggregate_key in {(stored.kind, stored.fact.key) for stored in source.facts}:
        refused |= await rejections_of(connection, *aggregate_key)
    return assemble(
        source,
        refused={name: f"{entry['code']}: {entry['reason']}" for name, entry in refused.items()},
    )


def assemble(
    source: TraceSource,
    *,
    refused: dict[str, str],
    changed: dict[str, dict[str, tuple[Any, Any]]] | None = None,
    withdrawn: frozenset[str] = frozenset(),
) -> Trace:
    """Assemble a trace; `refused`, `changed` and `withdrawn` go by fact id."""
    ordered = sorted(
        source.facts,
        key=lambda stored: (
            stored.fact.occurred_at,
            stored.fact.recorded_at,  # facts of different topics have no common offsets
            stored.position.offset,
        ),
    )
    return Trace(
        id=source.asked,
        kind=source.kind,
        parents=source.parents,
        now=source.now,
        facts=tuple(_traced_fact(stored, refused, changed, withdrawn) for stored in ordered),
        command=source.command,
    )


def cut_history(
    trace: Trace,
    *,
    last: int | None = None,
    since_at: datetime | None = None,
    only_status: bool = False,
) -> Trace:
    """Keep the last facts, those from a time on, or those that changed a status.

    Which facts changed a status is known only if the trace has their effects.
    """
    facts = [
        fact
        for fact in trace.facts
        if (since_at is None or fact.occurred_at >= since_at)
        and (not only_status or fact.status_changes)
    ]
    if last is not None:
        facts = facts[max(0, len(facts) - last) :]
    return msgspec.structs.replace(
        trace, facts=tuple(facts), facts_left_out=len(trace.facts) - len(facts)
    )


def _traced_fact(
    stored: StoredFact,
    refused: dict[str, str],
    changed: dict[str, dict[str, tuple[Any, Any]]] | None,
    withdrawn: frozenset[str],
) -> TracedFact:
    fact = stored.fact
    return TracedFact(
        type=fact.type,
        subject=fact.subject,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        source=fact.source,
        event_id=fact.event_id,
        fact_id=stored.fact_id,
        owner_kind=stored.kind,
        owner=fact.key,
        classifier=fact.classifier,
        data=msgspec.to_builtins(fact.data),
        correction_of=fact.correction_of,
        retracted=fact.retracted,
        relayed_by=fact.relayed_by,
        refused=refused.get(stored.fact_id),
        withdrawn=stored.fact_id in withdrawn,
        changed=None if changed is None else changed.get(stored.fact_id, {}),
    )


def _drop_copies(facts: Sequence[StoredFact]) -> tuple[StoredFact, ...]:
    """Drop the unit's copy of a fact that was forwarded to its consignment."""
    seen: dict[tuple[str, str], StoredFact] = {}
    for stored in facts:
        seen.setdefault((stored.fact.source, stored.fact.event_id), stored)
    return tuple(seen.values())


async def _parents(
    connection: Connection, kind: AggregateKind, key: str, facts: Sequence[StoredFact]
) -> tuple[str, ...]:
    if kind == "unit":
        return await _unit_parents(connection, key, facts)
    if kind == "consignment":
        consignment = await read_state(connection, ConsignmentState, key)
        if consignment is None or consignment.allocation is None:
            return ()
        consolidation_id = consignment.allocation.consolidation_id
        return (consolidation_id, *await _container(connection, consolidation_id))
    if kind == "consolidation":
        return await _container(connection, key)
    return ()


async def _container(connection: Connection, consolidation_id: str) -> tuple[str, ...]:
    state = await read_state(connection, ConsolidationState, consolidation_id)
    return (state.equipment_ref,) if state is not None and state.equipment_ref else ()


def _consignments(facts: Sequence[StoredFact]) -> tuple[str, ...]:
    """List the consignments that have facts about a unit."""
    return tuple(dict.fromkeys(stored.fact.key for stored in facts if stored.kind == "consignment"))


async def _unit_parents(
    connection: Connection, unit_id: str, facts: Sequence[StoredFact]
) -> tuple[str, ...]:
    """List what holds a unit, from its own parent outwards; stop at a circle of wrong facts."""
    parents: list[str] = []
    seen = {unit_id}
    current, known = unit_id, facts
    while len(parents) < _DEPTH_MAX:
        direct = await _direct_parents(connection, current, known)
        following = next((name for name in direct if name not in seen), None)
        if following is None:
            break
        parents.append(following)
        seen.add(following)
        current = following
        known = await facts_by_subject(connection, following)
    return tuple(parents)


async def _direct_parents(
    connection: Connection, unit_id: str, facts: Sequence[StoredFact]
) -> list[str]:
    """List the units or containers that hold it, by its consignments' states and by its own."""
    candidates = []
    for owner in _consignments(facts):
        consignment = await read_state(connection, ConsignmentState, owner)
        part = consignment.units.get(unit_id) if consignment else None
        if part is not None and not part.gone:
            candidates += [part.parent, part.loaded_in]
    own = await read_state(connection, UnitState, unit_id)
    if own is not None and not own.owner_id:
        candidates.append(own.parent_id)
    return [name for name in candidates if name]
