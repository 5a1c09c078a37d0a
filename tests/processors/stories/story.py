"""A story: what happens at a hub, and how news of it reaches the hub. Plain data.

An `Act` is an event at its time with its treatment. The `facts` of all acts are the log that the
hub gets; their `effective` facts are the log as it would have been without any mistake.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from tests.processors.aggregates.play import at

_GAP = 0.1
"""Of two corrections of one fact, the last recorded counts: they may not be recorded at once."""

Version = tuple[float, Event]
"""(minute, event): a statement of what happened when."""


class Sending(NamedTuple):
    """One fact of a treatment: its suffix, the suffix of the fact that it is about, and how."""

    suffix: str
    about: str | None = None
    retracted: bool = False


class Treatment(NamedTuple):
    """The facts by which a source states an event, in the order in which it records them."""

    sendings: tuple[Sending, ...]
    effective: str | None
    """Suffix of the fact that counts in the end; it states the event as it was. None: no fact."""


TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {
        "plain": Treatment((Sending(""),), ""),
        "retracted": Treatment((Sending(""), Sending("r", "", retracted=True)), None),
        "reinstated": Treatment(
            (Sending(""), Sending("r", "", retracted=True), Sending("q", "r", retracted=True)), ""
        ),
        "corrected": Treatment((Sending(""), Sending("c", "")), "c"),
        "correction corrected": Treatment((Sending(""), Sending("c", ""), Sending("d", "c")), "d"),
        "corrected twice": Treatment((Sending(""), Sending("c", ""), Sending("d", "")), "d"),
        "correction retracted": Treatment(
            (Sending(""), Sending("c", ""), Sending("r", "c", retracted=True)), ""
        ),
        "correction and event retracted": Treatment(
            (
                Sending(""),
                Sending("c", ""),
                Sending("r", "c", retracted=True),
                Sending("s", "", retracted=True),
            ),
            None,
        ),
    }
)


class Act(NamedTuple):
    """An event of the story, and how its source states it."""

    name: str
    minute: float
    event: Event
    treatment: str = "plain"
    wrong: tuple[Version, ...] = ()
    """What the facts state that do not count in the end, in turn; empty: the event itself."""
    gaps: tuple[float, ...] = ()
    """Minutes from one fact of the treatment to the next; `_GAP` where none is given."""
    delays: tuple[float, ...] = ()
    """Minutes from the recording of each fact to its arrival; 0 where none is given."""
    repeats: tuple[float, ...] = ()
    """Minutes after which the first fact, the second … arrives once more; negative: it does not."""
    source: str = "/outside"

    def facts(self) -> list[tuple[float, Fact]]:
        """Return (minute of arrival, fact) of each fact, repetitions included."""
        treatment = TREATMENTS[self.treatment]
        arrivals: list[tuple[float, Fact]] = []
        recorded, wrong = 0.0, 0
        stated: dict[str, Version] = {}
        for number, sending in enumerate(treatment.sendings):
            if sending.retracted:
                minute, event = stated[sending.about or ""]
            elif sending.suffix == treatment.effective or not self.wrong:
                minute, event = self.minute, self.event
            else:
                minute, event = self.wrong[wrong % len(self.wrong)]
                wrong += 1
            stated[sending.suffix] = (minute, event)
            # Recorded not before it happened: the hub knows nothing of the future.
            recorded = max(recorded, self.minute, minute) + _at(self.gaps, number, _GAP)
            fact = _fact(self, sending, minute, event, recorded)
            arrival = recorded + _at(self.delays, number, 0.0)
            arrivals.append((arrival, fact))
            repeated = _at(self.repeats, number, -1.0)
            if repeated >= 0:
                arrivals.append((arrival + repeated, fact))
        return arrivals

    def effective(self) -> Fact | None:
        """Return the fact as it would be if the source had stated the event right at once."""
        suffix = TREATMENTS[self.treatment].effective
        if suffix is None:
            return None
        return _fact(self, Sending(suffix), self.minute, self.event, self.minute)


def _at(values: tuple[float, ...], number: int, default: float) -> float:
    return values[number] if number < len(values) else default


def _id(act: Act, suffix: str) -> str:
    return f"{act.name}{'-' if suffix else ''}{suffix}"


def _fact(act: Act, sending: Sending, minute: float, event: Event, recorded: float) -> Fact:
    return Fact(
        event_id=_id(act, sending.suffix),
        source=act.source,
        key=event.key,
        occurred_at=at(minute),
        recorded_at=at(recorded),
        correction_of=None if sending.about is None else _id(act, sending.about),
        retracted=sending.retracted,
        data=event,
    )


class Story(msgspec.Struct, frozen=True):
    """Acts, ticks and the end of the clock; `seed` orders the messages between aggregates."""

    seed: str
    acts: tuple[Act, ...]
    end: float
    """Minute of the last tick."""
    auto_approve: bool = True
    dead_freight_notice_s: int = 108_000
    shuffled: bool = True
    """Messages between aggregates arrive in any order, late and twice; false: at once."""
    ticks: tuple[float, ...] = ()
    """Minutes of more ticks on the way."""
