"""A solver process from outside: start, ask, kill when it overruns, start again."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import structlog

from groupage.domain.errors import GroupageError
from optimizer.planner.child import LENGTH, Answer, Job

_START_TIMEOUT_S = 60.0
_FRAME_BYTES_MAX = 2**30
_ANSWERS = msgspec.json.Decoder(Answer)
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""What a solver is told of our environment: no address, no password."""

log = structlog.get_logger(__name__)


class SolverDied(GroupageError):
    """The solver process ended before it answered. Its last words are in the planner's log."""


class SolverOverran(GroupageError):
    """The solver process did not answer in time and was ended."""


class Solver:
    """One child process, started when it is first needed and again after it died."""

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._command = tuple(command) or (sys.executable, "-m", "optimizer.planner.child")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id while there is one."""
        return self._process.pid if self._process else None

    async def solve(self, job: Job, *, timeout_s: float) -> Answer:
        """The answer to a job. Raises SolverDied, SolverOverran; the next call starts anew."""
        process = await self._started()
        frame = msgspec.json.encode(job)
        try:
            async with asyncio.timeout(timeout_s):
                assert process.stdin is not None
                process.stdin.write(LENGTH.pack(len(frame)) + frame)
                await process.stdin.drain()
                return await self._answer(process)
        except TimeoutError as error:
            await self.stop()
            raise SolverOverran(f"the solver did not answer within {timeout_s:g} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            status = await self._ended()
            raise SolverDied(f"the solver process ended with status {status}") from error
        except (asyncio.CancelledError, SolverDied):
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the process; harmless when there is none."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            # A terminal's Ctrl-C is for the planner, which ends the solver itself.
            start_new_session=True,
        )
        self._process = process
        log.info("solver_started", pid=process.pid)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await self._answer(process)
        except TimeoutError as error:
            await self.stop()
            raise SolverOverran(f"the solver was not up within {_START_TIMEOUT_S:g} s") from error
        except asyncio.IncompleteReadError as error:
            status = await self._ended()
            raise SolverDied(f"the solver process ended with status {status}") from error
        except SolverDied:
            await self.stop()
            raise
        return process

    async def _answer(self, process: asyncio.subprocess.Process) -> Answer:
        assert process.stdout is not None
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > _FRAME_BYTES_MAX:
            raise SolverDied(f"the solver announced an answer of {length} bytes")
        frame = await process.stdout.readexactly(length)
        try:
            return _ANSWERS.decode(frame)
        except msgspec.DecodeError as error:
            raise SolverDied(f"the solver gave an answer that cannot be read: {error}") from error

    async def _ended(self) -> int | None:
        process = self._process
        await self.stop()
        return process.returncode if process else None
