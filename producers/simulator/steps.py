"""The steps of a simulated day: made when they are due, or before, while the player waits.

A step depends on the hub only through plans, and these count at gates that wait for a lane. Up to
the next such gate the steps can be made, and their facts encoded, while the hub is still busy with
the steps before: two processes then work at a time.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from groupage.domain.fact import Fact
from producers.simulator.engine import Gate
from producers.simulator.simulation import Simulation
from producers.simulator.sinks import Sink

_ENCODED_AT_ONCE = 1_000
"""Facts, in some fifteen milliseconds: the player looks at the hub in between."""


class Step(NamedTuple):
    """A part of the day, up to a beat or a gate."""

    at: datetime
    """Its end."""
    encoded: list[Any]
    """The facts that are sent in it, for `Sink.send`."""
    gates: list[Gate]
    """The gates at its end."""


class Steps:
    """Makes the steps of a simulation, in their order."""

    def __init__(
        self,
        simulation: Simulation,
        sink: Sink,
        *,
        next_beat: Callable[[], datetime],
        ahead_max: int,
    ) -> None:
        """`next_beat` returns how far the next step may go.

        `ahead_max` is the number of facts after which `make_ahead` stops.
        """
        self._simulation = simulation
        self._sink = sink
        self._next_beat = next_beat
        self._ahead_max = ahead_max
        self._made: deque[Step] = deque()
        self._ahead = 0
        """Facts of the steps in `_made`."""
        self._waits = False
        """The last step ends at gates that wait for a lane."""
        self._unencoded: list[Fact] = []
        """Facts of the last step in `_made`, the next one last."""

    @property
    def left(self) -> bool:
        """Whether there is a next step."""
        return bool(self._made) or not self._simulation.finished

    def take(self) -> Step:
        """Return the next step."""
        if not self._made:
            self._advance()
        if len(self._made) == 1:
            while self._unencoded:
                self._encode()
        step = self._made.popleft()
        self._ahead -= len(step.encoded)
        return step

    def make_ahead(self) -> bool:
        """Make a part of the next step; False if that depends on plans, or enough are made."""
        if self._unencoded:
            self._encode()
        elif self._waits or self._simulation.finished or self._ahead >= self._ahead_max:
            return False
        else:
            self._advance()
        return True

    def open_gates(self) -> None:
        """Let the simulation pass the gates at the end of the last step: the plans are known."""
        self._simulation.open_gates()
        self._waits = False

    def _advance(self) -> None:
        simulation = self._simulation
        facts = simulation.advance(self._next_beat())
        gates = simulation.gates if simulation.gate else []
        self._made.append(Step(simulation.now, [], gates))
        self._ahead += len(facts)
        self._unencoded = facts[::-1]
        self._waits = any(gate.lane_id for gate in gates)
        if gates and not self._waits:
            simulation.open_gates()

    def _encode(self) -> None:
        facts = self._unencoded[-_ENCODED_AT_ONCE:]
        del self._unencoded[-_ENCODED_AT_ONCE:]
        self._made[-1].encoded.extend(self._sink.encode(facts[::-1]))
