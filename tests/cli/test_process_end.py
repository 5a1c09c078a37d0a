"""The end of a process: it stops once, however many signals it gets meanwhile."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

PROGRAM = """
import asyncio, os, sys
import uvloop
from groupage.process import run_process
from groupage.settings import TelemetrySettings

async def body(stop):
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)  # starts a thread
    print("up", os.getpid(), flush=True)
    await stop.wait()

for _ in sys.stdin:  # each line asks for a process; all share the imports of this one
    child = os.fork()
    if not child:
        loop = {"uvloop": uvloop, "asyncio": asyncio}[sys.argv[1]].run
        run_process("x", body, telemetry=TelemetrySettings(), stop_budget_s=3, loop=loop)
        sys.exit()
    print("ended", os.waitpid(child, 0)[1], flush=True)
"""
RUNS = 5
STOP_S = 20.0


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_storm_of_signals_is_one_request_to_stop(loop: str) -> None:
    """SIGTERM or SIGINT until the very end of the process: status 0 each time."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, loop],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        for number in (signal.SIGTERM, signal.SIGINT) * RUNS:
            print(file=parent.stdin, flush=True)
            up, pid = parent.stdout.readline().split()
            assert up == "up"
            deadline_s = time.monotonic() + STOP_S
            process = psutil.Process(int(pid))
            while time.monotonic() < deadline_s:
                try:
                    process.send_signal(number)
                except psutil.NoSuchProcess:
                    break
                time.sleep(0.001)
            if process.is_running():
                process.kill()
            assert parent.stdout.readline() == "ended 0\n"
        parent.stdin.close()
        assert parent.wait(STOP_S) == 0
