"""The aggregate protocol: what each kind of aggregate must declare, and what it may. Pure.

An aggregate's class holds no state. It declares how events change a state (`handlers`), derives
what follows from it (`derive`, `on_clock`) and lists what others must know (`outputs`).
`processors.kernel.fold` makes a state from a set of facts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, Self, TypeVar

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.rejections import RejectionCode
from groupage.domain.state.base import State
from groupage.domain.state.columns import NoColumns, QueryColumns
from groupage.domain.state.forms import POLICY_KINDS
from processors.kernel import handlers as tables
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Handler, On, OnWithPolicy, Rejection
from processors.kernel.outputs import Publication

S = TypeVar("S", bound=State)


class Aggregate(Generic[S]):
    """One kind of aggregate under some policies. A subclass sets `kind`, `state_type`, `handlers`.

    A subclass whose table forgets an event of its kind cannot be imported (TypeError).
    """

    kind: ClassVar[AggregateKind]
    """The kind of aggregate whose facts it folds."""
    state_type: type[S]
    """The class that a stored state decodes to."""
    handlers: ClassVar[Sequence[On[Any, Any]]]
    """An entry per event class; the ordered ones stand in the order of the life cycle."""
    pending: ClassVar[tuple[str, ...]] = ()
    """Fields of the state for messages that have not come back as facts: a refold keeps them."""
    audits: ClassVar[bool] = False
    """True: `audit` is called with every fact, corrected and retracted ones too."""

    ranks: ClassVar[Mapping[type[Event], int]]
    numbered: ClassVar[frozenset[int]]
    """Ranks of the events whose sequence orders those of one instant."""
    order_independent: ClassVar[frozenset[type[Event]]]
    non_actual: ClassVar[frozenset[type[Event]]]
    has_clock: ClassVar[bool]
    """Whether its states depend on the clock."""

    def __init_subclass__(cls) -> None:
        """Check the table of handlers and derive what `fold` reads. Raises TypeError."""
        super().__init_subclass__()
        tables.check_complete(cls.kind, cls.handlers)
        if cls.kind not in POLICY_KINDS and any(
            isinstance(each, OnWithPolicy) for each in cls.handlers
        ):
            raise TypeError(f"a handler of {cls.kind} reads the policy: add it to POLICY_KINDS")
        cls.ranks = tables.ranks(cls.handlers)
        cls.numbered = frozenset(cls.ranks[each.event] for each in cls.handlers if each.numbered)
        cls.order_independent = frozenset(
            each.event for each in cls.handlers if each.order_independent
        )
        cls.has_clock = cls.on_clock is not Aggregate.on_clock
        cls.non_actual = frozenset(each.event for each in cls.handlers if each.non_actual)

    def __init__(self, policies: PolicyHistory | Policy) -> None:
        """`policies`: a policy alone was always in force."""
        if isinstance(policies, Policy):
            policies = PolicyHistory(policies)
        if self.kind not in POLICY_KINDS:
            policies = PolicyHistory(policies.first)  # an adoption changes nothing for it
        self._policies = policies
        self.handler_of = {
            each.event: self.guard(each.event, each.bind(policies)) for each in self.handlers
        }
        """By event class, under these policies. For speed, the fold looks handlers up here."""

    def under(self, policies: PolicyHistory) -> Self:
        """Return the aggregate of this kind under other policies."""
        return type(self)(policies)

    @property
    def policies(self) -> PolicyHistory:
        """The policies that it judges by."""
        return self._policies

    def new(self, key: str) -> S:
        """Return the state before any fact."""
        return self.state_type(key=key, policy_number=self._policies.number)

    def guard(self, event: type[Event], handler: Handler) -> Handler:  # noqa: ARG002
        """Return the handler, wrapped in a guard that several events share, if there is one."""
        return handler

    def reject_foreign(self, event: Event) -> Rejection:
        """Reject an event of another aggregate."""
        return Rejection(RejectionCode.NOT_MINE, f"{event.name} is not an event of a {self.kind}")

    def apply(self, state: S, entry: Entry) -> Rejection | None:
        """Change `state` by an effective fact, or return why not."""
        event = entry.fact.data
        handler = self.handler_of.get(type(event))
        return self.reject_foreign(event) if handler is None else handler(state, entry, event)

    def audit(self, state: S, entry: Entry, *, effective: bool) -> None:
        """Note a fact; in any order. `effective`: nothing corrects or retracts it."""

    def applies_late(self, state: S, fact: Fact) -> bool:  # noqa: ARG002
        """Tell whether applying a late fact now gives the same state as applying it in order."""
        return False

    def derive(self, state: S) -> None:
        """Derive what follows from the facts and from other aggregates' snapshots. Idempotent."""

    def on_clock(self, state: S, clock_at: datetime) -> None:
        """Decide how deadlines stand at `clock_at`. Idempotent; the clock may skip any time.

        `clock_at` is earlier than before when ticks are void: what they caused must be gone then.
        """

    def deadline(self, state: S) -> datetime | None:  # noqa: ARG002
        """Return the next instant at which `on_clock` would change something."""
        return None

    def outputs(self, state: S) -> dict[str, Publication]:
        """List what others must know now, by output id; `changes` fills in `revision`."""
        raise NotImplementedError

    def columns(self, state: S) -> QueryColumns:  # noqa: ARG002
        """Return the query columns of its row; none, if its states are only read by key."""
        return NoColumns()
