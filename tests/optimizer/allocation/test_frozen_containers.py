import random
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from groupage.app.commands.plan import app
from groupage.domain.codes import UnloadableCode
from groupage.domain.containers import spec_of
from groupage.domain.events.planning import PlanProposed
from groupage.domain.instance import Demand, Instance, OpenConsolidation, PreloadedCarton
from groupage.domain.plan import Plan, Unloadable
from optimizer.canonical import canonical_json
from optimizer.certification import NO_EXCLUSIONS, Exclusions
from optimizer.planner.announce import plan_events
from optimizer.solve import solve, solve_certified
from optimizer.verification.api import certify, verify
from optimizer.verification.codes import ViolationCode
from optimizer.verification.violation import Violation
from tests.optimizer.allocation.lanes import lane
from tests.optimizer.world import demand, group
from tests.optimizer.world import instance as hand_made_world

edit = msgspec.structs.replace


def crate(number: int, *, width_mm: int = 1_300, **more: Any) -> Demand:
    """Make a crate of which four fill a 22G1: in a row, nothing beside or above them."""
    name = f"T{number}"
    edges = (width_mm, 2_200, 1_300)
    own = group(name, 1, edges, gross_g=400_000, this_side_up=True, **more)
    return demand(name, own, committed=True, current_consolidation_id="C1")


def frozen(*members: Demand, **more: Any) -> OpenConsolidation:
    """Return a frozen 22G1 with these consignments on its manifest."""
    fields: dict[str, Any] = {
        "consolidation_id": "C1",
        "voyage_id": "V1",
        "spec": spec_of("22G1"),
        "stage": "frozen",
        "consignment_ids": tuple(member.consignment_id for member in members),
        **more,
    }
    return OpenConsolidation(**fields)


def lane_with_frozen(*members: Demand, **more: Any) -> Instance:
    """Return a lane with that container and with one free consignment."""
    return lane(
        *members,
        demand("FREE", group("FREE", 60), priority="must_go"),
        consolidations=(frozen(*members, **more),),
    )


def planned(instance: Instance) -> Plan:
    """Return its certified plan."""
    solved = solve_certified(instance)
    assert solved.violations == ()
    return solved.plan


def the_unloadable(plan: Plan) -> Unloadable:
    """Return the single unloadable container of a plan."""
    (unloadable,) = plan.unloadable
    return unloadable


def frozen_contents(plan: Plan) -> tuple[str, ...]:
    """Return the consignments in the frozen container."""
    return next(c.consignment_ids for c in plan.containers if c.consolidation_id == "C1")


def test_a_frozen_container_with_too_much_in_it_stays_and_is_named() -> None:
    """Its manifest stays whole, the plan names what has no place, and plans the other cargo."""
    plan = planned(lane_with_frozen(*(crate(n) for n in range(5))))
    unloadable = the_unloadable(plan)
    assert (unloadable.consolidation_id, unloadable.code, len(unloadable.consignment_ids)) == (
        "C1",
        "did_not_fit",
        1,
    )
    assert unloadable.consignment_ids[0] in unloadable.reason
    assert "18.59 m³ of cargo" in unloadable.reason
    assert unloadable.reason.endswith("; the floor provably does not suffice")
    assert frozen_contents(plan) == ("T0", "T1", "T2", "T3", "T4")
    assert any("FREE" in c.consignment_ids for c in plan.containers)
    assert [move.consignment_id for move in plan.moves] == ["FREE"]


def test_it_keeps_the_load_plan_in_force() -> None:
    """Cargo measured larger after the manifest: the warehouse keeps the load plan that it has."""
    slim = [crate(n, width_mm=1_000) for n in range(5)]
    before = planned(lane_with_frozen(*slim))
    in_force = next(c.placements for c in before.containers if c.consolidation_id == "C1")
    assert before.unloadable == ()
    plan = planned(lane_with_frozen(*(crate(n) for n in range(5)), planned=in_force))
    assert the_unloadable(plan).code == "did_not_fit"
    assert next(c.placements for c in plan.containers if c.consolidation_id == "C1") == in_force


def test_above_the_payload_it_is_overweight() -> None:
    """The plan names all its consignments, the mass of the cargo and the payload."""
    heavy = [
        demand(
            f"T{n}",
            group(f"T{n}", 4, gross_g=2_500_000),
            committed=True,
            current_consolidation_id="C1",
        )
        for n in range(3)
    ]
    unloadable = the_unloadable(planned(lane_with_frozen(*heavy)))
    assert (unloadable.code, unloadable.consignment_ids) == ("overweight", ("T0", "T1", "T2"))
    assert "30,000 kg" in unloadable.reason
    assert "28," in unloadable.reason


