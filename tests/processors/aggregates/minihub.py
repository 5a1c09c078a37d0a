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
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold, tick
from processors.kernel.outputs import Forward, change_id, changes
from tests.processors.aggregates.play import at

Owner = tuple[AggregateKind, str]


class MiniHub:
    """States, facts and what is on its way. Delivers in any order, and twice when told so."""

    def __init__(self) -> None:
        self.aggregates = all_aggregates(Policy(release_before_stuffing=True))
        self.states: dict[Owner, Any] = {}
        self.facts: dict[Owner, dict[str, Entry]] = {}
        self.due: list[Fact] = []
        self.requests: list[pl.PlanRequested] = []
        self.alerts: set[str] = set()
        self.unchecked: set[Owner] = set()
        self.minute = 0.0
        self.number = 0

    def state(self, kind: AggregateKind, key: str) -> Any:
        """The state of an owner, made when it is new."""
        return self.states.setdefault((kind, key), self.aggregates[kind].new(key))

    def tell(self, event: Event, *, minutes: float | None = None, **more: Any) -> Fact:
        """Somebody outside says so now (or at that minute)."""
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
        self.hear(fact)
        return fact

    def hear(self, fact: Fact) -> None:
        """Deliver one fact; a duplicate changes nothing."""
        for single in fact.fan_out():
            self._hear(single)

    def _hear(self, fact: Fact) -> None:
        kind, key = fact.data.aggregate_kind, fact.key
        core, state = self.aggregates[kind], self.state(kind, key)
        stored = self.facts.setdefault((kind, key), {})
        entry = Entry(fact_id(fact).hex, fact)
        if entry.fact_id in stored:
            return
        before = core.outputs(state)
        stored[entry.fact_id] = entry
        now = at(self.minute)
        after = advance(core, state, [entry], stored.values, clock_at=now).state
        self._conclude((kind, key), before, after)

    def tick(self, minutes: float) -> None:
        """The clock goes on, for everybody."""
        self.minute += minutes
        for owner, state in list(self.states.items()):
            before = self.aggregates[owner[0]].outputs(state)
            self._conclude(owner, before, tick(self.aggregates[owner[0]], state, at(self.minute)))

    def _conclude(self, owner: Owner, before: Any, state: Any) -> None:
        kind, key = owner
        self.states[owner] = state
        self.unchecked.add(owner)
        now = at(self.minute)
        for change in changes(before, self.aggregates[kind].outputs(state), state=state, at=now):
            if isinstance(change, Forward):
                waiting = self.facts[owner][change.fact_id].fact
                self.due.append(change.readdressed(waiting, kind))
                continue
            event = change.event
            if isinstance(event, pl.PlanRequested):
                self.requests.append(event)
            elif isinstance(event, AlertRaised):
                self.alerts.add(event.alert_id)
            elif isinstance(event, AlertCleared):
                self.alerts.discard(event.alert_id)
            elif event.kind != "alert":
                self.due.append(
                    Fact(
                        event_id=change_id(kind, key, change, state.revision),
                        source=f"/groupage/{kind}",
                        key=event.key,
                        occurred_at=change.at,
                        recorded_at=now,
                        data=event,
                        relayed_by=kind,
                    )
                )

    def deliver(self, index: int, *, twice: bool = False) -> None:
        """One of the facts on their way arrives."""
        if not self.due:
            return
        fact = self.due.pop(index % len(self.due))
        self.hear(fact)
        if twice:
            self.hear(fact)

    def settle(self) -> None:
        """Everything on its way arrives. It must end: nobody talks in circles."""
        for _ in range(5_000):
            if not self.due:
                return
            self.deliver(0)
        raise AssertionError("the owners talk in circles")

    def check(self) -> None:
        """Each state that changed is the fold of its facts, and survives JSON."""
        while self.unchecked:
            kind, key = self.unchecked.pop()
            core, state = self.aggregates[kind], self.states[kind, key]
            entries = self.facts.get((kind, key), {}).values()
            again = fold(core, key, entries, clock_at=at(self.minute))
            if kind == "lane":
                again.pending_request = state.pending_request
            assert encode_state(state) == encode_state(again), (kind, key)
            assert msgspec.json.decode(encode_state(state), type=core.state_type) == state
