"""Write load plans as JSON, one file for each instance, in the units of the instance."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from groupage.app.bench.loading.problem import LoadPlan, Problem
from groupage.domain.errors import InvalidInput


def describe_plans(problem: Problem, plans: Sequence[LoadPlan]) -> dict[str, Any]:
    """Return the content of an instance's file; types have the numbers of the instance."""
    described: dict[str, Any] = {"instance": problem.name, "container": list(problem.container)}
    if problem.all_boxes:
        described["containers"] = [
            {"container": list(problem.container), "placements": _placements(problem, plan)}
            for plan in plans
        ]
    else:
        described["placements"] = [row for plan in plans for row in _placements(problem, plan)]
    return described


def _placements(problem: Problem, plan: LoadPlan) -> list[dict[str, int]]:
    """Return the boxes in loading sequence."""
    rows = []
    for box in plan:
        box_type = problem.types[box.type_index]
        row = {"type": box_type.number, **box._asdict()}
        del row["type_index"]
        if problem.rules.stops:
            row["stop"] = box_type.stop
        rows.append(row)
    return rows


def write_plans(folder: Path, problem: Problem, plans: Sequence[LoadPlan]) -> None:
    """Write the plans of an instance, for example `BR5-1.json`."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", problem.name) + ".json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(msgspec.json.encode(describe_plans(problem, plans)))
    except OSError as error:
        raise InvalidInput(f"cannot write {folder / name}: {error.strerror}") from error
