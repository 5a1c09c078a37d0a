"""The shell of the simulation: pace, ticks, gates, recorded plans, files."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from groupage.contracts.codec import envelope_json, fact_from_json
from groupage.domain.errors import InvalidInput, Misconfigured
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from producers.simulator.parameters import parameters_for
from producers.simulator.play import HubLink, Limits, Player
from producers.simulator.recorded import RecordedPlans
from producers.simulator.simulation import Simulation
from producers.simulator.sinks import FileSink
from tests.simulator.paper_hub import PaperHub

_QUICK = Limits(gate_timeout_s=0.01, lag_timeout_s=0.01)


class PaperLink:
    """A sink and the hub behind it, on paper. It answers at the tick after the wish."""

    def __init__(self, *, answers: bool = True) -> None:
        self.facts: list[Fact] = []
        self.ticks: list[datetime] = []
        self.told: list[tuple[datetime, Event]] = []
        self._hub = PaperHub()
        self._answers = answers
        self._waiting: list[Event] = []
        self._heard: list[Event] = []

    async def __aenter__(self) -> Self:
        """Nothing to open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    async def send(self, facts: Sequence[Fact]) -> None:
        """Take facts in; plans wait for the next tick."""
        self.facts += facts
        self._waiting += self._hub.take(list(facts))

    async def tick(self, at: datetime) -> None:
        """Time passes: what was asked for is answered."""
        self.ticks.append(at)
        if self._answers:
            self._heard += self._waiting
            self.told += [(at, event) for event in self._waiting]
        self._waiting = []

    def drain(self) -> list[Event]:
        """What was published since."""
        heard, self._heard = self._heard, []
        return heard

    async def backlog(self) -> int:
        """Paper is never behind."""
        return 0

    def link(self) -> HubLink:
        """For a player."""
        return HubLink(tick=self.tick, drain=self.drain, backlog=self.backlog)


@pytest.mark.slow
async def test_the_day_waits_at_its_cut_offs_and_follows_the_plans() -> None:
    """In fast motion nothing is given up, time only goes forward, and containers leave."""
    simulation, paper = Simulation(parameters_for("small", seed=2)), PaperLink()
    player = Player(simulation, paper, pace="fast", hub=paper.link())
    await player.play()
    outcome = simulation.outcome()
    assert player.progress.gave_up == 0
    assert outcome.containers_out >= 5
    assert paper.ticks == sorted(paper.ticks)
    assert paper.ticks[-1] >= simulation.end_at
    assert player.progress.facts == len(paper.facts)


@pytest.mark.slow
async def test_a_silent_hub_is_given_up_on_within_the_budget() -> None:
    """Without any answer the day ends all the same, says so, and loads nothing."""
    simulation, paper = Simulation(parameters_for("small", seed=2)), PaperLink(answers=False)
    player = Player(simulation, paper, pace="fast", hub=paper.link(), limits=_QUICK)
    await player.play()
    assert player.progress.gave_up > 0
    assert simulation.outcome().containers_out == 0
    assert not any(fact.type == "unit.loaded" for fact in paper.facts)


@pytest.mark.slow
async def test_recorded_plans_make_the_same_day_again(tmp_path: Path) -> None:
    """Plans kept in a file are followed as they were when they were told."""
    first, paper = Simulation(parameters_for("small", seed=2)), PaperLink()
    await Player(first, paper, pace="fast", hub=paper.link()).play()
    plans = tmp_path / "plans.jsonl"
    plans.write_bytes(b"".join(_line(at, number, e) for number, (at, e) in enumerate(paper.told)))
    again, out = Simulation(parameters_for("small", seed=2)), tmp_path / "facts.jsonl"
    recorded = RecordedPlans(plans)
    link = HubLink(drain=lambda: recorded.until(again.now), waits=False)
    async with FileSink(out) as sink:
        await Player(again, sink, pace="max", hub=link).play()
    loaded = [fact for fact in map(fact_from_json, out.read_bytes().splitlines()) if _load(fact)]
    assert len(loaded) == sum(_load(fact) for fact in paper.facts) > 0


def _load(fact: Fact) -> bool:
    return fact.type == "unit.loaded"


def _line(at: datetime, number: int, event: Event) -> bytes:
    fact = Fact(
        event_id=str(number),
        source="/groupage/paper",
        key=event.key,
        occurred_at=at,
        recorded_at=at + timedelta(seconds=1),
        data=event,
    )
    return envelope_json(fact) + b"\n"


def test_a_wrong_file_of_plans_is_refused_with_its_line(tmp_path: Path) -> None:
    """The message names file and line."""
    plans = tmp_path / "plans.jsonl"
    plans.write_text('{"specversion": "1.0"}\n')
    with pytest.raises(InvalidInput, match=r"plans\.jsonl, line 1"):
        RecordedPlans(plans)
    with pytest.raises(InvalidInput, match="cannot be read"):
        RecordedPlans(tmp_path / "none.jsonl")


async def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message names the path."""
    with pytest.raises(Misconfigured, match="absent"):
        await FileSink(tmp_path / "absent" / "facts.jsonl").__aenter__()
