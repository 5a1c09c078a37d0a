"""A hub whose processes have accounts at Kafka and roles in PostgreSQL, and what it plans."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from groupage.contracts.encoding import envelope_json
from groupage.domain.commands import ReplanLane
from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions, Event, Money
from groupage.domain.events.schedule import Cutoff, EquipmentOffer, SailingPublished
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.publisher import new_fact
from tests.deploy.acls_script import PREFIX
from tests.deploy.secured_kafka import SecuredKafkaNode
from tests.hub_key import SECRET

ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sql"


PRINCIPALS = ("processors", "planner", "clock", "gateway", "operator", "sender", "reader")


PROCESSES = ("processors", "planner", "clock", "api", "gateway")


ROLE_OF = {"processors": "worker", "planner": "planner", "api": "api", "operator": "worker"}
"""Roles of PostgreSQL by process; the gateway and the clock have none."""


LANE = "CNNGB-NLRTM"


CONSIGNMENT = "CN-1"


SIZE = Dimensions(length_mm=2_000, width_mm=2_000, height_mm=2_000)


WAIT_S = 60.0


STOP_S_MAX = 30.0


def settings_of(broker: SecuredKafkaNode, principal: str) -> KafkaSettings:
    """Return how that principal connects."""
    return broker.settings_of(f"groupage-{principal}")


class Hub:
    """A hub whose processes and commands run with accounts of their own."""

    def __init__(self, broker: SecuredKafkaNode, database_url: str, folder: Path) -> None:
        self.broker = broker
        self.database_url = database_url
        self.folder = folder

    def environment(self, principal: str) -> dict[str, str]:
        """Return the settings of a process, with nothing that it does not need."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GROUPAGE_") or name == "GROUPAGE_CACHE_DIR"
        }
        found = kept | {
            "GROUPAGE_TOPIC_PREFIX": PREFIX,
            "GROUPAGE_DATA_DIR": str(self.folder / "none"),
            "GROUPAGE_POLICY_FILE": str(self.folder / "policy.toml"),
            "GROUPAGE_LOG_FORMAT": "json",
            "GROUPAGE_GATEWAY_PORT": "0",
            "GROUPAGE_API_PORT": "0",
            "GROUPAGE_CLOCK_TICK_S": "0.5",
        }
        if principal != "api":
            found |= settings_of(self.broker, principal).child_environment()
            found["GROUPAGE_HUB_SECRET"] = SECRET
        if role := ROLE_OF.get(principal):
            found["GROUPAGE_DATABASE_URL"] = self.url_of(role)
        return found

    def url_of(self, role: str) -> str:
        """Return the address with which a session has the rights of that role only."""
        mark = "&" if "?" in self.database_url else "?"
        return f"{self.database_url}{mark}role=groupage_{role}"

    def log_of(self, process: str) -> str:
        """Return what the process has logged."""
        return (self.folder / f"{process}.log").read_text(encoding="utf-8")

    @asynccontextmanager
    async def running(self, process: str) -> AsyncIterator[None]:
        """Run a process until the end of the block; it must end with status 0."""
        started = self._start(process)
        try:
            yield
            started.terminate()
            status = await asyncio.to_thread(started.wait, STOP_S_MAX)
            assert status == 0, self.log_of(process)[-3_000:]
        finally:
            started.kill()
            started.wait(10)

    def _start(self, process: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{process}.log").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "groupage", "run", process],
                env=self.environment(process),
                stdout=output,
                stderr=output,
            )

    async def command(self, *arguments: str, **variables: str) -> str:
        """Run a command as the operator; it must succeed. Return its output."""
        ended = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "groupage", *arguments],
            env=self.environment("operator") | variables,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    async def address_of(self, process: str, event: str) -> str:
        """Return the address that the process logged with that event."""

        async def found() -> Any:
            return re.search(rf'.*"{event}".*', self.log_of(process))

        line = (await until(f"{event} of {process}", found))[0]
        address = re.search(r"127\.0\.0\.1:\d+", line)
        assert address, line
        return f"http://{address[0]}"


