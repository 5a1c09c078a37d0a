"""The shell of the simulation: pace, ticks, gates, recorded plans, files."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import msgspec
import pytest

from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.encoding import envelope_json
from groupage.domain.errors import InvalidInput, Misconfigured, Unavailable
from groupage.domain.events.base import Event
from groupage.domain.events.planning import PlanRequested
from groupage.domain.fact import Fact
from producers.simulator.parameters import parameters_for
from producers.simulator.play import HubLink, Limits, Pace, Player, Progress
from producers.simulator.recorded import RecordedPlans
from producers.simulator.simulation import Simulation
from producers.simulator.sinks import FileSink
from tests.simulator.paper_hub import PaperHub

_IMPATIENT = Limits(stall_s=0.5)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at once again: a hub on paper does nothing between two looks."""
    monkeypatch.setattr("producers.simulator.play._POLL_S", 0.0)
    monkeypatch.setattr("producers.simulator.play._POLL_NEAR_S", 0.0)
    monkeypatch.setattr("producers.simulator.play._AGAIN_S", 0.1)


class PaperLink:
    """A sink and the hub behind it, on paper. It answers at the tick after the wish."""

    def __init__(self, *, answers: bool = True, asks: bool = True) -> None:
        self.facts: list[Fact] = []
        self.ticks: list[datetime] = []
        self.published: list[tuple[datetime, Event]] = []
        self._hub = PaperHub()
        self._answers = answers
        self._asks = asks
        self._waiting: list[Event] = []
        self._received: list[Event] = []

    async def __aenter__(self) -> Self:
        """Nothing to open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    def encode(self, facts: Sequence[Fact]) -> Sequence[Fact]:
        """Paper takes facts as they are."""
        return facts

    async def send(self, facts: Sequence[Fact]) -> None:
        """Take facts in; plans wait for the next tick."""
        self.facts += facts
        self._waiting += self._hub.take(list(facts))

    async def tick(self, at: datetime) -> None:
        """Time passes: what was asked for is answered."""
        self.ticks.append(at)
        if self._answers:
            self._received += self._waiting
        elif self._asks:
            self._received += [one for one in self._waiting if isinstance(one, PlanRequested)]
        self._waiting = []

    def drain(self) -> list[Event]:
        """What was published since."""
        received, self._received = self._received, []
        self.published += [(self.ticks[-1], event) for event in received]
        return received

    async def backlog(self) -> int:
        """Paper is never behind."""
        return 0

    def link(self) -> HubLink:
        """For a player."""
        return HubLink(tick_lanes=self.tick, drain=self.drain, backlog=self.backlog)


@pytest.mark.slow
async def test_the_day_waits_at_its_cut_offs_and_follows_the_plans() -> None:
    """In fast motion every plan comes in time, time only goes forward, and containers leave."""
    simulation, paper = Simulation(parameters_for("small", seed=2)), PaperLink()
    player = Player(simulation, paper, pace="fast", hub=paper.link())
    await player.play()
    outcome = simulation.outcome()
    assert player.progress.unplanned == player.progress.unforeseen == 0
    assert outcome.containers_out >= 5
    assert paper.ticks == sorted(paper.ticks)
    assert paper.ticks[-1] >= simulation.end_at
    assert player.progress.facts == len(paper.facts)


@pytest.mark.slow
async def test_a_hub_that_asks_for_no_plan_is_told_of() -> None:
    """Nobody asks, so nobody is waited for: the gates count, and nothing is loaded."""
    simulation = Simulation(parameters_for("small", seed=2))
    paper = PaperLink(answers=False, asks=False)
    player = Player(simulation, paper, pace="fast", hub=paper.link(), limits=_IMPATIENT)
    await player.play()
    assert player.progress.unplanned > 0
    assert simulation.outcome().containers_out == 0
    assert not any(fact.type == "unit.loaded" for fact in paper.facts)


@pytest.mark.slow
async def test_a_planner_that_never_answers_ends_the_day_in_words() -> None:
    """The message names the lane that asked and what must run."""
    simulation, paper = Simulation(parameters_for("small", seed=2)), PaperLink(answers=False)
    player = Player(simulation, paper, pace="max", hub=paper.link(), limits=_IMPATIENT)
    with pytest.raises(Unavailable, match=r"without an answer: CN\w+-\w+.*planner must run"):
        await player.play()


class SlowLink(PaperLink):
    """A hub whose speed is chance: the lanes' answers come late, in pieces, in any order."""

    def __init__(self, luck: int) -> None:
        super().__init__()
        self._luck = random.Random(luck)
        self._left = 0
        self._fetched: list[Event] = []

    async def send(self, facts: Sequence[Fact]) -> None:
        """Take facts in; it will need a few looks to be done with them."""
        await super().send(facts)
        self._left = self._luck.randrange(4)

    async def tick_lanes(self, at: datetime) -> None:
        """Lanes ask: the answers will take a few looks."""
        await super().tick(at)
        self._left = self._luck.randrange(6)

    async def tick_others(self, at: datetime) -> None:
        """Nobody asks."""

    async def received_all(self) -> bool:
        """A lane's events stay in order; which lane comes first is chance."""
        lanes = sorted({event.key for event in self._received})
        chosen = set(self._luck.sample(lanes, self._luck.randint(0, len(lanes))))
        self._fetched += [event for event in self._received if event.key in chosen]
        self._received = [event for event in self._received if event.key not in chosen]
        return not self._received

    def drain(self) -> list[Event]:
        """What was fetched so far."""
        fetched, self._fetched = self._fetched, []
        return fetched

    async def backlog(self) -> int:
        """Fewer at each look."""
        self._left = max(self._left - 1, 0)
        return self._left

    def link(self) -> HubLink:
        """For a player."""
        return HubLink(
            tick=self.tick_others,
            tick_lanes=self.tick_lanes,
            drain=self.drain,
            received_all=self.received_all,
            backlog=self.backlog,
        )


