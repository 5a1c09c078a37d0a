"""``POST /v1/packing-lists``: a list in, its facts to Kafka, or its questions back.

A child process parses the form and reads the list (`producers.packing_lists.child`); the gateway
publishes what it returns.
"""

import asyncio
import os
import re
import sys
from contextlib import suppress
from typing import Any

import msgspec
from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from structlog import get_logger

from groupage.contracts.cloudevents import fact_from_json
from groupage.domain.carton_limits import CartonLimits
from groupage.domain.errors import Misconfigured
from groupage.domain.policy import CheckDigitPolicy
from groupage.settings import LocalSettings
from groupage.telemetry import metrics
from producers.gateway.kafka_connection import KafkaConnection
from producers.gateway.problems import RETRY_AFTER_S, HttpProblem
from producers.packing_lists.jobs import LENGTH, ListJob, ListReply
from producers.problems import FieldProblem, StatedProblem

FORM = "multipart/form-data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPLAINED = {"Content-Disposition": 'attachment; filename="explained.xlsx"'}
READERS_MAX = 2
"""Child processes at a time."""
WAITING_MAX = 16
"""Requests that wait for one; others get 503. Their bodies count in the admission's budget."""
TIMEOUT_S = 60.0
CHUNK_FACTS = 1_000
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
"""RFC 2046."""
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""Environment variables that a reader inherits: no address, no password."""
_REPLIES = msgspec.json.Decoder(ListReply)

log = get_logger(__name__)


class PackingLists:
    """Reads posted lists, a few at a time, and publishes their facts."""

    def __init__(
        self, kafka: KafkaConnection, *, profiles: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._kafka = kafka
        self._profiles = profiles
        self._timeout_s = timeout_s
        self._check_digits: CheckDigitPolicy = "quarantine"
        self._cartons = CartonLimits()
        self._readers = asyncio.Semaphore(READERS_MAX)
        self._waiting = 0

    def judge_by(self, check_digits: CheckDigitPolicy, cartons: CartonLimits) -> None:
        """Judge SSCCs and figures by this from now on."""
        self._check_digits = check_digits
        self._cartons = cartons

    async def take(self, request: Request, body: bytes) -> ListReply:
        """Read a posted list, and publish its facts unless it is a dry run. Raises HttpProblem."""
        boundary = _boundary_of(request)
        if self._waiting >= WAITING_MAX:
            raise HttpProblem(
                503,
                "overloaded",
                f"{self._waiting} packing lists wait to be read; the gateway took nothing of this "
                "request, send it again",
                outcome="unavailable",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._waiting += 1
        try:
            async with self._readers:
                reply = await self._read(boundary, body)
        finally:
            self._waiting -= 1
        if reply.code == "bad_request":
            raise HttpProblem(400, reply.code, reply.detail, errors=reply.problems)
        if reply.code and not reply.explained:
            raise HttpProblem(
                422,
                reply.code,
                reply.detail,
                errors=_problems_of(reply),
                more={"questions": reply.report.get("questions", ()), "report": reply.report},
            )
        if not reply.dry_run:
            await self._publish(reply)
        return reply

    async def _read(self, boundary: str, body: bytes) -> ListReply:
        job = msgspec.json.encode(
            ListJob(
                boundary=boundary,
                body_bytes=len(body),
                check_digits=self._check_digits,
                cartons=self._cartons,
                profiles=self._profiles,
            )
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "producers.packing_lists.child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                written, _ = await process.communicate(LENGTH.pack(len(job)) + job + body)
            return _REPLIES.decode(written)
        except TimeoutError:
            detail = f"the list could not be read within {self._timeout_s:g} s"
        except (msgspec.DecodeError, OSError):
            log.warning("list_reader_died", status=process.returncode)
            detail = (
                f"the list could not be read: its reader ended with status {process.returncode}"
            )
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        detail += "; send the sheet of the packing list alone, without pictures"
        problem = FieldProblem(field="file", value=None, expected=detail)
        return ListReply(code="invalid_packing_list", detail=detail, problems=(problem,))

    async def _publish(self, reply: ListReply) -> None:
        assert reply.recorded_at is not None, "a list that was read has it"
        facts = [
            fact_from_json(text.encode(), recorded_at=reply.recorded_at) for text in reply.facts
        ]
        for start in range(0, len(facts), CHUNK_FACTS):
            for outcome in await self._kafka.publish(facts[start : start + CHUNK_FACTS]):
                if outcome.error is not None:
                    raise outcome.error
        metrics.GATEWAY_EVENTS.labels(outcome="accepted").inc(len(facts))


def profile_folder() -> str:
    """Return the folder of the profiles; empty for a user without a home directory."""
    try:
        return str(LocalSettings().packing_list_profiles)
    except Misconfigured:
        return ""


def answer_of(reply: ListReply) -> dict[str, Any]:
    """Return the body of the answer to a list that was taken."""
    published = 0 if reply.dry_run else len(reply.facts)
    return reply.report | {
        "dry_run": reply.dry_run,
        "facts": len(reply.facts),
        "published": published,
    }


def _problems_of(reply: ListReply) -> list[FieldProblem]:
    """Return the questions and errors as problem documents list errors."""
    stated = (*reply.report.get("questions", ()), *reply.report.get("errors", ()))
    return [
        *reply.problems,
        *(
            StatedProblem(field=each["cell"] or "file", value=None, expected=each["text"])
            for each in stated
        ),
    ]


def _boundary_of(request: Request) -> str:
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    if kind.decode("latin-1").lower() != FORM:
        problem = FieldProblem(
            field="header content-type", value=kind.decode("latin-1")[:80], expected=FORM
        )
        raise HttpProblem(415, "unsupported_media_type", problem.message, errors=(problem,))
    boundary = parameters.get(b"boundary", b"").decode("latin-1")
    if not _BOUNDARY.fullmatch(boundary):
        problem = FieldProblem(
            field="header content-type",
            value=boundary[:80],
            expected="a boundary of 1 to 70 characters that RFC 2046 allows",
        )
        raise HttpProblem(400, "bad_request", problem.message, errors=(problem,))
    return boundary
