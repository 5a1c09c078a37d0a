"""Handler tables: one declaration per event, in the order of the life cycle."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.rejections import RejectionCode
from processors.kernel.corrections import Entry

S = TypeVar("S")
E = TypeVar("E", bound=Event)
LAST_RANK = 99
"""Rank of events without a place in the life cycle."""


class Rejection(NamedTuple):
    """The reason why an event may not change the state."""

    code: RejectionCode
    reason: str


Handler: TypeAlias = Callable[[Any, Entry, Any], Rejection | None]
"""(state, entry, its event): changes the state, or returns why not."""


@dataclass(frozen=True)
class On(Generic[S, E]):
    """An event class and the handler that applies it."""

    event: type[E]
    handler: Callable[[S, Entry, E], Rejection | None]
    _: KW_ONLY
    order_independent: bool = False
    """The handler does the same before or after any other event, so a late event needs no refold.
    Such events have no rank in the life cycle."""
    numbered: bool = False
    """The `sequence` of the event orders those of one instant."""
    non_actual: bool = False
    """The event counts although it is classified as planned, estimated or requested."""

    def bind(self, policies: PolicyHistory) -> Handler:  # noqa: ARG002
        """Return the handler under these policies."""
        return self.handler


@dataclass(frozen=True)
class OnWithPolicy(On[S, E]):
    """An event class and a handler that also reads the policy of the time when it happened."""

    handler: Callable[[S, Entry, E, Policy], Rejection | None]  # type: ignore[assignment]

    def bind(self, policies: PolicyHistory) -> Handler:
        """Return the handler under these policies."""
        handler: Any = self.handler
        only, policy_at = policies.only, policies.at

        def apply(state: S, entry: Entry, event: E) -> Rejection | None:
            policy = only or policy_at(entry.fact.occurred_at)
            rejection: Rejection | None = handler(state, entry, event, policy)
            return rejection

        return apply


def check_complete(kind: AggregateKind, handlers: Sequence[On[Any, Any]]) -> None:
    """Raise TypeError unless the table has each event of that aggregate kind exactly once."""
    declared = [each.event for each in handlers]
    owned = {event for event in EVENTS.values() if kind in event.aggregate_kinds()}
    twice = sorted({event.name for event in declared if declared.count(event) > 1})
    missing = sorted(event.name for event in owned - set(declared))
    foreign = sorted(event.name for event in set(declared) - owned)
    problems = [
        f"{problem}: {', '.join(names)}"
        for problem, names in (
            ("no handler for", missing),
            ("more than one handler for", twice),
            ("not events of this aggregate", foreign),
        )
        if names
    ]
    if problems:
        raise TypeError(f"the handler table of aggregate {kind!r} is wrong ({'; '.join(problems)})")


def ranks(handlers: Iterable[On[Any, Any]]) -> Mapping[type[Event], int]:
    """Return the rank of each ordered event in the life cycle; it orders events of one instant."""
    ordered = (each.event for each in handlers if not each.order_independent)
    return {event: rank for rank, event in enumerate(ordered)}
