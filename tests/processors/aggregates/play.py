"""Deliver facts to one aggregate, and check after each step what must always hold."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from groupage.contracts.encoding import fact_id
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.base import Event
from groupage.domain.fact import Classifier, Fact
from groupage.domain.state.columns import QUERY_COLUMNS
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold, tick
from processors.kernel.outputs import (
    Change,
    Message,
    Output,
    Publication,
    changes,
    forms_series,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
_ids = count(1)


def at(minutes: float) -> datetime:
    """Return the instant that many minutes into the story."""
    return START + timedelta(minutes=minutes)


def entry(
    event: Event,
    minutes: float,
    *,
    event_id: str | None = None,
    correction_of: str | None = None,
    retracted: bool = False,
    classifier: Classifier = "ACT",
    recorded: float | None = None,
) -> Entry:
    """Make a fact that happened `minutes` into the story."""
    fact = Fact(
        event_id=event_id or f"e{next(_ids)}",
        source="/test",
        key=event.key,
        occurred_at=at(minutes),
        recorded_at=at(minutes if recorded is None else recorded),
        data=event,
        correction_of=correction_of,
        retracted=retracted,
        classifier=classifier,
    )
    return Entry(fact_id(fact).hex, fact)


def _check_order(before: Publication, after: Publication) -> None:
    """Check that a reader of both knows which is newer: by series, revision or time.

    Alerts need none: a single partition keeps their order.
    """
    if not (isinstance(before, Output) and isinstance(after, Output)):
        return
    if forms_series(after.event):
        return
    if before.event != after.event and not isinstance(after.event, AlertRaised):
        assert "revision" in after.event.__struct_fields__ or after.at > before.at, after.event


class Play:
    """An aggregate whose state, after each step, equals the fold of all facts and survives JSON."""

    def __init__(self, aggregate: Aggregate[Any], key: str) -> None:
        self.aggregate = aggregate
        self.key = key
        self.entries: list[Entry] = []
        self.state: Any = aggregate.new(key)
        self.clock_at: datetime | None = None
        self.messages: list[Message] = []
        self.refolds = 0

    def deliver(self, event: Event, minutes: float, **more: Any) -> Entry:
        """Deliver a fact; the messages of the aggregate go to `messages`."""
        new = entry(event, minutes, **more)
        self.deliver_batch([new])
        return new

    def deliver_batch(self, new: list[Entry]) -> None:
        """Deliver several facts in one batch."""
        before = self.aggregate.outputs(self.state)
        self.entries += new
        advanced = advance(
            self.aggregate, self.state, new, lambda: self.entries, clock_at=self.clock_at
        )
        self.refolds += advanced.refolded
        self.state = advanced.state
        self._check()
        after = self.aggregate.outputs(self.state)
        for output_id in before.keys() & after.keys():
            _check_order(before[output_id], after[output_id])
        self.messages += changes(before, after, state=self.state, at=self.state.changed_at)

    def tick(self, minutes: float) -> None:
        """Advance the clock."""
        before = self.aggregate.outputs(self.state)
        self.clock_at = at(minutes)
        self.state = tick(self.aggregate, self.state, self.clock_at)
        self._check()
        after = self.aggregate.outputs(self.state)
        self.messages += changes(before, after, state=self.state, at=self.clock_at)

    def _check(self) -> None:
        again = fold(self.aggregate, self.key, self.entries, clock_at=self.clock_at)
        body = encode_state(self.state)
        if self.aggregate.kind != "lane":  # a lane keeps at which tick its request became due
            assert body == encode_state(again)
        assert msgspec.json.decode(body, type=self.aggregate.state_type) == self.state
        columns = self.aggregate.columns(self.state)
        assert type(columns) is QUERY_COLUMNS[self.aggregate.kind]
        assert columns == self.aggregate.columns(again)

    def rejections(self) -> list[str]:
        """Return the codes of all rejected facts."""
        return sorted(rejected.code for rejected in self.state.rejected.values())

    @property
    def published(self) -> list[Change]:
        """The events that it published, in order, without those that it took back."""
        return [
            message
            for message in self.messages
            if isinstance(message, Change) and message.step != "withdrawn"
        ]

    def taken_back(self, name: str) -> list[Any]:
        """Return the events of that name that it published and took back."""
        return [
            message.event
            for message in self.messages
            if isinstance(message, Change)
            and message.step == "withdrawn"
            and message.event.name == name
        ]

    def sent(self, name: str) -> list[Any]:
        """Return the events of that name that it published, in order."""
        return [change.event for change in self.published if change.event.name == name]

    def outputs(self, name: str) -> list[Any]:
        """Return the events of that name among its outputs now."""
        outputs = self.aggregate.outputs(self.state)
        messages = [
            message
            for output_id, output in outputs.items()
            for message in output.messages(output_id, None, START)
        ]
        events = [message.event for message in messages if isinstance(message, Change)]
        return [event for event in events if event.name == name]

    def alerts(self) -> set[str]:
        """Return the codes of the alerts that stand."""
        return {event.code for event in self.outputs("alert.raised")}
