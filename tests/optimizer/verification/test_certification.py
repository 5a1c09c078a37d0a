"""The certify-and-retry loop: its end, and its exclusions for the next solve."""

from groupage.domain.codes import LeftOutCode
from optimizer.certification import SOLVES_MAX, Certification
from tests.optimizer.verification.changes import edit
from tests.optimizer.world import instance, plan_of


def test_a_valid_plan_is_certified_and_nothing_is_solved_again() -> None:
    """The certified plan differs from the bare one in its certificate only."""
    case = instance()
    plan = plan_of(case)
    certification = Certification(case)
    certified = certification.certify(plan)
    assert certified is not None
    assert certified.certificate is not None
    assert edit(certified, certificate=None) == plan
    assert certification.violations == ()
    assert certification.exclusions is None


def test_the_certificate_says_that_the_deadline_ended_the_solve() -> None:
    """Only then may a consignment be left out for want of time."""
    case = instance()
    plan = plan_of(case)
    in_time = Certification(case).certify(plan)
    cut_plan = edit(
        plan,
        stats=edit(plan.stats, cut_short=("load",)),
        left_out=tuple(edit(left, code=LeftOutCode.TIME_LIMIT) for left in plan.left_out),
    )
    cut = Certification(case).certify(cut_plan)
    assert in_time is not None
    assert in_time.certificate is not None
    assert in_time.certificate.repeatable
    assert cut is not None
    assert cut.certificate is not None
    assert not cut.certificate.repeatable


def test_a_violation_that_no_other_solve_can_cure_ends_the_search() -> None:
    """The violations of the rejected plan remain."""
    case = instance()
    certification = Certification(case)
    assert certification.certify(edit(plan_of(case), sequence=8)) is None
    assert certification.exclusions is None
    assert {violation.code for violation in certification.violations} == {"other_instance"}


def test_a_closed_container_is_given_up_step_by_step_and_never_more_than_the_limit() -> None:
    """A carton of a frozen container hangs in the air in every plan of the caller."""
    case = instance()
    plan = plan_of(case)
    frozen = next(c for c in plan.containers if c.consolidation_id == "FROZEN")
    in_air = edit(frozen.placements[0], z_mm=1_200)
    broken = edit(frozen, placements=(in_air, *frozen.placements[1:]))
    plan = edit(
        plan,
        containers=tuple(broken if c is frozen else c for c in plan.containers),
    )
    certification = Certification(
        edit(
            case,
            consolidations=tuple(
                edit(c, planned=frozen.placements) if c.consolidation_id == "FROZEN" else c
                for c in case.consolidations
            ),
        )
    )
    steps = []
    while certification.exclusions is not None:
        steps.append((certification.exclusions.discarded, tuple(certification.exclusions.given_up)))
        assert certification.certify(plan) is None
    assert steps == [((), ()), (("FROZEN",), ()), (("FROZEN",), ("FROZEN",))]
    assert len(steps) < SOLVES_MAX
