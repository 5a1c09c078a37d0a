"""All aggregates wired together without Kafka and PostgreSQL: outputs arrive sooner or later."""

from typing import Any

import msgspec

from groupage.contracts.encoding import fact_id
from groupage.domain.events import planning as pl
from groupage.domain.events.alerts import AlertCleared, AlertRaised
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold, tick
from processors.kernel.outputs import Forward, Publication, changes
from tests.processors.aggregates.play import at

AggregateKey = tuple[AggregateKind, str]


class MiniHub:
    """States, facts and messages under way, which it delivers in any order, or twice if asked."""

    def __init__(self, aggregates: dict[AggregateKind, Aggregate[Any]] | None = None) -> None:
        self.aggregates = aggregates or all_aggregates(Policy(release_before_stuffing=True))
        self.states: dict[AggregateKey, Any] = {}
        self.facts: dict[AggregateKey, dict[str, Entry]] = {}
        self.due: list[Fact] = []
        self.requests: list[pl.PlanRequested] = []
        self.alerts: dict[str, AlertRaised] = {}
        """Open alerts by id."""
        self.published: dict[AggregateKey, dict[str, Publication]] = {}
        """The outputs of each state; for speed, a state's are listed once."""
        self.unchecked: set[AggregateKey] = set()
        self.minute = 0.0
        self.number = 0

    def state(self, kind: AggregateKind, key: str) -> Any:
        """Return the state of an aggregate; a new one if it has no facts."""
        return self.states.setdefault((kind, key), self.aggregates[kind].new(key))

    def publish(self, event: Event, *, minutes: float | None = None, **more: Any) -> Fact:
        """Publish an event from outside, which happened now (or at that minute)."""
        self.number += 1
        happened = self.minute if minutes is None else minutes
        fact = Fact(
            event_id=f"o{self.number}",
            source="/outside",
            key=event.key,
            occurred_at=at(happened),
            recorded_at=at(self.minute),
            data=event,
            **more,
        )
        self.receive(fact)
        return fact

    def receive(self, fact: Fact) -> None:
        """Deliver one fact; a duplicate changes nothing."""
        for single in fact.fan_out():
            self._receive(single)

    def _receive(self, fact: Fact) -> None:
        kind, key = fact.data.aggregate_kind, fact.key
        aggregate, state = self.aggregates[kind], self.state(kind, key)
        stored = self.facts.setdefault((kind, key), {})
        entry = Entry(fact_id(fact).hex, fact)
        if entry.fact_id in stored:
            return
        stored[entry.fact_id] = entry
        now = at(self.minute)
        after = advance(aggregate, state, [entry], stored.values, clock_at=now).state
        self._publish_changes((kind, key), after)

    def tick(self, minutes: float) -> None:
        """Advance the clock of all aggregates."""
        self.minute += minutes
        for owner, state in list(self.states.items()):
            self._publish_changes(owner, tick(self.aggregates[owner[0]], state, at(self.minute)))

    def _publish_changes(self, owner: AggregateKey, state: Any) -> None:
        kind, key = owner
        before = self.published.get(owner, {})
        after = self.published[owner] = self.aggregates[kind].outputs(state)
        self.states[owner] = state
        self.unchecked.add(owner)
        now = at(self.minute)
        for change in changes(before, after, state=state, at=now):
            if isinstance(change, Forward):
                waiting = self.facts[owner][change.fact_id].fact
                revision = state.revision
                self.due.append(change.fact(waiting, kind, revision=revision, recorded_at=now))
                continue
            event = change.event
            if isinstance(event, pl.PlanRequested):
                self.requests.append(event)
            elif isinstance(event, AlertRaised):
                self.alerts[event.alert_id] = event
            elif isinstance(event, AlertCleared):
                self.alerts.pop(event.alert_id, None)
            elif event.kind != "alert":
                self.due.append(change.fact(kind, key, revision=state.revision, recorded_at=now))

    def deliver(self, index: int, *, twice: bool = False) -> None:
        """Deliver one of the facts under way."""
        if not self.due:
            return
        fact = self.due.pop(index % len(self.due))
        self.receive(fact)
        if twice:
            self.receive(fact)

    def settle(self) -> None:
        """Deliver all facts under way. That must end: messages may not go in circles."""
        for _ in range(5_000):
            if not self.due:
                return
            self.deliver(0)
        raise AssertionError("the aggregates publish in circles")

    def check(self) -> None:
        """Check that each changed state equals the fold of its facts, and survives JSON."""
        while self.unchecked:
            kind, key = self.unchecked.pop()
            aggregate, state = self.aggregates[kind], self.states[kind, key]
            entries = self.facts.get((kind, key), {}).values()
            again = fold(aggregate, key, entries, clock_at=at(self.minute))
            if kind == "lane":
                again.pending_request = state.pending_request
            assert encode_state(state) == encode_state(again), (kind, key)
            assert msgspec.json.decode(encode_state(state), type=aggregate.state_type) == state
