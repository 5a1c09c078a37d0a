"""What a core is, and the fold that makes a state from facts. Pure: no clock, no log, no I/O.

The state of an owner is a function of the *set* of its facts and of the clock::

    effective facts ──sort──▶ apply, one by one ──▶ settle ──▶ observe(clock)

- *effective*: a correction or retraction (`correction_of`, same source) takes its target out,
  wherever either sorts. One whose target the owner does not have is refused until that comes.
- *sort*: by (occurred_at, lifecycle rank of the type, fact id).
- `apply` judges what the owner alone can judge, in that order. A `Rejection` refuses the fact.
- `settle` derives what depends on other owners' news (customs, container, voyage): judged over
  the times written down, so it does not matter when the news arrived.
- `observe` marks deadlines as at risk or missed.

`advance` gives the same state as `fold` and is cheap: a fact in order is applied to the state as
it stands; so is one that commutes with everything that sorts after it (news of other owners,
facts about another unit). Anything else folds anew.

How the shell uses it, for each owner that a batch touches. States are mutated in place: on any
error drop the cached one::

    before, known = core.outputs(state), set(state.refused)
    state = advance(core, state, new, stored, clock_at=clock_at).state  # `new`: no duplicates
    for change in changes(before, core.outputs(state), state=state, at=now):
        ...  # publish change.event, occurred at change.at,
        ...  # under the event id change_id(core.kind, key, change, state.revision)
    state.refused.keys() - known  # dead letters by fact id; the outputs have one alert by code
    core.columns(state), core.deadline(state), state.revision, state.changed_at  # the row
    encode_state(state)  # its body

On a tick `tick(core, state, clock_at)` takes the place of `advance`, for owners whose deadline
has come. A state that was never stored starts as `core.new(key)`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.state.base import RejectedEvent, SortKey, State
from groupage.domain.state.columns import QueryColumns
from processors.kernel.corrections import Entry, refused_astray, sift
from processors.kernel.outputs import Output

S = TypeVar("S", bound=State)
_LAST_RANK = 99
_PLACE = itemgetter(0)


class Rejection(NamedTuple):
    """Why a fact may not change the state."""

    code: str
    reason: str


class Advanced(NamedTuple):
    """What `advance` made of a state."""

    state: Any
    refolded: bool


class Aggregate(Protocol[S]):
    """One kind of owner. Stateless; made once with the policy."""

    @property
    def kind(self) -> AggregateKind:
        """Whose facts it folds."""
        ...

    @property
    def state_type(self) -> type[S]:
        """What a stored state decodes to."""
        ...

    @property
    def ranks(self) -> Mapping[str, int]:
        """Place of each type in the lifecycle; decides between facts of the same instant."""
        ...

    @property
    def commuting(self) -> frozenset[str]:
        """Types whose `apply` the order of other facts cannot change, nor the other way round."""
        ...

    @property
    def estimates(self) -> frozenset[str]:
        """Types that count although classified as planned, estimated or requested."""
        ...

    @property
    def witnesses(self) -> bool:
        """True: `witness` wants to see every fact, corrected and retracted ones too."""
        ...

    def witness(self, state: S, entry: Entry) -> None:
        """Note a fact whether it counts or not; in any order."""
        ...

    def new(self, key: str) -> S:
        """The state before any fact."""
        ...

    def apply(self, state: S, entry: Entry) -> Rejection | None:
        """Change `state` by one effective fact, or say why not."""
        ...

    def passes(self, state: S, fact: Fact) -> bool:
        """True: the late fact may be applied now, with the same result as in its place."""
        ...

    def settle(self, state: S) -> None:
        """Derive what is derived. Idempotent."""
        ...

    def observe(self, state: S, clock_at: datetime) -> None:
        """It is `clock_at` now. Idempotent, and later clocks may follow in any step width."""
        ...

    def deadline(self, state: S) -> datetime | None:
        """The next instant at which `observe` would change something."""
        ...

    def carry(self, old: S, new: S) -> None:
        """Take over from the state before a refold what is on its way and not a fact yet."""
        ...

    def outputs(self, state: S) -> dict[str, Output]:
        """What others must know now, by output id; `changes` fills in `revision`."""
        ...

    def columns(self, state: S) -> QueryColumns:
        """The values of the query columns of the kind's table."""
        ...


def in_order(core: Aggregate[S], entries: Iterable[Entry]) -> list[tuple[SortKey, Entry]]:
    """The facts with their places among the owner's facts."""
    ranks = core.ranks
    placed = [
        (
            (
                entry.fact.occurred_at,
                ranks.get(entry.fact.data.name, _LAST_RANK),
                entry.fact_id,
            ),
            entry,
        )
        for entry in entries
    ]
    placed.sort(key=_PLACE)
    return placed


