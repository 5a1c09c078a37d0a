"""Fold: from facts to a state. Pure: no clock, no log, no I/O.

The state of an aggregate is a function of the *set* of its facts and of the clock::

    effective facts ──sort──▶ apply, one after the other ──▶ derive ──▶ on_clock

- *effective*: a correction or retraction (`correction_of`, same source) takes its target out,
  wherever either sorts. The kernel rejects one whose target the aggregate does not have until that
  target comes. Of the messages of a series (`processors.kernel.series`) the newest is effective.
- *sort*: by (occurred_at, rank of the event in the life cycle, sequence where events are numbered,
  fact id).
- *apply*: the handler of each event changes the state or rejects the event, by what the aggregate
  itself knows.
- `derive` decides what depends on snapshots of other aggregates (customs, container, voyage). It
  compares the times in them, so it does not matter when a snapshot arrived.
- `on_clock` marks deadlines as at risk or missed.

`advance` gives the same state as `fold` and is cheap: it applies a fact to the present state if the
fact is the newest, is order-independent, or is late and `applies_late` allows it. For any other
fact, for a correction, and for any fact while a correction waits for its target, it folds all facts
again.

The worker uses it so, for each aggregate that a batch touches. States are mutated in place: on any
error it drops the cached one::

    before = aggregate.outputs(state)
    state = advance(aggregate, state, new, stored, clock_at=clock_at).state  # `new`: no duplicates
    changes(before, aggregate.outputs(state), state=state, at=now)  # messages to publish
    aggregate.columns(state), aggregate.deadline(state), state.revision, state.changed_at  # the row
    encode_state(state)  # its body

On a tick it calls `tick(aggregate, state, clock_at)` in place of `advance`, for aggregates whose
deadline has come. A state that was never stored starts as `aggregate.new(key)`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import msgspec

from groupage.domain.fact import Fact
from groupage.domain.state.base import RejectedEvent, SortKey, State
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry, rejected_without_target, sift
from processors.kernel.handlers import LAST_RANK, Rejection
from processors.kernel.series import series_of

S = TypeVar("S", bound=State)
_SORT_KEY = itemgetter(0)
_SEQUENCE_DIGITS = 10


class Advanced(NamedTuple):
    """The state that `advance` made, and how."""

    state: Any
    refolded: bool


def sort_facts(aggregate: Aggregate[S], entries: Iterable[Entry]) -> list[tuple[SortKey, Entry]]:
    """Return the facts with their sort keys, in the order in which they are applied."""
    ranks = aggregate.ranks
    keyed = [
        (
            (entry.fact.occurred_at, ranks.get(type(entry.fact.data), LAST_RANK), entry.fact_id),
            entry,
        )
        for entry in entries
    ]
    if numbered := aggregate.numbered:
        keyed = [
            ((at, rank, _numbered_id(entry) if rank in numbered else fact_id), entry)
            for (at, rank, fact_id), entry in keyed
        ]
    keyed.sort(key=_SORT_KEY)
    return keyed


def _numbered_id(entry: Entry) -> str:
    """Return the fact id after the event's sequence, so that it sorts by the sequence first."""
    event: Any = entry.fact.data
    return f"{event.sequence:0{_SEQUENCE_DIGITS}} {entry.fact_id}"


def fold(
    aggregate: Aggregate[S],
    key: str,
    entries: Iterable[Entry],
    *,
    clock_at: datetime | None = None,
) -> S:
    """Fold all facts of an aggregate (each once, in any order) into its state."""
    all_facts = list(entries)
    state = aggregate.new(key)
    sifted = sift(all_facts)
    state.rejected = rejected_without_target(key, sifted)
    for sort_key, entry in sort_facts(aggregate, sifted.effective):
        if may_change(aggregate, entry.fact):
            _apply(aggregate, state, entry, sort_key)
    state.fact_count = len(all_facts)
    state.correction_count = sum(1 for entry in all_facts if entry.fact.correction_of is not None)
    state.awaits_target = sifted.awaits_target
    if sifted.revised_series:
        state.revised_series = sifted.revised_series
    state.changed_at = max((_known_at(entry.fact) for entry in all_facts), default=None)
    if aggregate.audits:
        effective = {entry.fact_id for entry in sifted.effective}
        for entry in all_facts:
            aggregate.audit(state, entry, effective=entry.fact_id in effective)
    return _finish(aggregate, state, clock_at)


