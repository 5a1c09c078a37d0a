"""How a process ends: what it was asked to do, once, whatever it is asked meanwhile."""

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import asyncio, socket, sys
import uvloop
from groupage.process import run_process
from groupage.settings import TelemetrySettings

async def body(stop):
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)  # starts a thread
    print("up", flush=True)
    await stop.wait()

loop = {"uvloop": uvloop, "asyncio": asyncio}[sys.argv[1]].run
run_process("x", body, telemetry=TelemetrySettings(), stop_budget_s=3, loop=loop)
"""
RUNS = 5
STOP_S = 20.0


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_storm_of_signals_is_one_request_to_stop(loop: str, number: signal.Signals) -> None:
    """Signals until the very end of the process: status 0 each time."""
    for _ in range(RUNS):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, loop],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout
        with process.stdout:
            assert process.stdout.readline() == b"up\n"
        deadline_s = time.monotonic() + STOP_S
        while process.poll() is None and time.monotonic() < deadline_s:
            process.send_signal(number)
            time.sleep(0.001)
        process.kill()
        assert process.wait() == 0
