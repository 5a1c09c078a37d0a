"""`groupage bench loading`: the command on tiny instances, and the files that it writes."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groupage.app.bench.loading import peers
from groupage.app.bench.loading.literature import read_file
from groupage.app.bench.loading.outcome import Limits
from groupage.app.bench.loading.run import verify
from groupage.app.commands.bench import app

# Compiles the search where that was not done before.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TINY = """ 2
 1 7
 60 20 20
 3
 1 10 1 10 1 10 1 12
 2 20 0 10 1 5 1 12
 3 7 1 6 1 5 1 30
 2 9
 50 22 21
 2
 1 10 0 9 0 8 1 20
 2 12 1 11 1 6 1 15
"""
SEVERAL = """ 1
 1
 12 12 12
 2
 1 6 1 6 1 6 1 19
 2 5 1 4 1 3 1 20
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A file of single containers and one whose boxes must all be loaded."""
    paths = {"tiny": tmp_path / "tiny_01-02.txt", "thpack9": tmp_path / "thpack9.txt"}
    paths["tiny"].write_text(TINY)
    paths["thpack9"].write_text(SEVERAL)
    return paths


def run(*arguments: str) -> dict[str, Any]:
    """Run the command and return what it prints as JSON."""
    result = CliRunner().invoke(app, ["loading", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def is_valid(placements: list[dict[str, int]], container: list[int]) -> bool:
    """Return whether boxes are inside, apart from each other, and on the floor or on tops."""
    spans = [[(row[c], row[c] + row["d" + c]) for c in ("x", "y", "z")] for row in placements]
    inside = all(
        0 <= low < high <= limit
        for span in spans
        for (low, high), limit in zip(span, container, strict=True)
    )
    apart = all(
        any(a[1] <= b[0] or b[1] <= a[0] for a, b in zip(one, other, strict=True))
        for one, other in combinations(spans, 2)
    )
    held = all(
        span[2][0] == 0
        or (span[0][1] - span[0][0]) * (span[1][1] - span[1][0])
        == sum(
            max(0, min(span[0][1], below[0][1]) - max(span[0][0], below[0][0]))
            * max(0, min(span[1][1], below[1][1]) - max(span[1][0], below[1][0]))
            for below in spans
            if below[2][1] == span[2][0]
        )
        for span in spans
    )
    return inside and apart and held


def test_plans_of_a_file(files: dict[str, Path], tmp_path: Path) -> None:
    """By work limit: the plans are valid, those of the table, and the same in a second run."""
    arguments = (str(files["tiny"]), "--work", "2", "--out", str(tmp_path / "plans"))
    (row,) = run(*arguments)["rows"]
    assert (row["name"], row["instances"], row["invalid"], row["turned"]) == ("tiny", 2, 0, 0)
    written = {path.name: path.read_bytes() for path in sorted((tmp_path / "plans").iterdir())}
    assert list(written) == ["tiny-1.json", "tiny-2.json"]
    fills, boxes = [], 0
    for number, problem in enumerate(read_file(files["tiny"], all_boxes=False, report=print), 1):
        plan = json.loads(written[f"tiny-{number}.json"])
        assert plan["instance"] == f"tiny/{number}"
        assert plan["container"] == list(problem.container)
        placements = plan["placements"]
        assert is_valid(placements, plan["container"])
        counts = Counter(placement["type"] for placement in placements)
        for box_type in problem.types:
            assert counts[box_type.number] <= box_type.quantity
        for placement in placements:
            size = tuple(placement["d" + axis] for axis in "xyz")
            assert size in problem.types[placement["type"] - 1].orientations()
        volume = sum(p["dx"] * p["dy"] * p["dz"] for p in placements)
        fills.append(100 * volume / problem.volume)
        boxes += len(placements)
    assert row["fill"] == pytest.approx(sum(fills) / 2, abs=0.01)
    assert row["boxes"] == boxes
    run(*arguments)
    again = {path.name: path.read_bytes() for path in sorted((tmp_path / "plans").iterdir())}
    assert again == written


def test_several_containers(files: dict[str, Path], tmp_path: Path) -> None:
    """All boxes are loaded, container by container."""
    (row,) = run(str(files["thpack9"]), "--work", "1", "--out", str(tmp_path / "plans"))["rows"]
    plan = json.loads((tmp_path / "plans" / "thpack9-1.json").read_text())
    assert row["containers"] == len(plan["containers"]) >= row["bound"] == 4
    assert row["fill"] is None
    loaded = Counter(p["type"] for part in plan["containers"] for p in part["placements"])
    assert loaded == {1: 19, 2: 20}
    for part in plan["containers"]:
        assert part["container"] == [12, 12, 12]
        assert is_valid(part["placements"], part["container"])


def test_classes_and_times(tmp_path: Path) -> None:
    """Generated classes have a row each and one for all; fills by CPU time never fall."""
    printed = run("BR1-2", "--instances", "1", "--work", "2", "--at", "1000,0.000001")
    ours = [row for row in printed["rows"] if row["solver"].startswith("groupage")]
    assert [row["name"] for row in ours] == ["BR1", "BR2", "all"]
    assert ours[2]["fill"] == pytest.approx((ours[0]["fill"] + ours[1]["fill"]) / 2, abs=0.01)
    early, late = printed["anytime"][:2]
    assert (early["after_s"], early["fill"]) == (0.000001, 0.0)
    assert late["fill"] == ours[0]["fill"] > 70


def test_rules(tmp_path: Path) -> None:
    """The command says which rules an engine does not know; the verifier sees what it breaks."""
    arguments = ("BR3", "--instances", "1", "--work", "1", "--rules", "stops,bearing")
    options = ("--planners-engine", "--out", str(tmp_path), "--json")
    result = CliRunner().invoke(app, ["loading", *arguments, *options])
    assert result.exit_code == 1
    assert "groupage does not know: bearing, stops" in result.stderr
    assert "planner's engine does not know" not in result.stderr
    assert "  unloading box " in result.stderr
    assert [row["invalid"] for row in json.loads(result.stdout)["rows"]] == [1, 0]
    placements = json.loads((tmp_path / "BR3-1.json").read_text())["placements"]
    assert {placement["stop"] for placement in placements} == {1, 2, 3, 4}


@pytest.mark.parametrize("rules", ["bearing", "stops", "stops,bearing"])
def test_the_planners_engine_keeps_rules(rules: str) -> None:
    """It supports each base, limits loads on boxes, and loads the last stop first."""
    arguments = ("BR4", "--instances", "1", "--work", "2", "--planners-engine")
    free = run(*arguments)["rows"][1]
    assert (free["solver"], free["invalid"]) == ("groupage, planner's engine", 0)
    result = CliRunner().invoke(app, ["loading", *arguments, "--rules", rules, "--json"])
    ruled = json.loads(result.stdout)["rows"][1]
    assert ruled["invalid"] == ruled["floating"] == 0
    assert 50 < ruled["fill"] <= free["fill"]


def test_errors(tmp_path: Path) -> None:
    """An unusable option or file is an error that names it."""
    for arguments, text in (
        (["missing.txt"], "missing.txt"),
        (["BR1", "--at", "1,soon"], "--at is '1,soon'"),
        (["BR1", "--rules", "magic"], "--rules is 'magic'"),
        (["BR1", "--instances", "x"], "--instances is 'x'"),
        (["BR1", "--work", "1", "--best-known", str(tmp_path / "no.csv")], "no.csv"),
    ):
        result = CliRunner().invoke(app, ["loading", *arguments])
        assert result.exit_code
        assert text in str(result.exception)


@pytest.mark.skipif(not peers.installed_peers(), reason="no peer is installed")
@pytest.mark.slow
def test_peers(files: dict[str, Path]) -> None:
    """A peer's plan comes back from its process, and the same verifier checks it."""
    problem = read_file(files["tiny"], all_boxes=False, report=print)[0]
    for peer in peers.installed_peers():
        outcome = peer.solve(problem, Limits(seconds=0.3))
        assert outcome.failure is None
        assert verify(problem, outcome, is_peer=True).broken == ()
