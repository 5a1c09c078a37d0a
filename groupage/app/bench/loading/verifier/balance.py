"""Check the mass of the cargo and where it is.

A box's mass is spread evenly over it. Moments are doubled, so that the middle of a box or
container is an integer; halves of boxes are exact fractions.
"""

from fractions import Fraction

from groupage.app.bench.loading.problem import Balance, LoadPlan, Problem
from groupage.app.bench.loading.verifier.violation import Kind, Violation, Violations


def check_payload(problem: Problem, plan: LoadPlan) -> Violations:
    """Check the mass of all boxes."""
    mass_g = sum(problem.types[box.type_index].gross_g for box in plan)
    payload_g = problem.rules.payload_g
    if payload_g is None or mass_g <= payload_g:
        return []
    return [Violation(Kind.PAYLOAD, None, f"{mass_g} g, allowed are {payload_g}")]


def check_balance(problem: Problem, plan: LoadPlan, balance: Balance) -> Violations:
    """Check the centre of gravity and the mass in each half of the length."""
    masses = [problem.types[box.type_index].gross_g for box in plan]
    mass = sum(masses)
    if not mass:
        return []
    length, width, height = problem.container
    twice = [0, 0, 0]
    for box, grams in zip(plan, masses, strict=True):
        for axis in range(3):
            twice[axis] += grams * (2 * box[1 + axis] + box[4 + axis])
    violations: Violations = []
    for kind, moment, inner, permille in (
        (Kind.BALANCE_LENGTH, twice[0], length, balance.length_permille),
        (Kind.BALANCE_WIDTH, twice[1], width, balance.width_permille),
    ):
        off = abs(moment - mass * inner)
        if off * 1_000 > 2 * permille * mass * inner:
            text = f"centre of gravity {off / (2 * mass):.1f} off the middle of {inner}"
            violations.append(Violation(kind, None, text))
    if twice[2] * 1_000 > 2 * balance.height_permille * mass * height:
        text = f"centre of gravity {twice[2] / (2 * mass):.1f} above the floor, of {height}"
        violations.append(Violation(Kind.BALANCE_HEIGHT, None, text))
    return violations + _check_halves(problem, plan, masses, balance)


def _check_halves(
    problem: Problem, plan: LoadPlan, masses: list[int], balance: Balance
) -> Violations:
    """Check the share of the mass in either half of the length."""
    length = problem.container[0]
    mass = sum(masses)
    in_far = Fraction(0)
    for box, grams in zip(plan, masses, strict=True):
        # Twice the part of the box that stands in the far half.
        part = min(max(length - 2 * box.x, 0), 2 * box.dx)
        in_far += Fraction(grams * part, 2 * box.dx)
    violations: Violations = []
    for name, share in (("far", in_far), ("door", mass - in_far)):
        if share * 1_000 > balance.half_permille * mass:
            text = f"{float(100 * share / mass):.1f} % of the mass is in the {name} half"
            violations.append(Violation(Kind.HALF_MASS, None, text))
    return violations
