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
    """Four of these fill a 22G1: one behind the other, nothing beside or above them."""
    name = f"T{number}"
    edges = (width_mm, 2_200, 1_300)
    own = group(name, 1, edges, gross_g=400_000, this_side_up=True, **more)
    return demand(name, own, committed=True, current_consolidation_id="C1")


def box(*members: Demand, **more: Any) -> OpenConsolidation:
    """A frozen 22G1 with these on its manifest."""
    fields: dict[str, Any] = {
        "consolidation_id": "C1",
        "voyage_id": "V1",
        "spec": spec_of("22G1"),
        "stage": "frozen",
        "consignment_ids": tuple(one.consignment_id for one in members),
        **more,
    }
    return OpenConsolidation(**fields)


def with_box(*members: Demand, **more: Any) -> Instance:
    """A lane with that box, and with one consignment that is free to go."""
    return lane(
        *members,
        demand("FREE", group("FREE", 60), priority="must_go"),
        consolidations=(box(*members, **more),),
    )


def planned(instance: Instance) -> Plan:
    """Its certified plan."""
    solved = solve_certified(instance)
    assert solved.violations == ()
    return solved.plan


def only(plan: Plan) -> Unloadable:
    """What the plan says of the one container that does not load."""
    (said,) = plan.unloadable
    return said


def in_box(plan: Plan) -> tuple[str, ...]:
    """Who is in the frozen container."""
    return next(b.consignment_ids for b in plan.containers if b.consolidation_id == "C1")


def test_a_frozen_container_with_too_much_in_it_stays_and_is_named() -> None:
    """Its manifest stays whole, the one without a place is named, and the others are planned."""
    plan = planned(with_box(*(crate(n) for n in range(5))))
    said = only(plan)
    assert (said.consolidation_id, said.code, len(said.consignment_ids)) == ("C1", "did_not_fit", 1)
    assert said.consignment_ids[0] in said.reason
    assert "18.59 m³ of cargo" in said.reason
    assert in_box(plan) == ("T0", "T1", "T2", "T3", "T4")
    assert any("FREE" in one.consignment_ids for one in plan.containers)
    assert [move.consignment_id for move in plan.moves] == ["FREE"]


def test_it_keeps_the_load_plan_in_force() -> None:
    """Measured bigger after the manifest: the warehouse gets no half plan in place of its own."""
    slim = [crate(n, width_mm=1_000) for n in range(5)]
    before = planned(with_box(*slim))
    in_force = next(b.placements for b in before.containers if b.consolidation_id == "C1")
    assert before.unloadable == ()
    plan = planned(with_box(*(crate(n) for n in range(5)), planned=in_force))
    assert only(plan).code == "did_not_fit"
    assert next(b.placements for b in plan.containers if b.consolidation_id == "C1") == in_force


def test_above_the_payload_it_is_overweight() -> None:
    """All of it is concerned, and both masses are told."""
    heavy = [
        demand(
            f"T{n}",
            group(f"T{n}", 4, gross_g=2_500_000),
            committed=True,
            current_consolidation_id="C1",
        )
        for n in range(3)
    ]
    said = only(planned(with_box(*heavy)))
    assert (said.code, said.consignment_ids) == ("overweight", ("T0", "T1", "T2"))
    assert "30,000 kg" in said.reason
    assert "28," in said.reason


def standing(unit_id: str, x_mm: int) -> PreloadedCarton:
    """A crate on the floor, as reported."""
    return PreloadedCarton(
        unit_id=unit_id, consignment_id=unit_id[:2], x_mm=x_mm, y_mm=0, z_mm=0,
        dx_mm=1_300, dy_mm=2_200, dz_mm=1_300,
    )  # fmt: skip


def test_a_carton_reported_outside_the_walls_fails_one_container_not_the_lane() -> None:
    """A typing error at the door must not keep the lane from being planned."""
    instance = with_box(crate(0), stage="locked", standing=(standing("T0-001", 5_500),))
    said = only(planned(instance))
    assert said.code == "standing_wrong"
    assert "T0-001" in said.reason
    assert "x_mm" in said.reason


def test_what_stands_badly_leaves_no_room_for_the_tail() -> None:
    """A crate set down in the middle of the second bay: the fourth finds no place."""
    members = [crate(n) for n in range(4)]
    good = planned(with_box(*members, stage="locked", standing=(standing("T0-001", 0),)))
    assert good.unloadable == ()
    bad = planned(with_box(*members, stage="locked", standing=(standing("T0-001", 700),)))
    assert only(bad).code == "did_not_fit"
    assert "beside the cartons that stand in it" in only(bad).reason


def test_a_full_but_possible_container_is_not_called_unloadable() -> None:
    """Many sizes, all of which go in: the word is for what really does not load."""
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
    assert planned(with_box(*members)).unloadable == ()


def test_the_same_trouble_is_said_in_the_same_words() -> None:
    """Otherwise each plan would raise the alert anew."""
    instance = with_box(*(crate(n) for n in range(5)))
    again = edit(instance, sequence=2, request_id="R2")
    assert planned(instance).unloadable == planned(again).unloadable


def test_the_proposal_tells_the_lane() -> None:
    """Code, words and consignments go out with `plan.proposed`, and no new load plan does."""
    instance = with_box(*(crate(n) for n in range(5)))
    plan = planned(instance)
    events = dict(plan_events(instance, plan))
    proposed = events["proposed"]
    assert isinstance(proposed, PlanProposed)
    (said,) = proposed.unloadable
    assert (said.code, said.reason) == ("did_not_fit", only(plan).reason)
    assert said.consignment_ids == only(plan).consignment_ids
    assert "container C1" not in events


