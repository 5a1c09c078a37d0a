"""Load with the real engine, check with the real verifier."""

from collections.abc import Callable, Sequence

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import OpenConsolidation, PreloadedCarton, Rules
from groupage.domain.plan import (
    Cost,
    Plan,
    PlannedContainer,
    SolverStats,
)
from groupage.domain.policy import Policy
from optimizer.deadline import unlimited
from optimizer.loading.api import LoadResult, load
from optimizer.loading.engine import SearchResult
from optimizer.loading.stock import Cargo, CargoSpace, Stock
from optimizer.verification import cartons, geometry, stacking
from optimizer.verification.context import Context
from optimizer.verification.violation import Violation
from tests.optimizer.world import CLOCK_AT, demand, instance

RULES = Policy().rules
SMALL = ContainerSpec(
    iso_type="22G1",
    length_mm=2_000,
    width_mm=1_200,
    height_mm=1_200,
    door_width_mm=1_150,
    door_height_mm=1_100,
    tare_g=1_000_000,
    max_gross_g=3_000_000,
)
"""Small enough to fill with a handful of cartons."""


def rules(**changes: int) -> Rules:
    """The default rules with some replaced."""
    return msgspec.structs.replace(RULES, **changes)


def violations_of(
    spec: ContainerSpec,
    cargo: Sequence[Cargo],
    loaded: LoadResult,
    *,
    preloaded: Sequence[PreloadedCarton] = (),
    under: Rules = RULES,
) -> list[Violation]:
    """Return what the verifier finds wrong with a load plan."""
    kept = [
        consignment for consignment in cargo if consignment.consignment_id not in loaded.unplaced
    ]
    case = instance(
        demands=tuple(demand(c.consignment_id, *c.cartons) for c in kept),
        consolidations=(
            OpenConsolidation(
                consolidation_id="K", voyage_id="V1", spec=spec, stage="slushy",
                standing=tuple(preloaded),
            ),
        ),
        rules=under,
    )  # fmt: skip
    container = PlannedContainer(
        consolidation_id="K",
        voyage_id="V1",
        spec=spec,
        stage="slushy",
        consignment_ids=tuple(consignment.consignment_id for consignment in kept),
        placements=loaded.placements,
        cargo_volume_cm3=0,
        cargo_gross_g=0,
    )
    plan = Plan(
        plan_id="", request_id="", lane_id="", sequence=0, decided_at=CLOCK_AT,
        containers=(container,), left_out=(), moves=(), routes=(), unrouted=(), cost=Cost(),
        lower_bound=0, gap_ratio=0.0, stats=SolverStats(status="feasible", rounds=1, work=0.0),
    )  # fmt: skip
    context = Context(case, plan)
    return [*cartons.check(context), *geometry.check(context), *stacking.check(context)]


def load_and_verify(
    spec: ContainerSpec,
    cargo: Sequence[Cargo],
    *,
    preloaded: Sequence[PreloadedCarton] = (),
    under: Rules = RULES,
    effort: int = 4,
) -> LoadResult:
    """Load; fails when the verifier finds anything."""
    loaded = load(spec, cargo, preloaded, under, effort=effort)
    assert violations_of(spec, cargo, loaded, preloaded=preloaded, under=under) == []
    return loaded


def unlimited_search(
    engine: Callable[..., SearchResult], space: CargoSpace, stock: Stock, cargo: Sequence[Cargo]
) -> tuple[str, ...]:
    """Return what an engine leaves out of the cargo, with one pass and without a deadline."""
    result = engine(
        space,
        stock,
        ranks={c.consignment_id: 0 if c.must_stay else 2 for c in cargo},
        worth={
            c.consignment_id: (
                stock.volume_mm3(c.consignment_id) if c.worth is None else max(1, c.worth)
            )
            for c in cargo
        },
        effort=1,
        seed=0,
        deadline=unlimited("load"),
    )
    return result.unplaced
