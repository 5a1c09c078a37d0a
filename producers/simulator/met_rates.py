"""How the day met the stated rates, counted where people deal with each exception."""

import msgspec

from producers.simulator.exceptions import AMONG, EXCEPTIONS
from producers.simulator.world import World


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """A stated rate, and how often the day met it."""

    rate: float
    of: int
    """Occasions: consignments, declarations, sailings, boxes, cartons or facts."""
    times: int


def rates_met(world: World) -> dict[str, Met]:
    """Return how the day met each rate of `Rates`, by name."""
    handled = world.handled
    lots = world.parameters.sizes.consignments
    occasions = dict.fromkeys(EXCEPTIONS, lots)
    occasions |= {name: handled[among] for name, among in AMONG}
    occasions |= {name: quota.asked for name, quota in world.quotas.items()}
    times = {name: handled[name] for name in occasions}
    cartons = [carton for lot in world.lots.values() for carton in lot.cartons]
    occasions["bulging"] = len(cartons)
    times["bulging"] = sum(carton.bulging for carton in cartons)
    occasions |= world.emitter.occasions
    times |= {name: world.emitter.dirt.get(name, 0) for name in world.emitter.occasions}
    return {
        name: Met(rate=getattr(world.parameters.rates, name), of=occasions[name], times=times[name])
        for name in sorted(occasions)
    }
