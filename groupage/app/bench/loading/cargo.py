"""Cargo with masses, strengths and stops: added to instances of the literature, and a hub's own.

Everything is drawn from a seed, so that an instance is the same on each machine. The figures are
assumptions of this benchmark: they make rules bind without making any of them hopeless.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from random import Random

import msgspec

from groupage.app.bench.loading.generator import SEED_BASE, SEED_STEP, draws
from groupage.app.bench.loading.problem import Balance, BoxType, Problem, Rules
from groupage.domain.containers import spec_of
from groupage.domain.errors import InvalidInput
from producers.simulator.cartons import CartonRules, draw_carton

RULE_NAMES = ("stops", "bearing", "balance")
STOPS = 4
DENSITIES_G_PER_L = (100, 150, 220, 330, 500)
STRENGTHS = (2, 4, 8, 16)
"""A box bears so many times its own mass."""

HUB_CONTAINER = "45G1"
HUB_CARTONS = 1_100
HUB_KINDS = 300
HUB_MERCHANTS = 20
HUB_STOPS = 3
HUB_CROSS_DEPTH_MM = 500
HUB_VOLUME_PERMILLE = 1_000
"""Volume of the cartons against that of the container, as near as the factors allow."""
_HUB_SCALES = tuple(hundredths / 100 for hundredths in range(100, 221))
"""Factors on the edges of real parcels; the least that reaches the volume is taken."""
_BOARDS_G_PER_CM2 = (20, 40, 40, 80, None)
"""What the tops of cartons bear; each kind draws its own."""
_HEAVY_G = 20_000
"""From this mass on a carton stands only on cartons that are as heavy."""


def parse_rules(text: str) -> frozenset[str]:
    """Return the rules of a text such as `stops,bearing`, or all of `RULE_NAMES`."""
    if text == "all":
        return frozenset(RULE_NAMES)
    names = frozenset(part.strip() for part in text.split(","))
    unknown = sorted(names - set(RULE_NAMES))
    if unknown:
        raise InvalidInput(
            f"--rules is {text!r}: {unknown[0]!r} must be one of {', '.join(RULE_NAMES)}, or all"
        )
    return names


def add_rules(
    problem: Problem, names: Collection[str], *, stops: int = STOPS, seed_base: int = SEED_BASE
) -> Problem:
    """Return the problem with masses, strengths and stops for its boxes, and the rules named.

    Each type draws its density and how many times its own mass a box bears; each box draws its
    stop. What is drawn does not depend on the rules that hold.
    """
    draw = draws(seed_base + SEED_STEP * (problem.number - 1) + SEED_STEP // 2)
    types: list[BoxType] = []
    for box_type in problem.types:
        density = DENSITIES_G_PER_L[int(next(draw) * len(DENSITIES_G_PER_L))]
        gross_g = max(1, box_type.volume * problem.unit_mm**3 * density // 1_000_000)
        strength = STRENGTHS[int(next(draw) * len(STRENGTHS))]
        loaded = msgspec.structs.replace(box_type, gross_g=gross_g, top_load_g=strength * gross_g)
        by_stop = Counter(1 + int(next(draw) * stops) for _ in range(box_type.quantity))
        if "stops" in names:
            types += [
                msgspec.structs.replace(loaded, stop=stop, quantity=by_stop[stop])
                for stop in sorted(by_stop)
            ]
        else:
            types.append(loaded)
    rules = Rules(
        support=problem.rules.support,
        stops="stops" in names,
        bearing="bearing" in names,
        balance=Balance() if "balance" in names else None,
    )
    return msgspec.structs.replace(problem, types=tuple(types), rules=rules)


def hub_cargo(number: int, *, seed_base: int = 0) -> Problem:
    """Return the cartons of 20 merchants for three stops, about as much as a 40' high cube holds.

    Sizes and masses are those of the simulator's cartons. All rules hold.
    """
    seed = seed_base + number
    spec = spec_of(HUB_CONTAINER)
    container = (spec.length_mm, spec.width_mm, spec.height_mm)
    quantities = _hub_quantities(Random(f"{seed} quantities"))  # noqa: S311 - no secrets
    target = container[0] * container[1] * container[2] * HUB_VOLUME_PERMILLE // 1_000

    def volume(scale: float) -> int:
        sizes = _hub_sizes(seed, scale)
        return sum(
            length * width * height * quantity
            for ((length, width, height), _), quantity in zip(sizes, quantities, strict=True)
        )

    # Larger parcels have a larger volume.
    sizes = _hub_sizes(seed, _HUB_SCALES[bisect_left(_HUB_SCALES[:-1], target, key=volume)])
    rng = Random(f"{seed} rules")  # noqa: S311 - no secrets
    stop_of = [1 + merchant % HUB_STOPS for merchant in range(HUB_MERCHANTS)]
    types = []
    for index, ((edges, gross_g), quantity) in enumerate(zip(sizes, quantities, strict=True)):
        this_side_up = rng.random() < 0.25
        board = rng.choice(_BOARDS_G_PER_CM2)
        not_stackable = rng.random() < 0.02
        layers_max = 3 if rng.random() < 0.05 else None
        types.append(
            BoxType(
                number=index + 1,
                edges=edges,
                vertical=(not this_side_up, not this_side_up, True),
                quantity=quantity,
                gross_g=gross_g,
                stop=stop_of[index % HUB_MERCHANTS],
                top_load_g=0 if not_stackable else None,
                top_pressure_g_per_cm2=board,
                layers_max=layers_max,
                stack_class=int(gross_g >= _HEAVY_G),
            )
        )
    return Problem(
        family="hub" if not seed_base else f"hub from {seed_base}",
        number=number,
        container=container,
        unit_mm=1,
        types=tuple(types),
        rules=Rules(
            support="full",
            stops=True,
            cross_depth=HUB_CROSS_DEPTH_MM,
            bearing=True,
            balance=Balance(),
            payload_g=spec.payload_g,
        ),
    )


def _hub_quantities(rng: Random) -> list[int]:
    """Return the cartons of each kind: at least one, the rest dealt by unequal shares."""
    shares = [rng.expovariate(1.0) for _ in range(HUB_KINDS)]
    more = Counter(rng.choices(range(HUB_KINDS), shares, k=HUB_CARTONS - HUB_KINDS))
    return [1 + more[kind] for kind in range(HUB_KINDS)]


def _hub_sizes(seed: int, scale: float) -> Sequence[tuple[tuple[int, int, int], int]]:
    """Return edges and mass of each kind at a scale of the parcels."""
    rng = Random(f"{seed} sizes")  # noqa: S311 - no secrets
    rules = CartonRules(scale=scale)
    drawn = [draw_carton(rng, rules) for _ in range(HUB_KINDS)]
    return [((size.length_mm, size.width_mm, size.height_mm), gross_g) for size, gross_g in drawn]
