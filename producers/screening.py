"""Check digits of container numbers and SSCCs in an event, and the hub's policy about them."""

from collections.abc import Iterator

import msgspec

from groupage.domain.checkdigits import (
    DigitProblem,
    Fate,
    container_problem,
    fate_of,
    is_container_number,
    unit_problem,
)
from groupage.domain.events.base import Event
from groupage.domain.policy import CheckDigitPolicy

_SEVERITY: dict[Fate, int] = {"accept": 0, "warn": 1, "quarantine": 2, "reject": 3}


class CheckDigitRules(msgspec.Struct, frozen=True, kw_only=True):
    """The policy for wrong check digits of container numbers and of SSCCs."""

    containers: CheckDigitPolicy = "quarantine"
    units: CheckDigitPolicy = "quarantine"
    free_names: bool = False
    """Equipment may have any name; only names in the form of a container number are checked."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A wrong check digit in a field, and its fate under the policy."""

    field: str
    problem: DigitProblem
    fate: Fate


def find_wrong_digits(event: Event, rules: CheckDigitRules) -> list[Finding]:
    """Find every wrong check digit of the event's container numbers and SSCCs."""
    found = []
    for field, ref in _containers(event):
        if rules.free_names and not is_container_number(ref):
            continue
        if problem := container_problem(ref):
            fate = fate_of(problem, rules.containers)
            found.append(Finding(field=field, problem=problem, fate=fate))
    for field, unit_id in _units(event):
        if problem := unit_problem(unit_id):
            fate = fate_of(problem, rules.units)
            found.append(Finding(field=field, problem=problem, fate=fate))
    return found


def worst_fate(findings: list[Finding]) -> Fate:
    """Return the most severe fate among the findings; ``accept`` without any."""
    return max((finding.fate for finding in findings), key=_SEVERITY.__getitem__, default="accept")


def _containers(event: Event) -> Iterator[tuple[str, str]]:
    if ref := getattr(event, "equipment_ref", None):
        yield "equipment_ref", ref


def _units(event: Event) -> Iterator[tuple[str, str]]:
    for field in ("unit_id", "parent_id"):
        if unit_id := getattr(event, field, None):
            yield field, unit_id
    for field in ("inputs", "outputs", "unit_ids"):
        for index, unit_id in enumerate(getattr(event, field, ())):
            yield f"{field}[{index}]", unit_id
    for index, unit in enumerate(getattr(event, "units", ())):
        yield f"units[{index}].unit_id", unit.unit_id
