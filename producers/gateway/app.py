"""The gateway's routes: one Starlette application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from groupage.contracts.event_descriptions import Addresses
from groupage.contracts.publication import publishable
from groupage.contracts.schemas import writer_schema
from groupage.domain.near_names import did_you_mean
from groupage.domain.policy import Policy
from groupage.serving.problems import MEDIA_TYPE as PROBLEM
from groupage.settings import ClockSettings, GatewaySettings, KafkaSettings
from groupage.telemetry import metrics
from groupage.telemetry.probes import Probes
from producers.gateway import openapi
from producers.gateway.admission import Admission
from producers.gateway.bodies import (
    BATCH,
    JSON,
    check_headers,
    media_type,
    media_type_problem,
    read_batch,
    read_single,
)
from producers.gateway.capture import Capture
from producers.gateway.capture_http import CaptureRoutes
from producers.gateway.cloudevents import public_events
from producers.gateway.dcsa import API_VERSION, CarrierEvents, DcsaCallback
from producers.gateway.docs_page import HEADERS, docs_page
from producers.gateway.ingest import EventIngest, EventResult
from producers.gateway.kafka_connection import KafkaConnection
from producers.gateway.packing_lists import EXPLAINED, XLSX, PackingLists, answer_of, profile_folder
from producers.gateway.policy import policy_follower, policy_of_file
from producers.gateway.problems import (
    EXCEPTION_HANDLERS,
    HttpProblem,
    kafka_problem,
)
from producers.screening import TimeLimits


class Gateway:
    """The handlers of the routes and the parts that they share; one per process."""

    def __init__(
        self, settings: GatewaySettings, kafka: KafkaSettings, *, prefix: str = ""
    ) -> None:
        self.settings = settings
        self.kafka = KafkaConnection(kafka, prefix=prefix, timeout_s=settings.publish_timeout_s)
        self._broker = kafka.bootstrap_servers
        self._admission = Admission(settings)
        policy = policy_of_file()
        self._wall = ClockSettings().source == "wall"
        self._ingest = EventIngest(self.kafka)
        self._capture = Capture(self.kafka, settings)
        self.captures = CaptureRoutes(self._capture, self._admission)
        self._dcsa = DcsaCallback(self.kafka, settings, kafka)
        self._lists = PackingLists(self.kafka, profiles=profile_folder())
        self._judge_by(policy)
        self._policy = policy_follower(
            kafka, prefix=prefix, wall=self._wall, of_file=policy, judge_by=self._judge_by
        )

    def start(self) -> None:
        """Begin to connect to Kafka, and to follow the hub's policy; returns at once."""
        self.kafka.start()
        if self._policy is not None:
            self._policy.start()

    async def stop(self) -> None:
        """Flush and close."""
        if self._policy is not None:
            await self._policy.stop()
        await self._dcsa.stop()
        await self.kafka.stop()

    def _judge_by(self, policy: Policy) -> None:
        check_digits = self.settings.check_digits or policy.check_digits
        self._ingest.judge_by(check_digits, TimeLimits.of(policy) if self._wall else None)
        self._capture.judge_by(check_digits)
        self._dcsa.judge_by(check_digits)
        self._lists.judge_by(check_digits, policy.cartons)

    async def checks(self) -> dict[str, bool | str]:
        """Check for ``/readyz`` whether Kafka answers."""
        return {"kafka": await self.kafka.check()}

    async def post_events(self, request: Request) -> Response:
        """Take one CloudEvent, or a batch by its content type."""
        check_headers(request)
        if media_type(request) == BATCH:
            return await self.post_batch(request)
        async with self._admission.admit(request) as body:
            (result,) = await self._ingest.take([read_single(request, body)])
        if result.outcome == "invalid":
            raise HttpProblem(422, "invalid_event", result.detail, errors=result.problems)
        if result.outcome == "unavailable":
            raise kafka_problem(result.detail)
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted").inc()
        return _json(result.as_json(), status=202)

    async def post_batch(self, request: Request) -> Response:
        """Take many CloudEvents; the response has a result for each."""
        check_headers(request)
        async with self._admission.admit(request) as body:
            results = await self._ingest.take(read_batch(request, body, self.settings))
        if results and all(result.outcome == "unavailable" for result in results):
            raise kafka_problem(results[0].detail)
        accepted = all(result.outcome in ("accepted", "quarantined") for result in results)
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted" if accepted else "partly").inc()
        return _json(_batch_body(results), status=202 if accepted else 207)

    async def post_carrier_events(self, request: Request) -> Response:
        """Take DCSA Track & Trace events as version 3.0.0 sends them; answer with feedback."""
        headers = {"API-Version": API_VERSION[3]}
        taken = await self._take_carrier_events(request, headers, keep_invalid=False)
        outcome = "invalid" if taken.all_rejected else "accepted"
        metrics.GATEWAY_REQUESTS.labels(outcome=outcome).inc()
        if taken.all_rejected:
            return _json(taken.problem(), status=400, headers=headers, media_type=PROBLEM)
        return _json({"feedbackElements": taken.feedback()}, headers=headers)

    async def notify_carrier_events(self, request: Request) -> Response:
        """Take DCSA Track & Trace events as the subscriptions before version 3.0.0 send them.

        They expect 204, and send the whole bundle again after anything else.
        """
        headers = {"API-Version": API_VERSION[2]}
        if request.method == "POST":
            await self._take_carrier_events(request, headers, keep_invalid=True)
            metrics.GATEWAY_REQUESTS.labels(outcome="accepted").inc()
        return Response(status_code=204, headers=headers)

    async def post_packing_list(self, request: Request) -> Response:
        """Take a packing list, or answer with its questions."""
        check_headers(request)
        async with self._admission.admit(request) as body:
            reply = await self._lists.take(request, body)
        metrics.GATEWAY_REQUESTS.labels(outcome="accepted").inc()
        if reply.explained:
            return Response(reply.explained, headers=EXPLAINED, media_type=XLSX)
        return _json(answer_of(reply), status=200 if reply.dry_run else 202)

    async def _take_carrier_events(
        self, request: Request, headers: dict[str, str], *, keep_invalid: bool
    ) -> CarrierEvents:
        try:
            async with self._admission.admit(request) as body:
                self._dcsa.require_sender(request, body)
                _require_json(request, body)
                return await self._dcsa.take(body, keep_invalid=keep_invalid)
        except HttpProblem as problem:
            problem.headers |= headers  # DCSA wants it in every answer
            raise

    async def get_docs(self, request: Request) -> Response:
        """Return the page of all events, with examples for this gateway's address."""
        at = Addresses(
            gateway=str(request.base_url).rstrip("/"),
            broker=self._broker,
            prefix=self.kafka.prefix,
            gateway_has_token=self.settings.token is not None,
        )
        return HTMLResponse(docs_page(at), headers=HEADERS)