def standing(unit_id: str, x_mm: int) -> PreloadedCarton:
    """A crate on the floor, as reported."""
    return PreloadedCarton(
        unit_id=unit_id, consignment_id=unit_id[:2], x_mm=x_mm, y_mm=0, z_mm=0,
        dx_mm=1_300, dy_mm=2_200, dz_mm=1_300,
    )  # fmt: skip


def test_a_carton_reported_outside_the_walls_fails_one_container_not_the_lane() -> None:
    """A typing error at the container must not keep the lane from being planned."""
    instance = lane_with_frozen(crate(0), stage="locked", standing=(standing("T0-001", 5_500),))
    unloadable = the_unloadable(planned(instance))
    assert unloadable.code == "standing_wrong"
    assert "T0-001" in unloadable.reason
    assert "x_mm" in unloadable.reason


def test_what_stands_badly_leaves_no_room_for_the_tail() -> None:
    """A crate set down in the middle of the second bay: the fourth finds no place."""
    members = [crate(n) for n in range(4)]
    good = planned(lane_with_frozen(*members, stage="locked", standing=(standing("T0-001", 0),)))
    assert good.unloadable == ()
    bad = planned(lane_with_frozen(*members, stage="locked", standing=(standing("T0-001", 700),)))
    assert the_unloadable(bad).code == "did_not_fit"
    assert "beside the cartons that stand in it" in the_unloadable(bad).reason


def test_a_full_but_possible_container_is_not_called_unloadable() -> None:
    """Many sizes, and all of them fit: only contents that do not load are unloadable."""
    rng = random.Random(7)

    def edge() -> int:
        return 10 * rng.randint(30, 60)

    members = [
        demand(
            f"K{n:02d}",
            group(f"K{n:02d}", 12, (edge(), edge(), edge()), gross_g=9_000),
            committed=True,
            current_consolidation_id="C1",
        )
        for n in range(20)
    ]
    assert planned(lane_with_frozen(*members)).unloadable == ()


def test_the_same_trouble_has_the_same_reason() -> None:
    """Otherwise each plan would raise the alert again."""
    instance = lane_with_frozen(*(crate(n) for n in range(5)))
    again = edit(instance, sequence=2, request_id="R2")
    assert planned(instance).unloadable == planned(again).unloadable


def test_the_proposal_names_the_unloadable_container() -> None:
    """`plan.proposed` has code, reason and consignments; no new load plan is published."""
    instance = lane_with_frozen(*(crate(n) for n in range(5)))
    plan = planned(instance)
    events = dict(plan_events(instance, plan))
    proposed = events["proposed"]
    assert isinstance(proposed, PlanProposed)
    (unloadable,) = proposed.unloadable
    assert (unloadable.code, unloadable.reason) == ("did_not_fit", the_unloadable(plan).reason)
    assert unloadable.consignment_ids == the_unloadable(plan).consignment_ids
    assert "container C1" not in events


def test_solving_a_file_names_the_unloadable_container(tmp_path: Any) -> None:
    """The command line prints it, without a hub."""
    request = tmp_path / "REQUEST.json"
    request.write_bytes(canonical_json(lane_with_frozen(*(crate(n) for n in range(5)))))
    result = CliRunner().invoke(app, ["solve", str(request), "-o", str(tmp_path / "PLAN.json")])
    assert result.exit_code == 0
    assert "did_not_fit: C1 is frozen and its contents do not load" in result.stderr


# --- the verifier checks what the solver claims ---------------------------------------------------


def broken(instance: Instance, plan: Plan) -> set[str]:
    """Return the codes of all violations."""
    return {violation.code for violation in verify(instance, edit(plan, certificate=None))}


@pytest.fixture(name="troubled", scope="module")
def troubled_lane() -> tuple[Instance, Plan]:
    """Return a lane with a container that does not load, and its plan."""
    instance = lane_with_frozen(*(crate(n) for n in range(5)))
    return instance, planned(instance)


def with_claim(plan: Plan, **changes: Any) -> Plan:
    """Return the plan with changes to what it says about that container."""
    return edit(plan, unloadable=(edit(the_unloadable(plan), **changes),))


