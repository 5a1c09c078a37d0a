"""Check what rests on each box: mass, pressure, layers and stack classes.

A box passes its mass and what it bears to the boxes below in proportion to the areas of contact, in
exact fractions; a box on the floor passes all to the floor.
"""

from fractions import Fraction

from groupage.app.bench.loading.problem import LoadPlan, Problem
from groupage.app.bench.loading.verifier.geometry import boxes_below
from groupage.app.bench.loading.verifier.violation import Kind, Violation, Violations


def check_bearing(problem: Problem, plan: LoadPlan) -> Violations:
    """Check all limits of the boxes that bear others."""
    violations: Violations = []
    types = [problem.types[box.type_index] for box in plan]
    below = boxes_below(plan)
    loads = [Fraction(0)] * len(plan)
    layers = [1] * len(plan)
    per_cm2 = Fraction(problem.unit_mm**2, 100)
    # A supporter's base is lower than the base of what it bears.
    for index in sorted(range(len(plan)), key=lambda i: -plan[i].z):
        contact = sum(area for _, area in below[index])
        if not contact:
            continue
        passed = types[index].gross_g + loads[index]
        pressure = passed / (contact * per_cm2)
        for other, area in below[index]:
            loads[other] += passed * Fraction(area, contact)
            limit = types[other].top_pressure_g_per_cm2
            if limit is not None and pressure > limit:
                text = f"box {index} presses with {float(pressure):.2f} g/cm², allowed is {limit}"
                violations.append(Violation(Kind.TOP_PRESSURE, other, text))
            if types[index].stack_class > types[other].stack_class:
                text = f"of class {types[other].stack_class}, bears box {index} of a higher class"
                violations.append(Violation(Kind.STACK_CLASS, other, text))
    for index, load in enumerate(loads):
        limit = types[index].top_load_g
        if limit is not None and load > limit:
            text = f"{float(load):.1f} g rest on it, allowed is {limit}"
            violations.append(Violation(Kind.TOP_LOAD, index, text))
    for index in sorted(range(len(plan)), key=lambda i: plan[i].z):
        same = [layers[o] for o, _ in below[index] if types[o].number == types[index].number]
        layers[index] = 1 + max(same, default=0)
        most = types[index].layers_max
        if most is not None and layers[index] > most:
            text = f"is layer {layers[index]} of its kind, allowed are {most}"
            violations.append(Violation(Kind.LAYERS, index, text))
    return violations
