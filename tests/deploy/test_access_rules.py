"""A hub off loopback: each process has an account, and may do what it does and nothing else.

The broker has TLS, accounts and an authorizer, and `deploy/kafka/acls.sh` has run against it with
Kafka's own tool. In PostgreSQL the processes have the roles of `deploy/postgres/roles.sql`.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pydantic import SecretStr

from groupage.app.local.servers import start_kafka
from groupage.contracts.admin import ensure_topics
from groupage.contracts.encoding import envelope_json
from groupage.contracts.topics import TOPICS
from groupage.domain.commands import ReplanLane
from groupage.domain.errors import Unavailable
from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions, Event, Money
from groupage.domain.events.schedule import Cutoff, EquipmentOffer, SailingPublished
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.publisher import Publisher, new_fact
from tests.deploy.acls_script import PREFIX, SCRIPT, rules_of_script
from tests.deploy.secured_kafka import SecuredKafkaNode, secured_kafka_node
from tests.hub_key import SECRET

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sql"
PRINCIPALS = ("processors", "planner", "clock", "gateway", "operator", "sender", "reader")
PROCESSES = ("processors", "planner", "clock", "api", "gateway")
ROLE_OF = {"processors": "worker", "planner": "planner", "api": "reader", "operator": "worker"}
"""Roles of PostgreSQL by process; the gateway and the clock have none."""
LANE = "CNNGB-NLRTM"
CONSIGNMENT = "CN-1"
SIZE = Dimensions(length_mm=2_000, width_mm=2_000, height_mm=2_000)
WAIT_S = 60.0
STOP_S_MAX = 30.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafkaNode]:
    """A secured Kafka with the rules of the script, and no topics yet."""
    accounts = tuple(f"groupage-{name}" for name in PRINCIPALS)
    node = secured_kafka_node(tmp_path_factory.mktemp("secured"), accounts)
    server = start_kafka(node)
    try:
        node.run_acls_script(SCRIPT, PREFIX)
        yield node
    finally:
        server.child.stop()


def settings_of(broker: SecuredKafkaNode, principal: str) -> KafkaSettings:
    """Return how that principal connects."""
    return broker.settings_of(f"groupage-{principal}")


@pytest.fixture
async def roles(maintenance_url: str) -> AsyncIterator[None]:
    """Drop the roles when the test's database is gone: they belong to the whole server."""
    yield
    connection = await asyncpg.connect(maintenance_url)
    try:
        for role in ("worker", "planner", "reader"):
            await connection.execute(f"drop role if exists groupage_{role}")
    finally:
        await connection.close()


