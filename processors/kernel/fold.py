"""From facts to a state. Pure: no clock, no log, no I/O.

The state of an aggregate is a function of the *set* of its facts and of the clock::

    effective facts ──sort──▶ apply, one after the other ──▶ derive ──▶ on_clock

- *effective*: a correction or retraction (`correction_of`, same source) takes its target out,
  wherever either sorts. The kernel rejects one whose target the aggregate does not have until that
  target comes.
- *sort*: by (occurred_at, rank of the event in the life cycle, fact id).
- `apply` judges what the aggregate alone can judge, in that order.
- `derive` works out what depends on snapshots of other aggregates (customs, container, voyage). It
  judges over the times that are written down, so it does not matter when a snapshot arrived.
- `on_clock` marks deadlines as at risk or missed.

`advance` gives the same state as `fold` and is cheap: it applies a fact in order to the state as it
stands, and likewise an order-independent one and one that `applies_late` vouches for. For anything
else, for a correction, and for any fact while a correction waits for its target, it folds all facts
again.

How the worker uses it, for each aggregate that a batch touches. States are mutated in place: on any
error drop the cached one::

    before = aggregate.outputs(state)
    state = advance(aggregate, state, new, stored, clock_at=clock_at).state  # `new`: no duplicates
    changes(before, aggregate.outputs(state), state=state, at=now)  # messages to publish
    aggregate.columns(state), aggregate.deadline(state), state.revision, state.changed_at  # the row
    encode_state(state)  # its body

On a tick `tick(aggregate, state, clock_at)` takes the place of `advance`, for aggregates whose
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

S = TypeVar("S", bound=State)
_PLACE = itemgetter(0)


class Advanced(NamedTuple):
    """The state that `advance` made, and how."""

    state: Any
    refolded: bool


def in_order(aggregate: Aggregate[S], entries: Iterable[Entry]) -> list[tuple[SortKey, Entry]]:
    """Sort facts into their places among the aggregate's facts."""
    ranks = aggregate.ranks
    placed = [
        (
            (entry.fact.occurred_at, ranks.get(type(entry.fact.data), LAST_RANK), entry.fact_id),
            entry,
        )
        for entry in entries
    ]
    placed.sort(key=_PLACE)
    return placed


def fold(
    aggregate: Aggregate[S],
    key: str,
    entries: Iterable[Entry],
    *,
    clock_at: datetime | None = None,
) -> S:
    """Fold all facts of an aggregate (each once, in any order) into its state."""
    every = list(entries)
    state = aggregate.new(key)
    sifted = sift(every)
    state.rejected = rejected_without_target(key, sifted)
    for place, entry in in_order(aggregate, sifted.effective):
        if counts(aggregate, entry.fact):
            _apply(aggregate, state, entry, place)
    state.fact_count = len(every)
    state.correction_count = sum(1 for entry in every if entry.fact.correction_of is not None)
    state.awaits_target = sifted.awaits_target
    state.changed_at = max((_known_at(entry.fact) for entry in every), default=None)
    if aggregate.audits:
        for entry in every:
            aggregate.audit(state, entry)
    return _finish(aggregate, state, clock_at)


def advance(
    aggregate: Aggregate[S],
    state: S,
    new: Sequence[Entry],
    stored: Callable[[], Iterable[Entry]],
    *,
    clock_at: datetime | None = None,
) -> Advanced:
    """Return the state after `new` facts, none of them a duplicate.

    `stored()` gives all of the aggregate's facts, `new` among them. Mutates `state`, or leaves it
    half changed and returns another one when the facts must be folded again.
    """
    order_independent, changed_at = aggregate.order_independent, state.changed_at
    for place, entry in in_order(aggregate, new):
        fact = entry.fact
        # A correction whose target is known has taken it out already.
        if state.awaits_target or fact.correction_of is not None:
            return _refolded(aggregate, state, stored, clock_at)
        if counts(aggregate, fact):
            late = state.last_key is not None and place <= state.last_key
            if (
                late
                and type(fact.data) not in order_independent
                and not aggregate.applies_late(state, fact)
            ):
                return _refolded(aggregate, state, stored, clock_at)
            _apply(aggregate, state, entry, None if late else place)
        if aggregate.audits:
            aggregate.audit(state, entry)
        state.fact_count += 1
        known_at = _known_at(fact)
        if changed_at is None or known_at > changed_at:
            changed_at = known_at
    state.changed_at = changed_at
    return Advanced(_finish(aggregate, state, clock_at), refolded=False)


def _known_at(fact: Fact) -> datetime:
    """Return when it happened, but not later than the hub took it in.

    A device whose clock runs ahead must not carry the aggregate and its plans into the future.
    """
    occurred_at, recorded_at = fact.occurred_at, fact.recorded_at
    if occurred_at < recorded_at:  # for speed only: a third of the time of `min`, once a fact
        return occurred_at
    return recorded_at


def refold(
    aggregate: Aggregate[S],
    state: S,
    stored: Iterable[Entry],
    *,
    clock_at: datetime | None = None,
) -> S:
    """Rebuild the state from all facts; keep outputs that have not come back as facts yet.

    `state` may be half advanced.
    """
    again = fold(aggregate, state.key, stored)
    for name in aggregate.pending:
        setattr(again, name, getattr(state, name))
    return _finish(aggregate, again, clock_at)


def _refolded(
    aggregate: Aggregate[S],
    state: S,
    stored: Callable[[], Iterable[Entry]],
    clock_at: datetime | None,
) -> Advanced:
    return Advanced(refold(aggregate, state, stored(), clock_at=clock_at), refolded=True)


def tick(aggregate: Aggregate[S], state: S, clock_at: datetime) -> S:
    """Return the state at a later instant, without new facts."""
    return _finish(aggregate, state, clock_at)


def _finish(aggregate: Aggregate[S], state: S, clock_at: datetime | None) -> S:
    aggregate.derive(state)
    if clock_at is not None:
        aggregate.on_clock(state, clock_at)
    return state


def _apply(aggregate: Aggregate[S], state: S, entry: Entry, place: SortKey | None) -> None:
    """`place` is None when facts that sort after it were applied before it."""
    event = entry.fact.data
    handler = aggregate.handler_of.get(type(event))
    rejection = aggregate.foreign(event) if handler is None else handler(state, entry, event)
    if rejection is not None:
        state.rejected[entry.fact_id] = rejected_event(entry.fact, rejection)
    if place is not None and type(event) not in aggregate.order_independent:
        state.last_key = place


def counts(aggregate: Aggregate[S], fact: Fact) -> bool:
    """Tell whether a fact may change a state: plans and estimates are stored and do not."""
    return fact.classifier == "ACT" or type(fact.data) in aggregate.non_actual


def rejected_event(fact: Fact, rejection: Rejection) -> RejectedEvent:
    """Return how a state remembers a rejected fact."""
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
