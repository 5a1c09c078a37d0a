"""A seed says everything: two hubs that live through the same simulated day end alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groupage.app.demo.policy import write_policy
from groupage.app.local.hub import stop
from tests.e2e.commanded import CommandedHub, tell
from tests.e2e.demo_record import DayRecord, differences, read_day_now

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(700)]

DAY_S = 200.0


@pytest.fixture
def folder(short_tmp_path: Path) -> Iterator[Path]:
    """A place for hubs; whatever is started in it is ended."""
    yield short_tmp_path
    for hub in short_tmp_path.glob("hub-*"):
        stop(hub)


def live_through(folder: Path, name: str, *options: str) -> tuple[dict[str, Any], DayRecord]:
    """One small day of seed 4 on a hub of its own: what the simulator told, what the hub has."""
    policy_file = write_policy(folder / "policy.toml")
    settings = {"GROUPAGE_POLICY_FILE": str(policy_file), "GROUPAGE_PROCESSOR_BATCH_WAIT_S": "0.02"}
    hub = CommandedHub(folder / f"hub-{name}", settings)
    hub.done("up", "--detach", "--clock", "external")
    try:
        played = hub.command(
            "simulate", "--scale", "small", "--seed", "4", "--json", *options, timeout_s=DAY_S
        )
        assert played.returncode == 0, played.stderr[-4_000:]
        told: dict[str, Any] = json.loads(played.stdout)
        tell(f"\n{name}: {told['facts']} facts in {told['took_s']} s, waited {told['waited_s']}")
        record = read_day_now(hub.status()["database"]["url"])
    finally:
        hub.done("down")
    return told, record


def test_the_same_seed_gives_the_same_day(folder: Path) -> None:
    """Facts from outside, plans and final states are equal at another pace of day and of worker."""
    told, first = live_through(folder, "one")
    assert told["containers_out"] >= 4
    assert told["plans_missed"] == told["plans_out_of_turn"] == 0
    again, second = live_through(folder, "two", "--pace", "max")
    timing = ("took_s", "waited_s")
    assert {k: told[k] for k in told if k not in timing} == {
        k: again[k] for k in again if k not in timing
    }
    assert len(first.outside) > 15_000
    for one, two in zip(first, second, strict=True):
        unlike = differences(one, two)
        assert not unlike, f"{unlike}: {one.get(unlike[0])} and {two.get(unlike[0])}"


def test_a_day_through_the_gateway_ends_as_one_through_kafka(folder: Path) -> None:
    """Over HTTP the whole day goes through, and all that left is planned, loaded and out."""
    told, record = live_through(folder, "http", "--to", "http")
    assert told["containers_out"] >= 4
    assert told["plans_missed"] == told["plans_out_of_turn"] == 0
    assert told["facts"] >= len(record.outside) > 15_000
    left = [
        key
        for key, state in record.states.items()
        if key.startswith("consolidation ") and state["status"] in ("GATED_OUT", "ON_BOARD")
    ]
    assert len(left) == told["containers_out"]