def test_solving_a_file_says_which_container_does_not_load(tmp_path: Any) -> None:
    """Also without a hub."""
    request = tmp_path / "REQUEST.json"
    request.write_bytes(canonical_json(with_box(*(crate(n) for n in range(5)))))
    result = CliRunner().invoke(app, ["solve", str(request), "-o", str(tmp_path / "PLAN.json")])
    assert result.exit_code == 0
    assert "did_not_fit: C1 is frozen and its contents do not load" in result.stderr


# --- the verifier does not take the solver's word for it ----------------------------------------


def broken(instance: Instance, plan: Plan) -> set[str]:
    """Codes of what the verifier finds."""
    return {violation.code for violation in verify(instance, edit(plan, certificate=None))}


@pytest.fixture(name="troubled", scope="module")
def troubled_lane() -> tuple[Instance, Plan]:
    """A lane with a container that does not load."""
    instance = with_box(*(crate(n) for n in range(5)))
    return instance, planned(instance)


def called(plan: Plan, **changes: Any) -> Plan:
    """The plan with other words about that container."""
    return edit(plan, unloadable=(edit(only(plan), **changes),))


def test_an_honest_word_passes(troubled: tuple[Instance, Plan]) -> None:
    """And without it the plan is refuted: cartons have no place."""
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
def test_a_word_that_is_not_right_is_found(
    troubled: tuple[Instance, Plan], changes: dict[str, Any], code: str
) -> None:
    """Reason, consignments and container must be real."""
    instance, plan = troubled
    assert code in broken(instance, called(plan, **changes))


def test_the_word_twice_is_found(troubled: tuple[Instance, Plan]) -> None:
    """Each container once."""
    instance, plan = troubled
    assert broken(instance, edit(plan, unloadable=plan.unloadable * 2)) == {"unloadable_twice"}


def test_a_container_that_may_be_planned_otherwise_cannot_be_excused(
    troubled: tuple[Instance, Plan],
) -> None:
    """What is slushy must load."""
    instance, plan = troubled
    other = next(b.consolidation_id for b in plan.containers if b.consolidation_id != "C1")
    more = Unloadable(
        consolidation_id=other, consignment_ids=(), code=UnloadableCode.REFUTED, reason="no"
    )
    excused = edit(plan, unloadable=(*plan.unloadable, more))
    assert broken(instance, excused) == {"not_closed"}


def test_an_unloadable_container_keeps_its_load_plan(troubled: tuple[Instance, Plan]) -> None:
    """A plan that changes it under cover of the word is refuted."""
    instance, plan = troubled
    other = planned(with_box(crate(0)))
    placements = next(b.placements for b in other.containers if b.consolidation_id == "C1")
    boxes = tuple(
        edit(b, placements=placements) if b.consolidation_id == "C1" else b for b in plan.containers
    )
    assert broken(instance, edit(plan, containers=boxes)) == {"load_plan_changed"}


def test_a_container_that_loads_cannot_be_called_unloadable() -> None:
    """The load plan in force must really break a rule."""
    first = planned(with_box(crate(0), crate(1)))
    in_force = next(b.placements for b in first.containers if b.consolidation_id == "C1")
    instance = with_box(crate(0), crate(1), planned=in_force)
    plan = planned(instance)
    word = Unloadable(
        consolidation_id="C1",
        consignment_ids=("T0",),
        code=UnloadableCode.DID_NOT_FIT,
        reason="they say so",
    )
    assert broken(instance, edit(plan, unloadable=(word,))) == {"not_unloadable"}


# --- what is solved again -----------------------------------------------------------------------


def test_exclusions_grow_from_the_load_plan_in_force_to_the_container() -> None:
    """First the old load plan is given up, then a new one; then there is nothing more to learn."""
    instance = with_box(crate(0), planned=planned(with_box(crate(0))).containers[0].placements)
    overlap = ViolationCode.OVERLAP
    told = [Violation(code=overlap, where="carton T0-001 in C1", message="and T1 overlap")]
    first = NO_EXCLUSIONS.extend(instance, told)
    assert first == Exclusions(discarded=("C1",))
    assert first is not None
    second = first.extend(instance, told)
    assert second is not None
    assert second.given_up == {"C1": "overlap: carton T0-001 in C1: and T1 overlap"}
    assert second.extend(instance, told) is None
    assert NO_EXCLUSIONS.extend(instance, []) is None


def test_a_refuted_container_stays_and_the_rest_is_planned() -> None:
    """The verifier's own words become the reason."""
    instance = with_box(*(crate(n) for n in range(5)))
    plan = solve(
        instance, exclusions=Exclusions(given_up={"C1": "overlap: carton T0-001 in C1: so"})
    )
    assert only(plan).code == "refuted"
    assert "overlap: carton T0-001" in only(plan).reason
    certified, violations = certify(instance, plan)
    assert violations == ()
    assert certified is not None


def test_a_slushy_container_is_never_given_up() -> None:
    """Its contents can go elsewhere: only its load plan is made anew."""
    world = hand_made_world()
    told = [Violation(code=ViolationCode.OVERLAP, where="carton S1-001 in SLUSHY", message="")]
    assert NO_EXCLUSIONS.extend(world, told) is None