@pytest.fixture
async def owned_database(roles: None, database_url: str) -> str:
    """Address of a migrated database in which the processes have roles."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(ROLES.read_text(encoding="utf-8"))
    finally:
        await connection.close()
    return database_url


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


async def test_a_hub_lives_under_its_rules(
    broker: SecuredKafkaNode, owned_database: str, tmp_path: Path
) -> None:
    """Events come in, a plan comes out, an operator repairs: the broker denies nobody anything."""
    hub = Hub(broker, owned_database, tmp_path)
    policy, new_policy = tmp_path / "policy.toml", tmp_path / "new.toml"
    policy.write_text("replan_urgent_s = 1\nreplan_debounce_s = 1\n", encoding="utf-8")
    new_policy.write_text("replan_urgent_s = 2\nreplan_debounce_s = 1\n", encoding="utf-8")
    await hub.command("topics")
    async with AsyncExitStack() as running:
        for process in PROCESSES:
            await running.enter_async_context(hub.running(process))
        for process in PROCESSES:
            await until_ready(await hub.address_of(process, "metrics_listening"))
        async with Publisher(settings_of(broker, "sender"), prefix=PREFIX) as publisher:
            await publisher.publish(fact_of(cn.ConsignmentAccepted(consignment_id="CN-2"), "e"))
        await plan_a_consignment(hub)
        assert "never placed" in await hub.command("deadletters", "list")
        assert "2 records sent again" in await hub.command("deadletters", "replay", "--all")
        adopted = await hub.command(
            *("policy", "adopt", str(new_policy), "--by", "li", "--reason", "test")
        )
        assert "1 worker took it over" in adopted
        await hub.command("topics", "--check")
    rebuilt = await hub.command("rebuild", "--verify", GROUPAGE_DATABASE_URL=owned_database)
    assert "equal" in rebuilt
    assert broker.denials() == []
    for process in PROCESSES:
        assert not re.search("Authoriz|permission denied", hub.log_of(process)), process


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


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_each_principal_may_do_what_the_script_says(
    broker: SecuredKafkaNode, principal: str
) -> None:
    """The broker takes a record, or gives one, for each topic in its lists and for no other."""
    await ensure_topics(settings_of(broker, "operator"), prefix=PREFIX)
    rules = rules_of_script()
    topics = {topic.name for topic in TOPICS}
    operator, own = settings_of(broker, "operator"), settings_of(broker, principal)
    assert await writable(operator) == topics, "each topic has a record that can be read"
    assert await writable(own) == rules[principal, "Write"]
    assert await readable(own) == rules[principal, "Read"] & topics


async def test_a_group_of_consumers_has_rules_too(broker: SecuredKafkaNode) -> None:
    """A reader follows plans in its group; neither it nor a planner joins the workers."""
    await ensure_topics(settings_of(broker, "operator"), prefix=PREFIX)
    await writable(settings_of(broker, "operator"))
    plans = PREFIX + "hub.plan.v1"
    async with consumer_of(settings_of(broker, "reader"), "groupage-reader", plans) as consumer:
        async with asyncio.timeout(WAIT_S):
            await consumer.getone()
        await consumer.commit()
    requests = PREFIX + "hub.planrequest.v1"
    for principal, topic in (("reader", plans), ("planner", requests)):
        with pytest.raises(GroupAuthorizationFailedError):
            async with (
                consumer_of(settings_of(broker, principal), "groupage-intake", topic) as consumer,
                asyncio.timeout(WAIT_S),
            ):
                await consumer.getone()


@asynccontextmanager
async def consumer_of(
    kafka: KafkaSettings, group: str, topic: str
) -> AsyncIterator[AIOKafkaConsumer]:
    """Join a group with a topic; leave it afterwards."""
    consumer = AIOKafkaConsumer(
        topic, **kafka.client_kwargs(), group_id=PREFIX + group, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"sasl_password_file": None, "sasl_password": SecretStr("guessed")}, "SASL_USERNAME"),
        ({"ca_file": None}, "CA_FILE"),
        ({"sasl_mechanism": "PLAIN"}, "SASL_MECHANISM"),
    ],
)
async def test_a_refused_connection_names_what_to_check(
    broker: SecuredKafkaNode, wrong: dict[str, Any], named: str
) -> None:
    """A wrong password, another authority, another mechanism; the password is not in the error."""
    right = settings_of(broker, "planner").model_dump(exclude_none=True)
    given = {name: value for name, value in (right | wrong).items() if value is not None}
    with pytest.raises(Unavailable) as caught:
        await ensure_topics(KafkaSettings(**given), prefix=PREFIX, create=False)
    assert f"GROUPAGE_KAFKA_{named}" in str(caught.value)
    assert "guessed" not in str(caught.value)


async def writable(kafka: KafkaSettings) -> set[str]:
    """Send a record to each topic; return the topics that took it."""
    producer = AIOKafkaProducer(**kafka.client_kwargs())
    await producer.start()
    found = set()
    try:
        for topic in TOPICS:
            try:
                await producer.send_and_wait(PREFIX + topic.name, b"?", partition=0)
            except TopicAuthorizationFailedError:
                continue
            found.add(topic.name)
    finally:
        await producer.stop()
    return found


async def visible(kafka: KafkaSettings) -> list[str]:
    """Return the topics that Kafka shows: for others aiokafka's consumer would wait for ever."""
    admin = AIOKafkaAdminClient(**kafka.client_kwargs())
    await admin.start()
    try:
        described = await admin.describe_topics([PREFIX + topic.name for topic in TOPICS])
    finally:
        await admin.close()
    return [entry["topic"].removeprefix(PREFIX) for entry in described if entry["error_code"] == 0]


async def readable(kafka: KafkaSettings) -> set[str]:
    """Read a record of each topic; return the topics that gave one."""
    found = set()
    consumer = AIOKafkaConsumer(**kafka.client_kwargs(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        for name in await visible(kafka):
            partition = TopicPartition(PREFIX + name, 0)
            consumer.assign([partition])
            try:
                async with asyncio.timeout(WAIT_S):
                    await consumer.getone(partition)
            except TopicAuthorizationFailedError:
                continue
            found.add(name)
    finally:
        await consumer.stop()
    return found
