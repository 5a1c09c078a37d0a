"""Run a solver in a child process: start it, kill it when it overruns, start it again."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import structlog

from groupage.domain.errors import GroupageError
from optimizer.planner.child import LENGTH, SolveJob, SolveResult

_START_TIMEOUT_S = 60.0
_FRAME_BYTES_MAX = 2**30
_RESULTS = msgspec.json.Decoder(SolveResult)
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""Environment variables that a solver inherits: no address, no password."""

log = structlog.get_logger(__name__)


class SolverDied(GroupageError):
    """The solver process ended before it returned a result. Its output is in the planner's log."""


class SolverOverran(GroupageError):
    """The solver process did not return a result in time and was killed."""


class SolverProcess:
    """One child process, started when it is first needed and again after it died."""

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._command = tuple(command) or (sys.executable, "-m", "optimizer.planner.child")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id, or None while no process runs."""
        return self._process.pid if self._process else None

    async def solve(self, job: SolveJob, *, timeout_s: float) -> SolveResult:
        """Return the result of a job.

        Raises SolverDied, SolverOverran. The next call then starts a new process.
        """
        process = await self._running_process()
        frame = msgspec.json.encode(job)
        try:
            async with asyncio.timeout(timeout_s):
                assert process.stdin is not None
                process.stdin.write(LENGTH.pack(len(frame)) + frame)
                await process.stdin.drain()
                return await self._read_result(process)
        except TimeoutError as error:
            await self.stop()
            raise SolverOverran(f"the solver returned no result within {timeout_s:g} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            status = await self._exit_status()
            raise SolverDied(f"the solver process ended with status {status}") from error
        except (asyncio.CancelledError, SolverDied):
            await self.stop()
            raise

    async def warm_up(self) -> None:
        """Start the process before a job comes: loading the solvers takes a second or two."""
        try:
            await self._running_process()
        except (SolverDied, SolverOverran) as error:
            log.warning("solver_not_warmed_up", error=str(error))

    async def stop(self) -> None:
        """Kill the process, if one runs."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _running_process(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            # Ctrl-C in a terminal is for the planner, which then ends the solver.
            start_new_session=True,
        )
        self._process = process
        log.info("solver_started", pid=process.pid)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await self._read_result(process)
        except TimeoutError as error:
            await self.stop()
            raise SolverOverran(
                f"the solver did not start within {_START_TIMEOUT_S:g} s"
            ) from error
        except asyncio.IncompleteReadError as error:
            status = await self._exit_status()
            raise SolverDied(f"the solver process ended with status {status}") from error
        except SolverDied:
            await self.stop()
            raise
        return process

    async def _read_result(self, process: asyncio.subprocess.Process) -> SolveResult:
        assert process.stdout is not None
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > _FRAME_BYTES_MAX:
            raise SolverDied(f"the solver announced a result of {length} bytes")
        frame = await process.stdout.readexactly(length)
        try:
            return _RESULTS.decode(frame)
        except msgspec.DecodeError as error:
            raise SolverDied(
                f"the solver returned a result that cannot be decoded: {error}"
            ) from error

    async def _exit_status(self) -> int | None:
        process = self._process
        await self.stop()
        return process.returncode if process else None
