"""The simulated hub day: advance it, give it the hub's events, take the facts that it sends."""

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
from producers.simulator.event_emitter import EventEmitter
from producers.simulator.leaving import Gatekeepers
from producers.simulator.manifests import ManifestDesk
from producers.simulator.met_rates import Met, rates_met
from producers.simulator.missed_cutoffs import CutoffDesk
from producers.simulator.parameters import Parameters
from producers.simulator.planbook import PlanBook
from producers.simulator.randomness import Streams
from producers.simulator.sailings import Carriers
from producers.simulator.stuffing import StuffingCrew
from producers.simulator.trucks import Trucks
from producers.simulator.world import World
from producers.simulator.yard import Yard


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The results of the day, as the simulated people count them."""

    lots: int
    lots_departed: int
    lots_gone: dict[str, int]
    """Lots that will never leave, by reason."""
    containers_out: int
    cartons_out: int
    boxes_given_up: dict[str, int]
    """Closed consolidations that did not leave, by reason."""
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
    """A day of a hub. Pure: the same parameters and hub events give the same facts."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        start_at = parameters.day_at - timedelta(hours=parameters.times.booking_lead_h)
        self.start_at = start_at
        self._engine = Engine(start_at)
        streams = Streams(parameters.seed)
        emitter = EventEmitter(
            self._engine, streams, parameters.rates, parameters.times, run=f"S{parameters.seed}"
        )
        self._world = World(parameters, self._engine, streams, emitter)
        self.book = PlanBook()
        self._build()

    def _build(self) -> None:
        world = self._world
        carriers = Carriers(self.parameters, self._engine, world.streams, world.emitter)
        carriers.handled, carriers.quotas = world.handled, world.quotas
        bookings = BookingDesk(world, carriers.sailings)
        bookings.start()
        broker = Broker(world)
        dock = Dock(world, on_received=broker.schedule_declaration)
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
        simulated = [sailing.etd_at for sailing in carriers.sailings if sailing.index == 0]
        self.end_at = max(simulated) + timedelta(hours=8)

    @property
    def now(self) -> datetime:
        """The simulated instant."""
        return self._engine.now

    @property
    def finished(self) -> bool:
        """Whether the simulated time is over."""
        return self.now >= self.end_at

    @property
    def gate(self) -> Gate | None:
        """The gate that the simulation waits at, if any."""
        return self._engine.gate

    @property
    def gates(self) -> list[Gate]:
        """Every closed gate of this instant."""
        return self._engine.gates()

    @property
    def next_at(self) -> datetime | None:
        """The time of the next action or fact."""
        return self._engine.next_at

    @property
    def boxes(self) -> dict[str, Box]:
        """Consolidations whose departure was closed, by id."""
        return self._desk.boxes

    def open_gates(self) -> None:
        """Open the gates of this instant."""
        self._engine.open_gates()

    def observe(self, event: Event) -> None:
        """Note an event that the hub published."""
        self.book.apply(event)

    def advance(self, until: datetime) -> list[Fact]:
        """Advance to `until` or to the next gate; return the facts sent on the way, in order."""
        return self._engine.advance(min(until, self.end_at))

    def outcome(self) -> Outcome:
        """Return the results so far."""
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
            dirt=dict(sorted(self._world.emitter.dirt.items())),
        )
