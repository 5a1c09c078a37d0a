"""Headers, pages and answers of GS1's capture interface (EPCIS 2.0, REST binding)."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from groupage.telemetry import metrics
from producers.gateway.admission import Admission
from producers.gateway.bodies import check_headers, media_type, media_type_problem
from producers.gateway.capture import BEHAVIOURS, Behaviour, Capture, CaptureJob
from producers.gateway.problems import HttpProblem, summarize_problems
from producers.problems import FieldProblem

MEDIA_TYPES = ("application/json", "application/ld+json", "application/xml", "text/xml")
_VERSIONS = {
    "GS1-EPCIS-Version": ("1.0", "1.1", "1.2", "2.0"),
    "GS1-CBV-Version": ("1.0", "1.1", "1.2", "2.0"),
}
_FORMATS = {
    "GS1-EPC-Format": (
        "No_Preference",
        "Always_GS1_Digital_Link",
        "Always_EPC_URN",
        "Never_Translates",
    ),
    "GS1-CBV-XML-Format": ("No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"),
}
"""Wishes for answers to queries. A capture stores what came, and so takes any of them."""
_BEHAVIOUR = "GS1-Capture-Error-Behaviour"
_VERSION = re.compile(r"(\d{1,3}\.\d{1,3})(\.\d{1,3})*", re.ASCII)
_JOBS_PER_PAGE = 30
_JOBS_PER_PAGE_MAX = 1_000


class CaptureRoutes:
    """The handlers of ``/capture``, ``/capture/{capture_id}`` and ``/events``."""

    def __init__(self, capture: Capture, admission: Admission) -> None:
        self._capture = capture
        self._admission = admission

    async def capture(self, request: Request) -> Response:
        """Answer for the collection; one route, so that a 405 lists all its methods."""
        match request.method:
            case "POST":
                return await self._post(request)
            case "OPTIONS":
                return self._describe("GET, HEAD, OPTIONS, POST")
        _require_acceptable(request)
        jobs, following = _page_of(self._capture.jobs(), request)
        headers = self._capture.headers()
        if following is not None:
            query = urlencode({"perPage": len(jobs), "nextPageToken": following})
            headers["Link"] = f'</capture?{query}>; rel="next"'
        return _json(jobs, headers=headers)

    async def job(self, request: Request) -> Response:
        """Return one capture job."""
        capture_id = request.path_params["capture_id"]
        job = self._capture.job(capture_id)
        if job is None:
            raise HttpProblem(404, "not_found", f"no capture job {capture_id[:80]!r} is kept")
        if request.method == "OPTIONS":
            return self._describe("GET, HEAD, OPTIONS")
        _require_acceptable(request)
        return _json(job, headers=self._capture.headers(job.capture_error_behaviour))

    async def event(self, request: Request) -> Response:
        """Capture one event; return it with the id by which queries find it."""
        if request.method == "OPTIONS":
            return self._describe("OPTIONS, POST")
        async with self._admit(request) as body:
            _read_headers(request, body)
            captured = await self._capture.take_event(body)
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted").inc()
        event = msgspec.json.decode(captured.body, type=dict[str, msgspec.Raw])
        event.setdefault("eventID", msgspec.Raw(msgspec.json.encode(captured.event_id)))
        headers = self._capture.headers()
        headers["Location"] = f"/events/{quote(captured.event_id, safe='')}"
        return _json(event, status=201, headers=headers)

    async def _post(self, request: Request) -> Response:
        async with self._admit(request) as body:
            job = await self._capture.take(body, _read_headers(request, body))
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted" if job.success else "partly").inc()
        headers = self._capture.headers(job.capture_error_behaviour)
        headers["Location"] = f"/capture/{job.capture_id}"
        return _json(job, status=202, headers=headers)

    @asynccontextmanager
    async def _admit(self, request: Request) -> AsyncIterator[bytes]:
        check_headers(request)
        try:
            async with self._admission.admit(request) as body:
                yield body
        except HttpProblem as problem:
            if problem.status == 413:  # the sender learns how much it may send
                problem.headers = self._capture.headers() | problem.headers
            raise

    def _describe(self, allowed: str) -> Response:
        headers = self._capture.headers() | {"Allow": allowed}
        headers |= dict.fromkeys(_FORMATS, "Never_Translates")
        return Response(status_code=204, headers=headers)


def _read_headers(request: Request, body: bytes) -> Behaviour:
    """Read the headers of a capture. Raises HttpProblem with all errors."""
    asked = request.headers.get(_BEHAVIOUR, "rollback").strip().lower()
    kind = media_type(request)
    problems = [] if asked in BEHAVIOURS else [_wrong_header(_BEHAVIOUR, asked, BEHAVIOURS)]
    for name, known in _FORMATS.items():
        if (value := request.headers.get(name)) is not None and value not in known:
            problems.append(_wrong_header(name, value, known))
    if problems or not kind:
        if kind not in MEDIA_TYPES:
            problems.append(_wrong_header("content-type", kind, MEDIA_TYPES))
        raise HttpProblem(400, "bad_request", summarize_problems(tuple(problems)), errors=problems)
    if kind not in MEDIA_TYPES:
        raise media_type_problem(kind, " or ".join(MEDIA_TYPES), body)
    _require_versions(request)
    return BEHAVIOURS[asked]


def _require_versions(request: Request) -> None:
    for name, known in _VERSIONS.items():
        if (value := request.headers.get(name)) is None:
            continue
        match = _VERSION.fullmatch(value.strip())
        if match is None or match[1] not in known:
            problem = _wrong_header(name, value, known)
            raise HttpProblem(406, "not_acceptable", problem.message, errors=(problem,))


def _require_acceptable(request: Request) -> None:
    """Refuse a reader that takes no JSON."""
    accepted = request.headers.get("accept", "*/*")
    kinds = {each.partition(";")[0].strip().lower() for each in accepted.split(",")}
    if not kinds & {"", "*/*", "application/*", "application/json", "application/ld+json"}:
        problem = _wrong_header("accept", accepted, ("application/json",))
        raise HttpProblem(406, "not_acceptable", problem.message, errors=(problem,))


def _page_of(jobs: list[CaptureJob], request: Request) -> tuple[list[CaptureJob], str | None]:
    """Return a page of jobs, and the token of the next page; None: it is the last one."""
    size = _page_size(request.query_params.get("perPage", str(_JOBS_PER_PAGE)))
    token = request.query_params.get("nextPageToken")
    begin = 0
    if token is not None:
        places = [n for n, job in enumerate(jobs) if job.capture_id == token]
        if not places:
            raise _bad_parameter("nextPageToken", token, "that of an answer's header Link")
        begin = places[0]
    page = jobs[begin : begin + size]
    left = jobs[begin + size :]
    return page, left[0].capture_id if left else None


def _page_size(text: str) -> int:
    """Return how many jobs a page has at most; a larger wish gets the gateway's own limit."""
    digits = text.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise _bad_parameter("perPage", text, "a number from 1")
    return min(int(digits[:9]), _JOBS_PER_PAGE_MAX)


def _bad_parameter(name: str, value: str, expected: str) -> HttpProblem:
    problem = FieldProblem(field=f"parameter {name}", value=value[:80], expected=expected)
    return HttpProblem(400, "bad_request", problem.message, errors=(problem,))


def _wrong_header(name: str, value: str, known: object) -> FieldProblem:
    expected = " or ".join(known) if isinstance(known, tuple | dict) else str(known)
    return FieldProblem(field=f"header {name}", value=value[:200], expected=expected)


def _json(content: object, *, status: int = 200, headers: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")
