"""The steps of a day, made before they are due."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

import pytest

from groupage.contracts.encoding import envelope_json
from groupage.domain.fact import Fact
from producers.simulator.parameters import parameters_for
from producers.simulator.simulation import Simulation
from producers.simulator.steps import Step, Steps

_BEAT = timedelta(minutes=20)


class PaperSink:
    """Encodes facts and sends them nowhere."""

    async def __aenter__(self) -> Self:
        """Nothing to open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    def encode(self, facts: Sequence[Fact]) -> Sequence[bytes]:
        """Return the facts as JSON."""
        return list(map(envelope_json, facts))

    async def send(self, encoded: Sequence[bytes]) -> None:
        """Do nothing."""


def steps_of_a_day(*, ahead_max: int) -> Steps:
    """Return the steps of the small day."""
    simulation = Simulation(parameters_for("small", seed=2))
    return Steps(
        simulation, PaperSink(), next_beat=lambda: simulation.now + _BEAT, ahead_max=ahead_max
    )


def steps_until_a_plan(steps: Steps, *, made_ahead: int) -> list[Step]:
    """Take the steps up to the first gate for a lane; before each, make so many parts ahead."""
    taken: list[Step] = []
    while not taken or not any(gate.lane_id for gate in taken[-1].gates):
        for _ in range(made_ahead):
            steps.make_ahead()
        taken.append(steps.take())
    return taken


@pytest.mark.slow
def test_steps_that_were_made_ahead_are_the_same() -> None:
    """However many parts are made before a step is due, in whole steps or pieces of them."""
    usual = steps_until_a_plan(steps_of_a_day(ahead_max=0), made_ahead=0)
    assert sum(len(step.encoded) for step in usual) > 1_000
    assert any(step.gates for step in usual[:-1]), "there are gates without a lane before"
    for made_ahead in (1, 2, 7):
        steps = steps_of_a_day(ahead_max=10**6)
        assert steps_until_a_plan(steps, made_ahead=made_ahead) == usual


@pytest.mark.slow
def test_no_step_is_made_beyond_a_plan() -> None:
    """The next step waits until the plan is known, and nothing ends before the last step."""
    steps = steps_of_a_day(ahead_max=10**9)
    while steps.make_ahead():
        pass
    taken = steps_until_a_plan(steps, made_ahead=0)
    assert steps.left
    assert not steps.make_ahead()
    steps.open_gates()
    assert steps.make_ahead()
    assert steps.take().at >= taken[-1].at


@pytest.mark.slow
def test_few_facts_are_made_ahead() -> None:
    """No step is begun once the limit is reached, so that the day does not fill the memory."""
    steps = steps_of_a_day(ahead_max=500)
    while steps.make_ahead():
        pass
    usual = iter(steps_until_a_plan(steps_of_a_day(ahead_max=0), made_ahead=0))
    facts = 0
    while facts < 500:
        step = steps.take()
        assert step == next(usual)
        facts += len(step.encoded)
    assert steps.make_ahead()
