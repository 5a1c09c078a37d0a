"""Kill random processes of a hub a thousand times while it works, then count everything.

    make test-chaos                              # 1,000 kills, about an hour
    make test-chaos ARGS="--kills 50 --seed 3"   # a short run

Each round is a hub of its own and a simulated day, sent event by event through the gateway.
Meanwhile random processes get SIGKILL: gateway, workers, planner, API, Kafka, PostgreSQL, or the
supervisor, which takes all others with it and is started again with `groupage up`. After the day
every accepted event, derived message, state, alert, dead letter and plan is counted, and the log is
folded again. Status 1 if anything is lost, doubled or different, or if the time is up before the
kills are done; the data directory of such a round is kept.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from groupage.app.demo.checks import check_day
from groupage.app.demo.policy import write_policy
from groupage.app.local.hub import running_hub, stop
from groupage.domain.policy_file import load_policy
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from processors.aggregates.registry import all_aggregates
from producers.simulator.parameters import parameters_for
from producers.simulator.simulation import Simulation
from tests.e2e.commanded import CommandedHub, show
from tests.e2e.day import DisturbedDay, play_disturbed
from tests.e2e.disturbance import WORKERS, Killed
from tests.e2e.ledger import Ledger
from tests.e2e.unforeseen import unforeseen

_WEIGHTS = {
    "processors-1": 3,
    "processors-2": 3,
    "gateway": 3,
    "planner": 3,
    "api": 2,
    "kafka": 2,
    "postgres": 2,
    "supervisor": 1,
}
"""How often each process is chosen, while it runs."""
_PAUSE_MEAN_S = 1.0
"""Between two kills: the pauses are distributed exponentially, so that some follow at once."""
_POLL_S = 0.05
_RESTART_WAIT_MAX_S = 2.0
_SHOWN = 5


class Round(NamedTuple):
    """One hub's day: who was killed, what was counted, what was wrong."""

    number: int
    killed: list[Killed]
    counts: dict[str, int]
    problems: dict[str, list[str]]
    took_s: float


class RandomKills:
    """Kills random running processes of a hub until its day is over or enough were killed."""

    def __init__(self, hub: CommandedHub, *, kills: int, seed: int) -> None:
        self._hub = hub
        self._left = kills
        self._chance = random.Random(seed)

    async def __call__(
        self, accepted: Callable[[], int], day: "asyncio.Task[None]"
    ) -> list[Killed]:
        """Kill beside the day."""
        killed: list[Killed] = []
        while not day.done() and len(killed) < self._left:
            await asyncio.wait([day], timeout=self._chance.expovariate(1 / _PAUSE_MEAN_S))
            if day.done():
                break
            name, pid = self._choose()
            if pid is None or not _kill(pid):
                await asyncio.sleep(_POLL_S)
                continue
            killed.append(Killed(name, pid, accepted(), under_load=True))
            if name == "supervisor":
                await asyncio.to_thread(start, self._hub)
        return killed

    def _choose(self) -> tuple[str, int | None]:
        state = running_hub(self._hub.folder)
        if state is None or state.phase != "running":
            return "", None
        pids = {
            row.name: row.identity.pid
            for row in state.processes
            if row.identity is not None and row.identity.process() is not None
        } | {"supervisor": state.supervisor.pid}
        names = [name for name in _WEIGHTS if name in pids]
        name = self._chance.choices(names, [_WEIGHTS[each] for each in names])[0]
        return name, pids[name]


def start(hub: CommandedHub) -> None:
    """Start the hub, or start it again after its supervisor was killed."""
    hub.output_of("up", "--detach", "--clock", "external")


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def play_round(folder: Path, *, number: int, kills: int, seed: int) -> Round:
    """Play one day on a hub of its own in `folder`, killing beside it, and count."""
    began_s = time.monotonic()
    policy_file = write_policy(folder / "policy.toml")
    hub = CommandedHub(
        folder / "hub",
        {
            "GROUPAGE_POLICY_FILE": str(policy_file),
            "GROUPAGE_PROCESSOR_WORKERS": str(len(WORKERS)),
            "GROUPAGE_RESTART_WAIT_MAX_S": str(_RESTART_WAIT_MAX_S),
        },
    )
    try:
        start(hub)
        simulation = Simulation(parameters_for("small", seed=seed))
        day = asyncio.run(play_disturbed(hub, simulation, RandomKills(hub, kills=kills, seed=seed)))
        counts, problems = _count(hub, day, policy_file)
        counts["records folded again"] = _rebuild(hub, problems)
    finally:
        stop(hub.folder)
    return Round(number, day.killed, counts, problems, time.monotonic() - began_s)


