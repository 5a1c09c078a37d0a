"""``groupage trace``: how an id stands now, every fact about it, and what the fact changed."""

import json
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from groupage.app.commands.command_words import describe
from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.app.commands.reading import query
from groupage.app.commands.summary_words import print_summary
from groupage.app.hub_time import time_text
from groupage.contracts.instants import instant_from
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import AggregateKind
from groupage.domain.words import number_of
from groupage.store.policies import hub_clock
from groupage.store.pool import Connection
from groupage.store.readers.refused_names import require_known
from groupage.store.readers.tracing import Trace, TracedFact, cut_history

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
_VALUE_LENGTH_MAX = 120
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


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
    last: Annotated[
        int | None, typer.Option(min=0, help="Only so many facts, the newest; 0: none.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME|DURATION",
            help="Only facts from this time on (RFC 3339), or of the last 90m, 12h, 2d by the "
            "hub's clock.",
        ),
    ] = None,
    only_status: Annotated[
        bool, typer.Option("--only-status", help="Only changes of status, and where it stands.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Do not shorten long values.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how it stands now, what holds it, then every fact about it and what the fact changed.

    The command folds the stored facts again, step by step, with the rules of the workers.
    """
    from groupage.app.commands.refold import trace_effects  # noqa: PLC0415 - imports the aggregates

    async def read(pool: Connection) -> Trace:
        since_at = _since(since, await hub_clock(pool)) if since else None
        whole = await trace_effects(pool, id_, kind=kind)
        await require_known(pool, whole)
        return cut_history(whole, last=last, since_at=since_at, only_status=only_status)

    trace = query(read)
    if as_json:
        print_json(trace)
    else:
        _print(trace, since, only_status=only_status, full=full)


def _since(text: str, now: datetime | None) -> datetime:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        try:
            return instant_from(text, "--since")
        except InvalidInput as error:
            raise InvalidInput(f"{error}; or a duration like 90m, 12h, 2d") from None
    if now is None:
        raise InvalidInput("--since: the hub has no time yet; give a time, not a duration")
    return now - timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def _print(trace: Trace, since: str | None = None, *, only_status: bool, full: bool) -> None:
    print_line(f"{trace.kind} {trace.id}", bold=True)
    if trace.parents:
        print_line(f"in {' ▸ '.join(trace.parents)}")
    if trace.command is not None:
        print_line(describe(trace.command))
    if trace.now is not None:
        print_summary(trace.now)
    print_line("")
    if trace.facts_left_out:
        shown = "" if trace.facts else _none_shown(since)
        print_line(f"{shown}{number_of(trace.facts_left_out, 'fact')} not shown", dim=True)
    is_shortened = False
    for fact in trace.facts:
        happened = time_text(fact.occurred_at, exact=True)
        print_line(f"{happened}  {fact.type}{note_of(fact)}  {fact.source} {fact.event_id}")
        changes = fact.status_changes if only_status else fact.changed or {}
        for path, change in changes.items():
            if path.rpartition(".")[2] in _INNER:
                continue
            texts = [_value_text(value) for value in change]
            is_shortened |= any(len(text) > _VALUE_LENGTH_MAX for text in texts)
            before, after = texts if full else map(_shorten, texts)
            print_line(f"    {path}: {before} → {after}", dim=True)
    if is_shortened and not full:
        print_line("long values are shortened: --full shows them", dim=True)


def _none_shown(since: str | None) -> str:
    """``none since 2h: ``, or nothing without that option."""
    return f"none since {since}: " if since else ""


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


def _value_text(value: Any) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _shorten(text: str) -> str:
    return text if len(text) <= _VALUE_LENGTH_MAX else text[: _VALUE_LENGTH_MAX - 1] + "…"