def fold(
    core: Aggregate[S], key: str, entries: Iterable[Entry], *, clock_at: datetime | None = None
) -> S:
    """The state of an owner from all its facts (each once, in any order)."""
    every = list(entries)
    state = core.new(key)
    sifted = sift(every)
    state.refused = refused_astray(key, sifted)
    for place, entry in in_order(core, sifted.counting):
        if counts(core, entry.fact):
            _apply(core, state, entry, place)
    state.facts = len(every)
    state.corrections = sum(1 for entry in every if entry.fact.correction_of is not None)
    state.changed_at = max((_known_at(entry.fact) for entry in every), default=None)
    if core.witnesses:
        for entry in every:
            core.witness(state, entry)
    return _finish(core, state, clock_at)


def advance(
    core: Aggregate[S],
    state: S,
    new: Sequence[Entry],
    stored: Callable[[], Iterable[Entry]],
    *,
    clock_at: datetime | None = None,
) -> Advanced:
    """The state after `new` facts, none of them a duplicate.

    `stored()` gives all of the owner's facts, `new` among them. Mutates `state`, or leaves it half
    changed and returns another one when the facts must be folded anew.
    """
    commuting, changed_at = core.commuting, state.changed_at
    for place, entry in in_order(core, new):
        fact = entry.fact
        if state.corrections or fact.correction_of is not None:
            return _refolded(core, state, stored, clock_at)
        if counts(core, fact):
            late = state.last is not None and place <= state.last
            if late and fact.data.name not in commuting and not core.passes(state, fact):
                return _refolded(core, state, stored, clock_at)
            _apply(core, state, entry, None if late else place)
        if core.witnesses:
            core.witness(state, entry)
        state.facts += 1
        known_at = _known_at(fact)
        if changed_at is None or known_at > changed_at:
            changed_at = known_at
    state.changed_at = changed_at
    return Advanced(_finish(core, state, clock_at), refolded=False)


def _known_at(fact: Fact) -> datetime:
    """When it happened, but not later than it was taken in.

    A device whose clock runs ahead must not carry the owner and its plans into the future.
    """
    occurred_at, recorded_at = fact.occurred_at, fact.recorded_at
    if occurred_at < recorded_at:  # a third of the time of `min`, once a fact
        return occurred_at
    return recorded_at


def refold(
    core: Aggregate[S], state: S, stored: Iterable[Entry], *, clock_at: datetime | None = None
) -> S:
    """The state from all its facts, with what it said and has not heard back yet kept as said.

    `state` may be half advanced.
    """
    again = fold(core, state.key, stored)
    core.carry(state, again)
    return _finish(core, again, clock_at)


def _refolded(
    core: Aggregate[S], state: S, stored: Callable[[], Iterable[Entry]], clock_at: datetime | None
) -> Advanced:
    return Advanced(refold(core, state, stored(), clock_at=clock_at), refolded=True)


def tick(core: Aggregate[S], state: S, clock_at: datetime) -> S:
    """The state at a later instant, without new facts."""
    return _finish(core, state, clock_at)


def _finish(core: Aggregate[S], state: S, clock_at: datetime | None) -> S:
    core.settle(state)
    if clock_at is not None:
        core.observe(state, clock_at)
    return state


def _apply(core: Aggregate[S], state: S, entry: Entry, place: SortKey | None) -> None:
    """`place` is None when facts that sort after it were applied before it."""
    verdict = core.apply(state, entry)
    if verdict is not None:
        state.refused[entry.fact_id] = refusal(entry.fact, verdict)
    if place is not None and entry.fact.data.name not in core.commuting:
        state.last = place


def counts(core: Aggregate[S], fact: Fact) -> bool:
    """Plans and estimates are kept, but only what was actually so changes a state."""
    return fact.classifier == "ACT" or fact.data.name in core.estimates


def refusal(fact: Fact, verdict: Rejection) -> RejectedEvent:
    """How a refused fact is remembered."""
    return RejectedEvent(
        code=verdict.code,
        reason=verdict.reason,
        type=fact.data.name,
        subject=fact.subject,
        at=fact.occurred_at,
    )


class BaseAggregate(Generic[S]):
    """What most cores do not need: late facts that pass, deadlines, witnesses."""

    commuting: frozenset[str] = frozenset()
    estimates: frozenset[str] = frozenset()
    witnesses = False

    def witness(self, state: S, entry: Entry) -> None:
        """Nothing to note."""

    def passes(self, state: S, fact: Fact) -> bool:  # noqa: ARG002
        """Every late fact is folded in its place."""
        return False

    def settle(self, state: S) -> None:
        """Nothing to derive."""

    def observe(self, state: S, clock_at: datetime) -> None:
        """No deadlines."""

    def deadline(self, state: S) -> datetime | None:  # noqa: ARG002
        """No deadlines."""
        return None

    def carry(self, old: S, new: S) -> None:
        """Nothing is on its way."""


_ENCODER = msgspec.json.Encoder(order="deterministic")


def encode_state(state: State) -> bytes:
    """JSON of a state; equal states give equal bytes."""
    return _ENCODER.encode(state)