def test_a_right_claim_passes(troubled: tuple[Instance, Plan]) -> None:
    """Without it the verifier rejects the plan: cartons have no place."""
    instance, plan = troubled
    assert broken(instance, plan) == set()
    assert "carton_missing" in broken(instance, edit(plan, unloadable=()))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "no_reason"),
        ({"consignment_ids": ("T0", "STRANGER")}, "unknown_consignment"),
        ({"consolidation_id": "C9"}, "unknown_container"),
    ],
)
def test_a_wrong_claim_is_found(
    troubled: tuple[Instance, Plan], changes: dict[str, Any], code: str
) -> None:
    """Reason, consignments and container must be real."""
    instance, plan = troubled
    assert code in broken(instance, with_claim(plan, **changes))


def test_a_repeated_claim_is_found(troubled: tuple[Instance, Plan]) -> None:
    """A plan names each container once."""
    instance, plan = troubled
    assert broken(instance, edit(plan, unloadable=plan.unloadable * 2)) == {"unloadable_twice"}


def test_a_slushy_container_cannot_be_excused(
    troubled: tuple[Instance, Plan],
) -> None:
    """Its cargo can go elsewhere, so it must load."""
    instance, plan = troubled
    other = next(c.consolidation_id for c in plan.containers if c.consolidation_id != "C1")
    more = Unloadable(
        consolidation_id=other, consignment_ids=(), code=UnloadableCode.REFUTED, reason="no"
    )
    excused = edit(plan, unloadable=(*plan.unloadable, more))
    assert broken(instance, excused) == {"not_closed"}


def test_an_unloadable_container_keeps_its_load_plan(troubled: tuple[Instance, Plan]) -> None:
    """The verifier rejects a plan that changes it."""
    instance, plan = troubled
    other = planned(lane_with_frozen(crate(0)))
    placements = next(c.placements for c in other.containers if c.consolidation_id == "C1")
    containers = tuple(
        edit(c, placements=placements) if c.consolidation_id == "C1" else c for c in plan.containers
    )
    assert broken(instance, edit(plan, containers=containers)) == {"load_plan_changed"}


def test_a_container_that_loads_cannot_be_called_unloadable() -> None:
    """The load plan in force must really break a rule."""
    first = planned(lane_with_frozen(crate(0), crate(1)))
    in_force = next(c.placements for c in first.containers if c.consolidation_id == "C1")
    instance = lane_with_frozen(crate(0), crate(1), planned=in_force)
    plan = planned(instance)
    claim = Unloadable(
        consolidation_id="C1",
        consignment_ids=("T0",),
        code=UnloadableCode.DID_NOT_FIT,
        reason="they say so",
    )
    assert broken(instance, edit(plan, unloadable=(claim,))) == {"not_unloadable"}


# --- exclusions of the next solve -----------------------------------------------------------------


def test_exclusions_grow_from_the_load_plan_in_force_to_the_container() -> None:
    """First its load plan in force is discarded, then it is given up, then nothing is left."""
    instance = lane_with_frozen(
        crate(0), planned=planned(lane_with_frozen(crate(0))).containers[0].placements
    )
    overlap = ViolationCode.OVERLAP
    violations = [Violation(code=overlap, where="carton T0-001 in C1", message="and T1 overlap")]
    first = NO_EXCLUSIONS.extend(instance, violations)
    assert first == Exclusions(discarded=("C1",))
    assert first is not None
    second = first.extend(instance, violations)
    assert second is not None
    assert second.given_up == {"C1": "overlap: carton T0-001 in C1: and T1 overlap"}
    assert second.extend(instance, violations) is None
    assert NO_EXCLUSIONS.extend(instance, []) is None


def test_a_container_that_is_given_up_stays_and_the_rest_is_planned() -> None:
    """The violation becomes the reason."""
    instance = lane_with_frozen(*(crate(n) for n in range(5)))
    plan = solve(
        instance, exclusions=Exclusions(given_up={"C1": "overlap: carton T0-001 in C1: so"})
    )
    assert the_unloadable(plan).code == "refuted"
    assert "overlap: carton T0-001" in the_unloadable(plan).reason
    certified, violations = certify(instance, plan)
    assert violations == ()
    assert certified is not None


def test_a_slushy_container_is_never_given_up() -> None:
    """Its contents can go elsewhere: it gets another load plan."""
    world = hand_made_world()
    violations = [
        Violation(code=ViolationCode.OVERLAP, where="carton S1-001 in SLUSHY", message="")
    ]
    assert NO_EXCLUSIONS.extend(world, violations) is None
