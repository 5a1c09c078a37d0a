"""How much room cargo takes beyond its volume: a guess at what the loader will say.

Weak cartons are stacked as high as they bear themselves, and over such stacks only light cargo can
stand: air. A little of it costs nothing, because weak stacks go on top of strong ones, right under
the roof. Of 97 containers planned to 83 % without regard to it, none with less than 12 % air (of
the inner volume) failed to load and all with more than 14 % did; what the loader got in fell by
about half a percent for each percent of air above 15 (`plan sample`, seeds 1 to 12, 200
consignments each).

A guess decides nothing for good: it steers the search, but stays out of the model that proves the
lower bound, and an empty container takes anything.
"""

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import CartonGroup, Demand

AIR_COUNTED_PERMILLE = 480
"""Of the air over weak stacks that is lost, once there is more of it than can be used."""
AIR_FREE_PERMILLE = 150
"""Of the inner volume: so much air costs nothing."""
FAILED_PERMILLE = 400
"""What a consignment takes more for each container in which it did not fit. Assumption."""
_MM3_PER_CM3 = 1_000


def bulk_cm3(demand: Demand, spec: ContainerSpec) -> int:
    """Volume and the part of its air that counts."""
    air_cm3 = sum(_air_mm3(group, spec) for group in demand.cartons) // _MM3_PER_CM3
    return demand.volume_cm3 + air_cm3 * AIR_COUNTED_PERMILLE // 1_000


def bulk_room_cm3(spec: ContainerSpec, usable_cm3: int) -> int:
    """How much bulk goes into a container of which `usable_cm3` may be filled."""
    free_permille = AIR_COUNTED_PERMILLE * AIR_FREE_PERMILLE // 1_000
    return usable_cm3 + spec.volume_cm3 * free_permille // 1_000


def _air_mm3(group: CartonGroup, spec: ContainerSpec) -> int:
    """Room between the tops of the group's stacks and the roof; 0 where the roof is the limit."""
    if group.max_top_load_g is None:
        return 0
    under_roof = max(1, spec.height_mm // group.height_mm)
    layers = min(1 + group.max_top_load_g // group.gross_g, under_roof)
    if layers == under_roof:
        return 0
    stacks = -(-len(group.unit_ids) // layers)
    over_mm = spec.height_mm - layers * group.height_mm
    return stacks * group.length_mm * group.width_mm * over_mm
