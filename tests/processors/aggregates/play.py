"""Plays facts to one owner, and checks at each step what must always hold."""

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
from processors.kernel.outputs import Change, Message, Output, Publication, changes

START = datetime(2026, 3, 1, tzinfo=UTC)
_ids = count(1)


def at(minutes: float) -> datetime:
    """So many minutes into the story."""
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
    """A fact that happened `minutes` into the story."""
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


def _check_order(known: Publication, said: Publication) -> None:
    """Who hears both knows which came later: by its revision or by its time.

    Alerts need neither: one log keeps their order.
    """
    if not (isinstance(known, Output) and isinstance(said, Output)):
        return
    if known.event != said.event and not isinstance(said.event, AlertRaised):
        assert "revision" in said.event.__struct_fields__ or said.at > known.at, said.event


class Play:
    """One owner. After each step the state equals the fold of all facts and survives JSON."""

    def __init__(self, core: Aggregate[Any], key: str) -> None:
        self.core = core
        self.key = key
        self.entries: list[Entry] = []
        self.state: Any = core.new(key)
        self.clock_at: datetime | None = None
        self.messages: list[Message] = []
        self.refolds = 0

    def say(self, event: Event, minutes: float, **more: Any) -> Entry:
        """One more fact; what it makes the owner publish goes to `published`."""
        said = entry(event, minutes, **more)
        self.take([said])
        return said

    def take(self, new: list[Entry]) -> None:
        """Several facts in one batch."""
        before = self.core.outputs(self.state)
        self.entries += new
        advanced = advance(self.core, self.state, new, lambda: self.entries, clock_at=self.clock_at)
        self.refolds += advanced.refolded
        self.state = advanced.state
        self._check()
        after = self.core.outputs(self.state)
        for output_id in before.keys() & after.keys():
            _check_order(before[output_id], after[output_id])
        self.messages += changes(before, after, state=self.state, at=self.state.changed_at)

    def tick(self, minutes: float) -> None:
        """The clock goes on."""
        before = self.core.outputs(self.state)
        self.clock_at = at(minutes)
        self.state = tick(self.core, self.state, self.clock_at)
        self._check()
        after = self.core.outputs(self.state)
        self.messages += changes(before, after, state=self.state, at=self.clock_at)

    def _check(self) -> None:
        again = fold(self.core, self.key, self.entries, clock_at=self.clock_at)
        body = encode_state(self.state)
        if self.core.kind != "lane":  # a lane remembers at which tick it began to ask
            assert body == encode_state(again)
        assert msgspec.json.decode(body, type=self.core.state_type) == self.state
        columns = self.core.columns(self.state)
        assert type(columns) is QUERY_COLUMNS[self.core.kind]
        assert columns == self.core.columns(again)

    def refusals(self) -> list[str]:
        """Codes of all refused facts."""
        return sorted(refused.code for refused in self.state.rejected.values())

    @property
    def published(self) -> list[Change]:
        """Published events, in order."""
        return [message for message in self.messages if isinstance(message, Change)]

    def said(self, name: str) -> list[Any]:
        """Published events of that name, in order."""
        return [change.event for change in self.published if change.event.name == name]

    def now(self, name: str) -> list[Any]:
        """Events of that name among the outputs now."""
        outputs = self.core.outputs(self.state).values()
        events = [output.event for output in outputs if isinstance(output, Output)]
        return [event for event in events if event.name == name]

    def alerts(self) -> set[str]:
        """Codes of the alerts that stand."""
        return {event.code for event in self.now("alert.raised")}
