"""The simulated hub day: advance it, tell it what the hub published, read the facts it sends."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from producers.simulator.bookings import BookingDesk
from producers.simulator.boxes import Box
from producers.simulator.customs import Broker
from producers.simulator.dock import Dock
from producers.simulator.engine import Engine, Gate
from producers.simulator.leaving import Gatekeepers
from producers.simulator.manifests import ManifestDesk
from producers.simulator.missed import CutoffDesk
from producers.simulator.parameters import Parameters
from producers.simulator.planbook import PlanBook
from producers.simulator.randomness import Streams
from producers.simulator.realised import Met, rates_met
from producers.simulator.sailings import Carriers
from producers.simulator.stuffing import StuffingCrew
from producers.simulator.trucks import Trucks
from producers.simulator.voice import Voice
from producers.simulator.world import World
from producers.simulator.yard import Yard


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the simulated people saw happen."""

    lots: int
    lots_departed: int
    lots_gone: dict[str, int]
    """Lots that will never travel, by reason."""
    containers_out: int
    cartons_out: int
    boxes_given_up: dict[str, int]
    """Consolidations that were closed and did not leave, by reason."""
    deviations: int
    """Cartons stowed otherwise than planned, each with its deviation named."""
    handled: dict[str, int]
    """Exceptions met, by kind."""
    transport: dict[str, int]
    """Lots fetched and containers hauled, by what trucks."""
    rates: dict[str, Met]
    """The same for each stated rate, with the occasions that there were."""
    dirt: dict[str, int]
    """Duplicates, late facts, wrong clocks, corrections and retractions sent."""


class Simulation:
    """A day of a hub. Pure: the same parameters and the same news give the same facts."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        start_at = parameters.day_at - timedelta(hours=parameters.times.booking_lead_h)
        self.start_at = start_at
        self._engine = Engine(start_at)
        streams = Streams(parameters.seed)
        voice = Voice(
            self._engine, streams, parameters.rates, parameters.times, run=f"S{parameters.seed}"
        )
        self._world = World(parameters, self._engine, streams, voice)
        self.book = PlanBook()
        self._build()

    def _build(self) -> None:
        world = self._world
        carriers = Carriers(self.parameters, self._engine, world.streams, world.voice)
        carriers.handled, carriers.quotas = world.handled, world.quotas
        bookings = BookingDesk(world, carriers.sailings)
        bookings.start()
        broker = Broker(world)
        dock = Dock(world, on_received=broker.received)
        trucks = Trucks(world, self.book, arrive=dock.arrive, announce=bookings.announce)
        dock.start(trucks)
        yard = Yard(world)
        cutoffs = CutoffDesk(world, carriers.sailings)
        crew = StuffingCrew(world, Gatekeepers(world, self.book, yard, cutoffs))
        self._desk = ManifestDesk(
            world, self.book, yard, cutoffs, on_planned=trucks.follow, on_frozen=crew.take
        )
        crew.desk = self._desk
        carriers.start()
        self._desk.start(carriers.sailings)
        simulated = [one.etd_at for one in carriers.sailings if one.index == 0]
        self.end_at = max(simulated) + timedelta(hours=8)

    @property
    def now(self) -> datetime:
        """The simulated instant."""
        return self._engine.now

    @property
    def finished(self) -> bool:
        """Nothing more happens within the simulated time."""
        return self.now >= self.end_at

    @property
    def gate(self) -> Gate | None:
        """What the simulation waits for."""
        return self._engine.gate

    @property
    def gates(self) -> list[Gate]:
        """Every shut gate of this instant."""
        return self._engine.gates()

    @property
    def next_at(self) -> datetime | None:
        """When something happens next."""
        return self._engine.next_at

    @property
    def boxes(self) -> dict[str, Box]:
        """Consolidations whose departure was closed, by id."""
        return self._desk.boxes

    def open_gates(self) -> None:
        """Go on: the hub has done its part, or is not waited for."""
        self._engine.open_gates()

    def hear(self, event: Event) -> None:
        """The hub published this."""
        self.book.hear(event)

    def advance(self, until: datetime) -> list[Fact]:
        """Live on to `until` or to the next gate; the facts sent meanwhile, in that order."""
        return self._engine.advance(min(until, self.end_at))

    def outcome(self) -> Outcome:
        """The day so far."""
        lots = self._world.lots.values()
        out = [box for box in self.boxes.values() if box.gated_out_at]
        return Outcome(
            lots=len(lots),
            lots_departed=sum(lot.departed for lot in lots),
            lots_gone=dict(sorted(Counter(lot.gone for lot in lots if lot.gone).items())),
            containers_out=len(out),
            cartons_out=sum(len(lot.in_hand) for box in out for lot in box.lots),
            boxes_given_up=dict(
                sorted(Counter(box.gone for box in self.boxes.values() if box.gone).items())
            ),
            deviations=sum(box.deviations for box in out),
            handled=dict(sorted(self._world.handled.items())),
            transport=dict(sorted(self._world.transport.items())),
            rates=rates_met(self._world),
            dirt=dict(sorted(self._world.voice.dirt.items())),
        )
