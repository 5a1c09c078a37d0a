"""A small day of one seed on a hub of its own, played by ``groupage simulate``."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from groupage.app.demo.policy import write_policy
from groupage.app.local.hub import stop
from tests.e2e.commanded import CommandedHub, show
from tests.e2e.demo_record import DayRecord, read_day_now

_DAY_S = 200.0


class SimulatedDay(NamedTuple):
    """The result of one day."""

    outcome: dict[str, Any]
    """The simulator's own counts, as ``--json`` prints them."""
    record: DayRecord
    """The hub's database after the day."""

    def assert_complete(self) -> None:
        """Every plan came in time, and all that left is on record as gated out."""
        assert self.outcome["containers_out"] >= 4
        assert self.outcome["plans_missed"] == self.outcome["plans_out_of_turn"] == 0
        assert self.outcome["facts"] >= len(self.record.outside) > 15_000
        left = [
            key
            for key, state in self.record.states.items()
            if key.startswith("consolidation ") and state["status"] in ("GATED_OUT", "ON_BOARD")
        ]
        assert len(left) == self.outcome["containers_out"]


@contextmanager
def day_hub(folder: Path) -> Iterator[CommandedHub]:
    """Start a hub that waits for a day, and stop it afterwards."""
    policy_file = write_policy(folder.with_name("policy.toml"))
    settings = {"GROUPAGE_POLICY_FILE": str(policy_file), "GROUPAGE_PROCESSOR_BATCH_WAIT_S": "0.02"}
    hub = CommandedHub(folder, settings)
    try:
        hub.output_of("up", "--detach", "--clock", "external")
        yield hub
        hub.output_of("down")
    finally:
        stop(folder)


def play_day(hub: CommandedHub, *options: str) -> SimulatedDay:
    """Play the small day of seed 4 to its end."""
    arguments = ("simulate", "--scale", "small", "--seed", "4", "--json", *options)
    played = hub.command(*arguments, timeout_s=_DAY_S)
    assert played.returncode == 0, played.stderr[-4_000:]
    outcome: dict[str, Any] = json.loads(played.stdout)
    show(
        f"\n{' '.join(options) or 'plain'}: {outcome['facts']} facts in {outcome['took_s']} s, "
        f"waited {outcome['waited_s']}"
    )
    return SimulatedDay(outcome, read_day_now(hub.status()["database"]["url"]))