async def list_schemas(_: Request) -> Response:
    """List the event types that may be sent, and where their schemas are."""
    return _json({name: f"/v1/schemas/{name}" for name in sorted(public_events())})


async def get_schema(request: Request) -> Response:
    """Return the JSON Schema of an event's data, for writers."""
    types, ce_type = public_events(), request.path_params["ce_type"]
    event = types.get(ce_type) or types.get(f"{ce_type}.v1")
    if event is None:
        hint = did_you_mean(ce_type, types) or "; /v1/schemas lists them"
        raise HttpProblem(404, "not_found", f"no event {ce_type[:80]!r}{hint}")
    return _json(publishable(writer_schema(event)), media_type="application/schema+json")


async def get_openapi(_: Request) -> Response:
    """Return the OpenAPI document of these routes."""
    return _json(openapi.document())


def create_app(gateway: Gateway) -> Starlette:
    """Build the ASGI application; it connects to Kafka when it starts."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        gateway.start()
        yield
        await gateway.stop()

    app = Starlette(
        routes=[
            Route("/v1/events", gateway.post_events, methods=["POST"]),
            Route("/v1/events:batch", gateway.post_batch, methods=["POST"]),
            Route("/v1/packing-lists", gateway.post_packing_list, methods=["POST"]),
            Route("/capture", gateway.captures.capture, methods=["GET", "OPTIONS", "POST"]),
            Route("/capture/{capture_id}", gateway.captures.job, methods=["GET", "OPTIONS"]),
            Route("/events", gateway.captures.event, methods=["OPTIONS", "POST"]),
            Route("/dcsa/tnt/v3/events", gateway.post_carrier_events, methods=["POST"]),
            Route("/dcsa/tnt/v2/events", gateway.notify_carrier_events, methods=["HEAD", "POST"]),
            Route("/v1/schemas", list_schemas),
            Route("/v1/schemas/{ce_type}", get_schema),
            Route("/docs", gateway.get_docs, include_in_schema=False),
            Route("/openapi.json", get_openapi, include_in_schema=False),
            *Probes(gateway.checks).routes(),
        ],
        lifespan=lifespan,
        middleware=[Middleware(_TimePosts)],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    # A path with a slash at its end is another path: no redirect to an address that Host names.
    app.router.redirect_slashes = False
    return app


class _TimePosts:
    """Middleware: observes how long each POST takes, Kafka's answer included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        with metrics.GATEWAY_REQUEST_S.time():
            await self._app(scope, receive, send)


def _require_json(request: Request, body: bytes) -> None:
    """Refuse a body of another content type. Raises HttpProblem."""
    kind = media_type(request)
    if kind != JSON:
        raise media_type_problem(kind, JSON, body)


def _batch_body(results: list[EventResult]) -> dict[str, Any]:
    outcomes = [result.outcome for result in results]
    return {
        "accepted": outcomes.count("accepted"),
        "quarantined": outcomes.count("quarantined"),
        "rejected": outcomes.count("invalid"),
        "unavailable": outcomes.count("unavailable"),
        "items": [{"index": index} | result.as_json() for index, result in enumerate(results)],
    }


def _json(
    content: object,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type=media_type)
