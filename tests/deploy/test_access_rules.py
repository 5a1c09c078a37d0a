"""A hub off loopback: each process has an account, and may do what it does and nothing else.

The broker has TLS, accounts and an authorizer, and `deploy/kafka/acls.sh` has run against it with
Kafka's own tool. In PostgreSQL the processes have the roles of `deploy/postgres/roles.sql`.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pydantic import SecretStr

from groupage.app.api.app import create_app
from groupage.app.local.servers import start_kafka
from groupage.app.own_events.projection import run_step
from groupage.contracts.admin import ensure_topics
from groupage.contracts.topics import TOPICS
from groupage.domain.errors import Unavailable
from groupage.domain.events import consignment as cn
from groupage.settings import DatabaseSettings, KafkaSettings, SubscriptionSettings
from groupage.store.aggregates_by_offset import AggregateList, insert_lists
from groupage.store.pool import create_pool
from groupage.store.subscriptions import count_by_state
from producers.publisher import Publisher
from tests.deploy.acls_script import PREFIX, SCRIPT, rules_of_script
from tests.deploy.hub_under_rules import (
    PRINCIPALS,
    PROCESSES,
    ROLES,
    WAIT_S,
    Hub,
    fact_of,
    plan_a_consignment,
    settings_of,
    until_ready,
)
from tests.deploy.secured_kafka import SecuredKafkaNode, secured_kafka_node

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


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


@pytest.fixture
async def roles(maintenance_url: str) -> AsyncIterator[None]:
    """Drop the roles when the test's database is gone: they belong to the whole server."""
    yield
    connection = await asyncpg.connect(maintenance_url)
    try:
        for role in ("worker", "planner", "api", "reader"):
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


@pytest.mark.parametrize(("role", "status"), [("api", 201), ("reader", 501)])
async def test_the_read_api_writes_queries_and_subscriptions_only(
    owned_database: str, role: str, status: int
) -> None:
    """With its role; with that of a command that only reads it says which one it needs."""
    mark = "&" if "?" in owned_database else "?"
    settings = DatabaseSettings(url=SecretStr(f"{owned_database}{mark}role=groupage_{role}"))
    pool = await create_pool(settings, application_name="test")
    allowed = SubscriptionSettings(hosts="client.example")
    transport = httpx.ASGITransport(create_app(pool, allowed), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as api:
        made = await api.post("/queries", json={"name": "all", "query": {}})
        assert made.status_code == status
        assert "groupage_api" in made.text or status == 201
        assert (await api.get("/queries/all/events")).status_code == (200 if status == 201 else 404)
        wanted = {"dest": "https://client.example/hook", "stream": True}
        made = await api.post("/queries/all/subscriptions", json=wanted)
        assert made.status_code == (201 if status == 201 else 404)
    assert await count_by_state(pool) == {"stopped": 0, "failing": 0, "active": status == 201}
    if role == "reader":
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("select signature_token from subscription")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("delete from fact")
    await pool.close()


async def test_the_read_api_makes_events_of_the_hub(owned_database: str) -> None:
    """With its role; a command that only reads may not."""
    owner = await asyncpg.connect(owned_database)
    await owner.execute(
        "insert into fact (fact_id, kind, key, subject, type, source, event_id, occurred_at, "
        "recorded_at, topic, partition, record_offset, classifier, data) values "
        "(gen_random_uuid(), 'unit', 'U', 'U', 'unit.received', '/wms', 'e', now(), now(), "
        "'hub.unit.v1', 0, 0, 'ACT', $1)",
        b'{"unit_id":"U"}',
    )
    await insert_lists(owner, [AggregateList("hub.unit.v1", 0, 0, 0, 1, {"unit": ["U"]})])
    await owner.execute("insert into intake_offset values ('hub.unit.v1', 0, 1, null)")
    mark = "&" if "?" in owned_database else "?"
    for role, number in (("reader", 0), ("api", 1)):
        settings = DatabaseSettings(url=SecretStr(f"{owned_database}{mark}role=groupage_{role}"))
        pool = await create_pool(settings, application_name="test")
        with nullcontext() if number else pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run_step(pool)
        await pool.close()
        assert await owner.fetchval("select count(*) from captured_event where own") == number
    await owner.close()


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
