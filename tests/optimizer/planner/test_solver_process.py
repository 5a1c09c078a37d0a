"""A solver process that does not do as it should costs one answer, and the next one starts anew."""

import sys

import pytest

from optimizer.planner.child import Job
from optimizer.planner.solver import Solver, SolverDied, SolverOverran
from optimizer.sample import sample

_CHILD = """
import struct, sys, time
def answer(frame):
    sys.stdout.buffer.write(struct.pack(">I", len(frame)) + frame)
    sys.stdout.buffer.flush()
answer(b'{"kind":"ready"}')
sys.stdin.buffer.read(1)
"""
JOB = Job(instance=sample(consignments=1, seed=1))


@pytest.mark.parametrize(
    ("then", "error", "told"),
    [
        ("sys.exit(3)", SolverDied, "ended with status"),
        ("answer(b'no JSON')", SolverDied, "cannot be read"),
        ("answer(b'[]')", SolverDied, "cannot be read"),
        ("sys.stdout.buffer.write(b'\\xff' * 8); sys.stdout.buffer.flush()", SolverDied, "bytes"),
        ("time.sleep(60)", SolverOverran, "within 2 s"),
    ],
)
async def test_a_bad_answer_costs_one_attempt(then: str, error: type[Exception], told: str) -> None:
    """It is told in words, and no process is left whose next answer could not be trusted."""
    solver = Solver((sys.executable, "-c", f"{_CHILD}\n{then}\ntime.sleep(60)"))
    for _ in range(2):
        with pytest.raises(error, match=told):
            await solver.solve(JOB, timeout_s=2)
        assert solver.pid is None
