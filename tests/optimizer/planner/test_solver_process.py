"""A misbehaving solver process costs one result; the next call starts a new process."""

import sys

import pytest

from optimizer.planner.child import SolveJob
from optimizer.planner.solver_process import SolverDied, SolverOverran, SolverProcess
from optimizer.sample import sample
from optimizer.verification.api import certify

_CHILD = """
import struct, sys, time
def write(frame):
    sys.stdout.buffer.write(struct.pack(">I", len(frame)) + frame)
    sys.stdout.buffer.flush()
write(b'{"kind":"ready"}')
sys.stdin.buffer.read(1)
"""
JOB = SolveJob(instance=sample(consignments=1, seed=1))


@pytest.mark.parametrize(
    ("then", "timeout_s", "error", "message"),
    [
        ("sys.exit(3)", 20, SolverDied, "ended with status"),
        ("write(b'no JSON')", 20, SolverDied, "cannot be decoded"),
        ("write(b'[]')", 20, SolverDied, "cannot be decoded"),
        (
            "sys.stdout.buffer.write(b'\\xff' * 8); sys.stdout.buffer.flush()",
            20,
            SolverDied,
            "bytes",
        ),
        ("time.sleep(60)", 0.3, SolverOverran, "within 0.3 s"),
    ],
)
async def test_a_bad_result_costs_one_attempt(
    then: str, timeout_s: float, error: type[Exception], message: str
) -> None:
    """The error says why, and no process is left whose next result could not be trusted."""
    solver = SolverProcess((sys.executable, "-c", f"{_CHILD}\n{then}\ntime.sleep(60)"))
    for _ in range(2):
        with pytest.raises(error, match=message):
            await solver.solve(JOB, timeout_s=timeout_s)
        assert solver.pid is None


async def test_a_large_lane_is_answered_with_the_best_plan_at_the_deadline() -> None:
    """Half a second is too short for 800 consignments: the planner need not kill the process."""
    instance = sample(consignments=800, seed=1)
    solver = SolverProcess()
    try:
        result = await solver.solve(SolveJob(instance=instance, wall_s=0.5), timeout_s=60)
        pid = solver.pid
        again = await solver.solve(SolveJob(instance=instance, wall_s=0.5), timeout_s=60)
        assert solver.pid == pid
    finally:
        await solver.stop()
    for answer in (result, again):
        assert answer.plan is not None
        plan, violations = certify(instance, answer.plan)
        assert plan is not None, violations
        assert plan.stats.cut_short
        assert plan.certificate is not None
        assert not plan.certificate.repeatable
        assert 0 <= plan.lower_bound <= plan.cost.total - plan.cost.haulage
        assert len(plan.left_out) + sum(len(c.consignment_ids) for c in plan.containers) == 800
