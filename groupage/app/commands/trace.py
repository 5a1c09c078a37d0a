"""``groupage trace``: every fact about an id, and what it changed."""

import json
from datetime import UTC
from typing import Annotated, Any

import typer

from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.app.commands.reading import query
from groupage.domain.events.base import AggregateKind
from groupage.store.readers.tracing import Trace, TracedFact

_INNER = frozenset(
    {
        "revision",
        "plan_revision",
        "barrier_at",
        "status_at",
        "booked",
        "allocation_changes",
        "covered_triggers",
    }
)
"""Internal fields of states, which only ``--json`` shows."""


def main(
    id_: Annotated[
        str,
        typer.Argument(metavar="ID", help="Id of a unit, consignment, container, consolidation …"),
    ],
    *,
    kind: Annotated[
        AggregateKind | None,
        typer.Option(help="Kind of aggregate, if several have this id."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what contains it, every fact about it in order of time, and what each fact changed.

    The command folds the stored facts again, step by step, with the rules of the workers.
    """
    from groupage.app.commands.refold import trace_effects  # noqa: PLC0415 - imports the aggregates

    trace = query(lambda pool: trace_effects(pool, id_, kind=kind))
    if as_json:
        print_json(trace)
    else:
        _print(trace)


def _print(trace: Trace) -> None:
    print_line(f"{trace.kind} {trace.id}", bold=True)
    if trace.parents:
        print_line(f"in {' ▸ '.join(trace.parents)}")
    for fact in trace.facts:
        happened = fact.occurred_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        print_line(f"{happened}  {fact.type}{note_of(fact)}  {fact.source} {fact.event_id}")
        for path, (before, after) in (fact.changed or {}).items():
            if path.rpartition(".")[2] in _INNER:
                continue
            print_line(f"    {path}: {_shorten(before)} → {_shorten(after)}", dim=True)


def note_of(fact: TracedFact) -> str:
    """Say what became of a fact; empty: it counts."""
    if fact.refused:
        return f"  REFUSED: {fact.refused}"
    if fact.retracted and fact.relayed_by is not None:
        return "  takes it back"
    if fact.retracted:
        return f"  retracts {fact.correction_of}"
    if fact.withdrawn:
        return "  (corrected or retracted since)"
    return ""


def _shorten(value: Any) -> str:
    text = "–" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"