def _count(
    hub: CommandedHub, day: DisturbedDay, policy_file: Path
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Count what the hub has stored, and list what is wrong by kind."""
    status = hub.status()
    policy = load_policy(policy_file)

    async def read() -> tuple[Ledger, Any]:
        settings = DatabaseSettings(url=status["database"]["url"])
        pool = await create_pool(settings, application_name="test")
        try:
            ledger = await Ledger.read(
                pool, status["kafka"]["bootstrap_servers"], all_aggregates(policy)
            )
            plan_of = {box.id: box.plan_id for box in day.simulation.boxes.values()}
            return ledger, await check_day(pool, stuffed_by=plan_of, policy=policy)
        finally:
            await pool.close()

    ledger, day_check = asyncio.run(read())
    accepted, stored, derived = day.client.accepted, ledger.from_outside(), ledger.derived()
    folded = ledger.folded()
    alerts = ledger.alerts_raised(folded) ^ ledger.alerts_open
    problems = {
        "refused though right": [str(item) for item in day.client.otherwise],
        "lost": [str(each) for each in accepted.keys() - stored.keys()],
        "doubled": [str(each) for each, copies in stored.items() if len(copies) > 1]
        + [str(each) for each, copies in derived.items() if copies > 1],
        "invented": [str(each) for each in stored.keys() - accepted.keys()],
        "stored otherwise": [
            str(each)
            for each, (fact, *_) in stored.items()
            if each in accepted
            and msgspec.structs.replace(fact, recorded_at=accepted[each].recorded_at)
            != accepted[each]
        ],
        "states": ledger.wrong_states(folded),
        "messages": ledger.undelivered(folded),
        "alerts": [f"{each} is open or raised, not both" for each in alerts],
        "dead letters": ledger.wrong_dead_letters(folded),
        "plan requests": ledger.wrong_answers(),
        "plans": ledger.bad_plans(),
        "the day": list(day_check.problems),
        "logs": [
            f"{file.stem}: {line[:800]}"
            for file in sorted((hub.folder / "logs").glob("*.log"))
            for line in unforeseen(file)
        ],
    }
    counts = {
        "accepted": len(accepted),
        "facts": sum(map(len, stored.values())),
        "derived": sum(derived.values()),
        "states": len(folded),
        "plans": len(ledger.plans),
        "containers out": len(day_check.departed),
    }
    return counts, problems


def _rebuild(hub: CommandedHub, problems: dict[str, list[str]]) -> int:
    """Fold the log again; return the number of its records."""
    hub.output_of("down")
    hub.output_of("up", "--servers-only", "--detach")
    ended = hub.command("rebuild", "--verify", "--json", timeout_s=600)
    compared = json.loads(ended.stdout) if ended.stdout.startswith("{") else {}
    if not compared.get("equal"):
        tables = [t for t in compared.get("tables", ()) if t["only_stored"] or t["only_rebuilt"]]
        problems["rebuild"] = [str(table) for table in tables] or [ended.stderr[-2_000:]]
    return int(compared.get("records", 0))


def _print_table(rounds: list[Round]) -> None:
    """Print the kills by process, the counts, and what was wrong."""
    names = [*_WEIGHTS]
    killed = [Counter(each.name for each in one.killed) for one in rounds]
    show(f"\n{'round':>5} {'kills':>5} " + " ".join(f"{name:>12}" for name in names))
    for one, by_name in zip(rounds, killed, strict=True):
        cells = " ".join(f"{by_name[name]:>12}" for name in names)
        show(f"{one.number:>5} {len(one.killed):>5} {cells}")
    total = sum(killed, Counter())
    show(f"{'all':>5} {total.total():>5} " + " ".join(f"{total[name]:>12}" for name in names))
    heads = [*rounds[0].counts]
    show(f"\n{'round':>5} " + " ".join(f"{head:>20}" for head in heads) + "   seconds  wrong")
    for one in rounds:
        cells = " ".join(f"{one.counts[head]:>20,}" for head in heads)
        wrong = {kind: len(found) for kind, found in one.problems.items() if found}
        show(f"{one.number:>5} {cells} {one.took_s:>9.0f}  {wrong or 'nothing'}")
    sums = " ".join(f"{sum(one.counts[head] for one in rounds):>20,}" for head in heads)
    show(f"{'all':>5} {sums} {sum(one.took_s for one in rounds):>9.0f}")


def main() -> int:
    """Play rounds until enough processes were killed; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1_000, help="in all (default 1,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round (default 1)")
    parser.add_argument("--minutes", type=float, default=90.0, help="at most (default 90)")
    options = parser.parse_args()
    deadline = time.monotonic() + options.minutes * 60
    for name in ("aiokafka", "asyncpg"):  # servers that are away are wanted here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    rounds: list[Round] = []
    left = options.kills
    while left > 0 and time.monotonic() < deadline:
        number = len(rounds) + 1
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        show(f"round {number} in {folder}")
        one = play_round(folder, number=number, kills=left, seed=options.seed + number - 1)
        if not any(one.problems.values()):
            shutil.rmtree(folder)
        rounds.append(one)
        left -= len(one.killed)
        wrong = sum(map(len, one.problems.values()))
        show(
            f"  {len(one.killed)} kills, {one.counts['accepted']:,} events accepted, "
            f"{one.took_s:.0f} s, {wrong} problems, {left} kills left"
        )
        for kind, found in one.problems.items():
            for line in found[:_SHOWN]:
                show(f"  {kind}: {line}")
    _print_table(rounds)
    if left > 0:
        show(f"{left} of {options.kills} kills were not done in {options.minutes:g} minutes")
    return int(left > 0 or any(found for one in rounds for found in one.problems.values()))


if __name__ == "__main__":
    sys.exit(main())
