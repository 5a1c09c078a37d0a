"""Another loading package, in a process of its own: problem and limits in, load plans out, as JSON.

``python -m groupage.app.bench.loading.peer_process NAME`` reads a `Task` from standard input. The
process runs on one core and is killed by the system at its limit of CPU seconds.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module

import msgspec

from groupage.app.bench.loading.outcome import Improvement, Outcome
from groupage.app.bench.loading.problem import Box, LoadPlan, Problem


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A problem for a peer."""

    problem: Problem
    seconds: float
    """CPU seconds that the peer should take."""
    wall_s: float
    """Limit for peers that count wall time."""
    kill_s: int
    """CPU seconds after which the system kills the process."""


def py3dbp(task: Task) -> tuple[list[LoadPlan], list[Improvement]]:
    """Run py3dbp: largest first, in one pass. It turns boxes as it likes."""
    from py3dbp import Bin, Item, Packer  # noqa: PLC0415 - only the extra `bench` has it

    problem = task.problem
    packer = Packer()
    boxes = sum(t.quantity for t in problem.types)
    for number in range(boxes if problem.all_boxes else 1):
        packer.add_bin(Bin(str(number), *problem.container, 10**12))
    for index, box_type in enumerate(problem.types):
        for _ in range(box_type.quantity):
            packer.add_item(Item(str(index), *box_type.edges, 1))
    packer.pack(bigger_first=True, distribute_items=problem.all_boxes, number_of_decimals=0)
    plans: list[LoadPlan] = []
    for container in packer.bins:
        plan = [
            Box(int(item.name), *map(int, item.position), *map(int, item.get_dimension()))
            for item in container.items
        ]
        if plan:
            plans.append(plan)
    return plans, []


def packingsolver3d(task: Task) -> tuple[list[LoadPlan], list[Improvement]]:
    """Run PackingSolver's solver for boxes, unmodified."""
    from packingsolver3d import (  # noqa: PLC0415 - only the extra `bench` has it
        ALL_ROTATIONS,
        BinType,
        Instance,
        ItemType,
        Objective,
        ProgressEvent,
        box,
    )  # fmt: skip

    problem, improvements = task.problem, []
    began = time.process_time()
    length, width, height = problem.container
    items = [
        ItemType(
            x=t.edges[0],
            y=t.edges[1],
            z=t.edges[2],
            copies=t.quantity,
            # A name such as YXZ lists the box's own axes along the container's x, y and z.
            rotations=[r for r in ALL_ROTATIONS if t.vertical["XYZ".index(r.name[2])]],
        )
        for t in problem.types
    ]
    boxes = sum(t.quantity for t in problem.types)
    instance = Instance(
        bin_types=[BinType(x=length, y=width, z=height, copies=boxes if problem.all_boxes else 1)],
        item_types=items,
        objective=Objective.BIN_PACKING if problem.all_boxes else Objective.KNAPSACK,
    )

    def note(event: ProgressEvent) -> None:
        improvements.append(
            Improvement(cpu_s=time.process_time() - began, volume=int(event.profit))
        )

    result = box.solve(instance, time_limit=task.wall_s, progress_callback=note)
    plans: list[LoadPlan] = [
        [Box(p.item_type_id, p.x, p.y, p.z, p.lx, p.ly, p.lz) for p in container.placements]
        for container in result.bins
        for _ in range(container.copies)
    ]
    return plans, improvements


PEERS: dict[str, Callable[[Task], tuple[list[LoadPlan], list[Improvement]]]] = {
    "packingsolver3d": packingsolver3d,
    "py3dbp": py3dbp,
}


def main() -> None:
    """Run the peer named on the command line."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    resource.setrlimit(resource.RLIMIT_CPU, (task.kill_s, task.kill_s))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import_module(sys.argv[1])
    began = time.process_time()
    plans, improvements = PEERS[sys.argv[1]](task)
    outcome = Outcome(
        plans=tuple(plans), cpu_s=time.process_time() - began, improvements=tuple(improvements)
    )
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main()
