"""The gateway as a process: ``groupage run gateway``."""

import asyncio

import structlog

from groupage.process import relax_garbage_collection, run_process
from groupage.serving import Guard, address_of, listen, serve_http
from groupage.settings import GatewaySettings, KafkaSettings, TelemetrySettings, TopicSettings
from groupage.telemetry import TelemetryServer
from producers.gateway.app import Gateway, create_app
from producers.gateway.dcsa import PATHS
from producers.gateway.problems import count_refusal

_REQUESTS_MAX = 2_000
_STOP_BUDGET_S_MAX = 12.0

log = structlog.get_logger(__name__)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; the gateway answers the requests in flight first."""
    settings, kafka, topics = GatewaySettings(), KafkaSettings(), TopicSettings()
    telemetry = TelemetrySettings()

    async def body(stop: asyncio.Event) -> None:
        await serve(Gateway(settings, kafka, prefix=topics.prefix), telemetry, stop)

    budget_s = min(settings.shutdown_timeout_s, _STOP_BUDGET_S_MAX)
    run_process("gateway", body, telemetry=telemetry, stop_budget_s=budget_s)


async def serve(gateway: Gateway, telemetry: TelemetrySettings, stop: asyncio.Event) -> None:
    """Serve until `stop`. Raises Misconfigured when the port is taken."""
    settings = gateway.settings
    listener = listen(settings.host, settings.port, setting="GROUPAGE_GATEWAY_PORT")
    async with TelemetryServer(telemetry, checks=gateway.checks):
        log.info("gateway_listening", address=address_of(listener))
        relax_garbage_collection()
        await serve_http(
            create_app(gateway),
            listener,
            stop,
            guard=Guard(
                host=settings.host,
                token=settings.token,
                setting="GROUPAGE_GATEWAY_TOKEN",
                more_hosts=telemetry.host_names,
                signed_paths=PATHS if settings.dcsa_secrets is not None else "",
                on_refusal=count_refusal,
            ),
            requests_max=_REQUESTS_MAX,
            grace_s=settings.shutdown_timeout_s,
        )
    log.info("gateway_stopped")
