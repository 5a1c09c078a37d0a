"""The benchmark's verifier and the product's, written apart from each other, agree on any plan."""

from hypothesis import given
from hypothesis import strategies as st

from groupage.app.bench.loading.problem import Box, BoxType, Problem, Rules
from groupage.app.bench.loading.verifier.check import check
from groupage.app.bench.loading.verifier.violation import Kind
from groupage.domain.plan import Placement
from optimizer.loading.api import LoadResult
from optimizer.loading.stock import Cargo
from optimizer.verification.codes import ViolationCode as Code
from tests.optimizer.loading.load_plans import SMALL, rules, violations_of
from tests.optimizer.world import group

SIZES = ((400, 200, 200), (200, 200, 100), (600, 400, 300))
STEP = 100
SAME = {
    Kind.WALLS: Code.OUTSIDE_WALLS,
    Kind.OVERLAP: Code.OVERLAP,
    Kind.SEQUENCE: Code.NOT_LOADABLE,
    Kind.FLOATING: Code.UNSUPPORTED,
    Kind.PART_SUPPORTED: Code.UNSUPPORTED,
    Kind.TOP_LOAD: Code.CRUSHED,
}

BOXES = st.tuples(
    st.integers(0, 2),  # size
    st.integers(0, 12), st.integers(0, 6), st.integers(0, 5),  # place, in steps
    st.integers(1, 9),  # mass
    st.one_of(st.none(), st.integers(0, 12)),  # what it bears
)  # fmt: skip


@given(st.lists(BOXES, min_size=1, max_size=7))
def test_they_agree(boxes: list[tuple[int, int, int, int, int, int | None]]) -> None:
    """Both find the same kinds of violations, or none."""
    plan, types, cargo, placements = [], [], [], []
    for index, (size, x, y, z, gross_g, top_load_g) in enumerate(boxes):
        edges = SIZES[size]
        corner = (x * STEP, y * STEP, z * STEP)
        plan.append(Box(index, *corner, *edges))
        types.append(
            BoxType(
                number=index + 1, edges=edges, vertical=(True, True, True), quantity=1,
                gross_g=gross_g, top_load_g=top_load_g,
            )
        )  # fmt: skip
        name = f"C{index}"
        cartons = group(name, 1, edges, gross_g=gross_g, max_top_load_g=top_load_g)
        cargo.append(Cargo(consignment_id=name, cartons=(cartons,)))
        placements.append(
            Placement(
                unit_id=cartons.unit_ids[0], consignment_id=name, sequence=index + 1,
                x_mm=corner[0], y_mm=corner[1], z_mm=corner[2],
                dx_mm=edges[0], dy_mm=edges[1], dz_mm=edges[2],
            )
        )  # fmt: skip
    problem = Problem(
        family="test",
        number=1,
        container=(SMALL.length_mm, SMALL.width_mm, SMALL.height_mm),
        unit_mm=1,
        types=tuple(types),
        rules=Rules(support="full", bearing=True),
    )
    ours = {SAME[violation.kind] for violation in check(problem, [plan])}
    loaded = LoadResult(placements=tuple(placements), unplaced=(), fill_permille=0, passes=1)
    without_margins = rules(wall_margin_mm=0, door_margin_mm=0)
    theirs = {v.code for v in violations_of(SMALL, cargo, loaded, under=without_margins)}
    assert ours == theirs