async def _played(seed: int, *, luck: int, pace: Pace) -> list[bytes]:
    paper = SlowLink(luck)
    simulation = Simulation(parameters_for("small", seed=seed))
    player = Player(simulation, paper, pace=pace, hub=paper.link())
    await player.play()
    assert simulation.outcome().containers_out >= 5
    return list(map(envelope_json, paper.facts))


@pytest.mark.slow
async def test_the_hubs_speed_changes_nothing() -> None:
    """However late and in whatever order plans come: the same seed sends the same bytes."""
    first = await _played(2, luck=1, pace="fast")
    assert await _played(2, luck=2, pace="fast") == first
    assert await _played(2, luck=3, pace="max") == first
    assert await _played(3, luck=1, pace="fast") != first


class BehindLink(PaperLink):
    """A hub that takes in nothing until it is waited for; it notes how old its news was."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._progress = Progress(now=simulation.now)
        self._behind = False
        self._met_at = simulation.now
        self.longest = timedelta()

    def follow(self, player: Player) -> None:
        """Read the time from the player; the simulation runs ahead."""
        self._progress = player.progress

    async def send(self, facts: Sequence[Fact]) -> None:
        """Facts pile up."""
        await super().send(facts)
        self._behind = True

    async def tick_others(self, at: datetime) -> None:
        """A tick while news from before is not in yet."""
        if self._behind:
            self.longest = max(self.longest, at - self._met_at)

    async def received_all(self) -> bool:
        """Tell whether the hub has taken in all and published what follows."""
        self._behind, self._met_at = False, self._progress.now
        return True

    def link(self) -> HubLink:
        """For a player."""
        return HubLink(
            tick=self.tick_others,
            tick_lanes=self.tick,
            drain=self.drain,
            received_all=self.received_all,
            backlog=self.backlog,
        )


async def _longest_behind(limits: Limits) -> timedelta:
    simulation = Simulation(parameters_for("small", seed=2))
    paper = BehindLink(simulation)
    player = Player(simulation, paper, pace="fast", hub=paper.link(), limits=limits)
    paper.follow(player)
    await player.play()
    return paper.longest


@pytest.mark.slow
async def test_no_tick_is_long_after_the_last_news() -> None:
    """The hub must not judge the night before it knows the evening."""
    limits = Limits()
    assert timedelta() < await _longest_behind(limits) < timedelta(seconds=limits.ahead_s)
    careless = msgspec.structs.replace(limits, ahead_s=10**6)
    assert await _longest_behind(careless) > timedelta(hours=2)


@pytest.mark.slow
async def test_recorded_plans_make_the_same_day_again(tmp_path: Path) -> None:
    """Plans kept in a file are followed as they were when they were published."""
    first, paper = Simulation(parameters_for("small", seed=2)), PaperLink()
    await Player(first, paper, pace="fast", hub=paper.link()).play()
    plans = tmp_path / "plans.jsonl"
    plans.write_bytes(
        b"".join(_line(at, number, e) for number, (at, e) in enumerate(paper.published))
    )
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