async def until(what: str, condition: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until the condition gives a true value, and return it."""
    try:
        async with asyncio.timeout(WAIT_S):
            while not (value := await condition()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not within {WAIT_S:g} s: {what}")
    return value


def events_of_a_lane(now: datetime) -> list[Event]:
    """A departure, a consignment at the hub, and the release of a hold that nobody placed."""
    etd_at = now + timedelta(days=6)
    units = ("CN-1/1", "CN-1/2")
    return [
        SailingPublished(
            voyage_id="FE4/2610W",
            service_id="FE4",
            mode="VESSEL",
            pol="CNNGB",
            pod="NLRTM",
            etd_at=etd_at,
            eta_at=etd_at + timedelta(days=30),
            cutoffs=(Cutoff(code="LCO", due_at=etd_at - timedelta(days=2)),),
            equipment=(
                EquipmentOffer(
                    iso_type="22G1", freight=Money(amount_minor=150_000, currency="USD")
                ),
            ),
        ),
        cn.ConsignmentBooked(
            consignment_id=CONSIGNMENT,
            shipper="M-1",
            consignee="B-1",
            pol="CNNGB",
            pod="NLRTM",
            mode="0110",
            lines=(cn.CartonLine(pieces=len(units), size=SIZE, gross_g=900_000),),
            value=Money(amount_minor=100_000, currency="USD"),
            ready_at=now,
        ),
        cn.ConsignmentAccepted(consignment_id=CONSIGNMENT),
        cn.AsnReceived(
            consignment_id=CONSIGNMENT,
            units=tuple(cn.AnnouncedUnit(unit_id=unit) for unit in units),
        ),
        *(un.UnitReceived(unit_id=unit, consignment_id=CONSIGNMENT) for unit in units),
        *(
            un.UnitMeasured(unit_id=unit, consignment_id=CONSIGNMENT, size=SIZE, gross_g=900_000)
            for unit in units
        ),
        cn.TallyCompleted(consignment_id=CONSIGNMENT, pieces=len(units)),
        cn.HoldReleased(consignment_id=CONSIGNMENT, hold_id="never placed", by="desk"),
    ]


async def plan_a_consignment(hub: Hub) -> None:
    """Send the events of a lane through the gateway; read the plan from the API."""
    gateway = await hub.address_of("gateway", "gateway_listening")
    api = await hub.address_of("api", "api_listening")
    async with httpx.AsyncClient(timeout=30) as client:
        wish = ReplanLane(lane_id=LANE, command_id="plan now", by="li")
        await send_over_http(client, gateway, *events_of_a_lane(datetime.now(UTC)), wish)

        async def is_planned() -> bool:
            plans = (await client.get(f"{api}/v1/plans?published=true")).json()["items"]
            consignments = (await client.get(f"{api}/v1/consignments")).json()["items"]
            known = [each["consignment_id"] for each in consignments]
            # The acceptance of a consignment that nobody booked leaves none behind.
            return any(plan["containers"] for plan in plans) and known == [CONSIGNMENT]

        await until("a plan has the consignment", is_planned)


async def until_ready(address: str) -> None:
    """Wait until the process behind these metrics says that it is ready."""
    async with httpx.AsyncClient(timeout=30) as client:

        async def ready() -> bool:
            return (await client.get(f"{address}/readyz")).status_code == 200

        await until(f"{address} is ready", ready)


def fact_of(event: Event, event_id: str) -> Fact:
    """Put an event of another system into its envelope."""
    return new_fact(event, source="/booking", event_id=event_id, occurred_at=datetime.now(UTC))


async def send_over_http(client: httpx.AsyncClient, gateway: str, *events: Event) -> None:
    """Send events through the gateway."""
    for event in events:
        answer = await client.post(
            f"{gateway}/v1/events",
            content=envelope_json(fact_of(event, f"{event.name} {event.subject}")),
            headers={"content-type": "application/cloudevents+json"},
        )
        assert answer.status_code == 202, answer.text
