"""The gateway's routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response

from groupage import __version__
from groupage.contracts.schemas import writing_schema
from groupage.serving import add_probes
from groupage.settings import GatewaySettings, KafkaSettings, PolicySettings
from groupage.telemetry import metrics
from groupage.telemetry.probes import Probes
from producers.gateway import failures, openapi
from producers.gateway.bodies import BATCH, media_type, read_batch, read_single
from producers.gateway.capture import BEHAVIOURS, Capture
from producers.gateway.cloudevents import public_events
from producers.gateway.door import Door
from producers.gateway.events import Answer, Intake
from producers.gateway.failures import unavailable
from producers.gateway.lane import Lane
from producers.gateway.link import Link
from producers.gateway.problems import Refusal, counted
from producers.problems import FieldProblem


class Gateway:
    """Everything a request needs, made once for each process."""

    def __init__(
        self, settings: GatewaySettings, kafka: KafkaSettings, *, prefix: str = ""
    ) -> None:
        self.door = Door(settings)
        self.settings = settings
        self.link = Link(kafka, prefix=prefix, timeout_s=settings.publish_timeout_s)
        check_digits = settings.check_digits or PolicySettings().load().check_digits
        self.intake = Intake(self.link, check_digits)
        self.capture = Capture(self.link, settings, check_digits)

    async def checks(self) -> dict[str, bool | str]:
        """Whether the gateway can hand facts on, for ``/readyz``."""
        return {"kafka": await self.link.check()}

    async def post_events(self, request: Request) -> Response:
        """One CloudEvent, or a batch by its content type."""
        if media_type(request) == BATCH:
            return await self.post_batch(request)
        async with self.door.admitted(request) as body:
            (answer,) = await self.intake.take([read_single(request, body)])
        if answer.fate == "invalid":
            raise Refusal(422, "invalid_event", answer.detail, errors=answer.problems)
        if answer.fate == "unavailable":
            raise unavailable(answer.detail)
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted").inc()
        return _json(answer.as_json(), status=202)

    async def post_batch(self, request: Request) -> Response:
        """Many CloudEvents, each answered on its own."""
        async with self.door.admitted(request) as body:
            items = read_batch(request, body, self.settings)
            answers = await self.intake.take(items)
        if answers and all(answer.fate == "unavailable" for answer in answers):
            raise unavailable(answers[0].detail)
        well = all(answer.fate in ("accepted", "quarantined") for answer in answers)
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted" if well else "partly").inc()
        return _json(_batch_body(answers), status=202 if well else 207)

    async def post_capture(self, request: Request) -> Response:
        """An EPCIS document."""
        asked = request.headers.get("gs1-capture-error-behaviour", "rollback").strip().lower()
        kind = media_type(request)
        problems = []
        if asked not in BEHAVIOURS:
            expected = "rollback or proceed"
            name = "header GS1-Capture-Error-Behaviour"
            problems.append(FieldProblem(field=name, value=asked, expected=expected))
        if kind not in ("application/json", "application/ld+json"):
            expected = "application/json or application/ld+json"
            problems.append(
                FieldProblem(field="header content-type", value=kind, expected=expected)
            )
        async with self.door.admitted(request) as body:
            if problems:
                status, code = (415, "unsupported_media_type") if kind else (400, "bad_request")
                if asked not in BEHAVIOURS:
                    status, code = 400, "bad_request"
                raise Refusal(status, code, counted(tuple(problems)), errors=problems)
            job = await self.capture.take(body, BEHAVIOURS[asked])
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted" if job.success else "partly").inc()
        headers = self.capture.headers(job.capture_error_behaviour)
        headers["Location"] = f"/capture/{job.capture_id}"
        return _json(job, status=202, headers=headers)


def _batch_body(answers: list[Answer]) -> dict[str, Any]:
    fates = [answer.fate for answer in answers]
    return {
        "accepted": fates.count("accepted"),
        "quarantined": fates.count("quarantined"),
        "rejected": fates.count("invalid"),
        "unavailable": fates.count("unavailable"),
        "items": [{"index": index} | answer.as_json() for index, answer in enumerate(answers)],
    }


def _json(content: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status, headers, media_type="application/json")


def straight(gateway: Gateway) -> Lane:
    """What the server runs: the application behind the straight way for facts."""
    handlers = {
        "/v1/events": gateway.post_events,
        "/v1/events:batch": gateway.post_batch,
        "/capture": gateway.post_capture,
    }
    return Lane(create_app(gateway), handlers=handlers)


def create_app(gateway: Gateway) -> FastAPI:
    """The gateway as an ASGI application; it connects to Kafka when it starts up."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        gateway.link.start()
        yield
        await gateway.link.stop()

    app = FastAPI(
        title="groupage gateway",
        version=__version__,
        description="Facts in, as CloudEvents 1.0 or EPCIS 2.0. An answer means Kafka has them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    _add_intake(app, gateway)
    _add_capture(app, gateway)
    _add_schemas(app)
    add_probes(app, Probes(gateway.checks))
    failures.install(app)
    return app


def _add_intake(app: FastAPI, gateway: Gateway) -> None:
    app.add_api_route(
        "/v1/events",
        gateway.post_events,
        methods=["POST"],
        status_code=202,
        summary="Take one event (or a batch, by its content type)",
        responses=openapi.RESPONSES,
        openapi_extra=openapi.single_body(),
    )
    app.add_api_route(
        "/v1/events:batch",
        gateway.post_batch,
        methods=["POST"],
        status_code=202,
        summary="Take many events, each answered on its own",
        responses=openapi.RESPONSES | openapi.MULTI_STATUS,
        openapi_extra=openapi.batch_body(),
    )


def _add_capture(app: FastAPI, gateway: Gateway) -> None:
    capture = gateway.capture

    async def options() -> Response:
        """What this capture interface can do."""
        return Response(status_code=204, headers=capture.headers() | {"Allow": "GET, POST"})

    async def jobs() -> Response:
        """The capture jobs that are remembered, the newest first."""
        return _json(capture.jobs(), headers=capture.headers())

    async def job(capture_id: str) -> Response:
        """One capture job."""
        found = capture.job(capture_id)
        if found is None:
            raise Refusal(404, "not_found", f"no capture job {capture_id[:80]!r} is remembered")
        return _json(found, headers=capture.headers(found.capture_error_behaviour))

    app.add_api_route(
        "/capture",
        gateway.post_capture,
        methods=["POST"],
        status_code=202,
        summary="Capture an EPCIS 2.0 document",
        responses=openapi.RESPONSES,
        openapi_extra=openapi.capture_body(),
    )
    app.add_api_route("/capture", options, methods=["OPTIONS"], status_code=204)
    app.add_api_route("/capture", jobs, methods=["GET"])
    app.add_api_route("/capture/{capture_id}", job, methods=["GET"])


def _add_schemas(app: FastAPI) -> None:
    types = public_events()

    async def schemas() -> Response:
        """The event types that may be sent, and where their schemas are."""
        return _json({name: f"/v1/schemas/{name}" for name in sorted(types)})

    async def schema(ce_type: str) -> Response:
        """JSON Schema of an event's data, as it must be written."""
        event = types.get(ce_type) or types.get(f"{ce_type}.v1")
        if event is None:
            raise Refusal(404, "not_found", f"no event {ce_type[:80]!r}; /v1/schemas lists them")
        return Response(
            msgspec.json.encode(writing_schema(event)), media_type="application/schema+json"
        )

    app.add_api_route("/v1/schemas", schemas, methods=["GET"])
    app.add_api_route("/v1/schemas/{ce_type}", schema, methods=["GET"])
