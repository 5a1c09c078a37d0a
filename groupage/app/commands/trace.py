"""``groupage trace``: every fact about one id, and what it changed."""

import json
from datetime import UTC
from typing import Annotated, Any

import typer

from groupage.app.commands.printing import AsJson, print_json, say
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
"""What the fold keeps for itself, or a second time; scripts get it, people need not read it."""


def main(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="Unit, consignment, container, consolidation …")
    ],
    *,
    kind: Annotated[
        AggregateKind | None,
        typer.Option(help="When the id is known as several: unit, container …"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what holds it, every fact about it in the order they happened, and what each changed.

    The states are derived anew from the facts, step by step, by the same rules as in operation.
    """
    from groupage.app.commands.refold import trace_effects  # noqa: PLC0415 - brings the aggregates

    answer = query(lambda pool: trace_effects(pool, id_, kind=kind))
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _print(answer: Trace) -> None:
    say(f"{answer.kind} {answer.id}", bold=True)
    if answer.parents:
        say(f"in {' ▸ '.join(answer.parents)}")
    for fact in answer.facts:
        happened = fact.occurred_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        say(f"{happened}  {fact.type}{_remark(fact)}  {fact.source} {fact.event_id}")
        for path, (before, after) in (fact.changed or {}).items():
            if path.rpartition(".")[2] in _INNER:
                continue
            say(f"    {path}: {_short(before)} → {_short(after)}", dim=True)


def _remark(fact: TracedFact) -> str:
    if fact.refused:
        return f"  REFUSED: {fact.refused}"
    if fact.retracted:
        return f"  retracts {fact.correction_of}"
    if fact.withdrawn:
        return "  (corrected or retracted since)"
    return ""


def _short(value: Any) -> str:
    text = "–" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"