def advance(
    aggregate: Aggregate[S],
    state: S,
    new: Sequence[Entry],
    stored: Callable[[], Iterable[Entry]],
    *,
    clock_at: datetime | None = None,
) -> Advanced:
    """Return the state after `new` facts, which contain no duplicate.

    `stored()` returns all facts of the aggregate, the new ones included. Mutates `state`, or leaves
    it half changed and returns another one if the facts must be folded again.
    """
    order_independent, changed_at = aggregate.order_independent, state.changed_at
    revised_series, non_actual = state.revised_series, aggregate.non_actual
    for sort_key, entry in sort_facts(aggregate, new):
        fact = entry.fact
        # A correction whose target is known has taken it out already.
        if (
            state.awaits_target
            or fact.correction_of is not None
            or (revised_series and series_of(fact, entry.fact_id) in revised_series)
        ):
            return _advance_by_refolding(aggregate, state, stored, clock_at)
        if fact.classifier == "ACT" or type(fact.data) in non_actual:  # for speed: `may_change`
            late = state.last_key is not None and sort_key <= state.last_key
            if (
                late
                and type(fact.data) not in order_independent
                and not aggregate.applies_late(state, fact)
            ):
                return _advance_by_refolding(aggregate, state, stored, clock_at)
            _apply(aggregate, state, entry, None if late else sort_key)
        if aggregate.audits:
            aggregate.audit(state, entry, effective=True)
        state.fact_count += 1
        occurred_at, recorded_at = fact.occurred_at, fact.recorded_at
        # For speed: `_known_at`, without a call.
        known_at = occurred_at if occurred_at < recorded_at else recorded_at  # noqa: FURB136
        if changed_at is None or known_at > changed_at:
            changed_at = known_at
    state.changed_at = changed_at
    return Advanced(_finish(aggregate, state, clock_at), refolded=False)


def _known_at(fact: Fact) -> datetime:
    """Return when it happened, but not later than the hub took it in.

    A device whose clock runs ahead must not carry the aggregate and its plans into the future.
    """
    return min(fact.occurred_at, fact.recorded_at)


def refold(
    aggregate: Aggregate[S],
    state: S,
    stored: Iterable[Entry],
    *,
    clock_at: datetime | None = None,
) -> S:
    """Return the state from all facts, with the pending fields of `state`.

    `state` may be half advanced.
    """
    again = fold(aggregate, state.key, stored)
    for name in aggregate.pending:
        setattr(again, name, getattr(state, name))
    return _finish(aggregate, again, clock_at)


def _advance_by_refolding(
    aggregate: Aggregate[S],
    state: S,
    stored: Callable[[], Iterable[Entry]],
    clock_at: datetime | None,
) -> Advanced:
    return Advanced(refold(aggregate, state, stored(), clock_at=clock_at), refolded=True)


def tick(aggregate: Aggregate[S], state: S, clock_at: datetime) -> S:
    """Return the state at another instant, without new facts; an earlier one if ticks are void."""
    return _finish(aggregate, state, clock_at)


def _finish(aggregate: Aggregate[S], state: S, clock_at: datetime | None) -> S:
    aggregate.derive(state)
    if clock_at is not None:
        aggregate.on_clock(state, clock_at)
    return state


def _apply(aggregate: Aggregate[S], state: S, entry: Entry, sort_key: SortKey | None) -> None:
    """Apply a fact; `sort_key` is None if facts that sort after it were applied before."""
    event = entry.fact.data
    handler = aggregate.handler_of.get(type(event))
    rejection = aggregate.reject_foreign(event) if handler is None else handler(state, entry, event)
    if rejection is not None:
        state.rejected[entry.fact_id] = rejected_event(entry.fact, rejection)
    if sort_key is not None and type(event) not in aggregate.order_independent:
        state.last_key = sort_key


def may_change(aggregate: Aggregate[S], fact: Fact) -> bool:
    """Tell whether a fact may change a state: most planned and estimated events are only stored."""
    return fact.classifier == "ACT" or type(fact.data) in aggregate.non_actual


def rejected_event(fact: Fact, rejection: Rejection) -> RejectedEvent:
    """Return the entry of a rejected fact in its state."""
    return RejectedEvent(
        code=rejection.code,
        reason=rejection.reason,
        type=fact.data.name,
        subject=fact.subject,
        at=fact.occurred_at,
    )


_ENCODER = msgspec.json.Encoder(order="deterministic")


def encode_state(state: State) -> bytes:
    """Encode a state as JSON; equal states give equal bytes."""
    return _ENCODER.encode(state)
