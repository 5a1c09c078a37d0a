"""A simulated day through the gateway of a hub that is being killed meanwhile."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.app.demo.backlog import HubBacklog
from groupage.contracts.topics import TOPICS
from groupage.settings import DatabaseSettings, KafkaSettings
from groupage.store.pool import TRANSIENT_ERRORS, create_pool
from producers.simulator.feedback import Feedback
from producers.simulator.play import HubLink, Limits, Player
from producers.simulator.simulation import Simulation
from tests.e2e.commanded import CommandedHub
from tests.e2e.disturbance import Killed, Kills
from tests.e2e.honest import HonestClient, PatientClock, patient

LIMITS = Limits(beat_s=600, stall_s=200.0)
SETTLE_S = 120.0
_POLL_S = 0.5
_QUIET_LOOKS = 3
_NOT_TAKEN_IN = ("hub.planrequest.v1", "hub.alert.v1")
_UNANSWERED = """
select count(*) from fact where type = 'plan.asked' and not exists (
    select from plan_request r where r.request_id = fact.subject and r.state <> 'running')
"""


class DisturbedDay(NamedTuple):
    """The events that were sent, the processes that were killed, the time that it took."""

    client: HonestClient
    simulation: Simulation
    killed: list[Killed]
    gave_up: int
    ticks_repeated: int
    took_s: float


async def play_disturbed(hub: CommandedHub, simulation: Simulation, kills: Kills) -> DisturbedDay:
    """Play it to its end beside `kills`, and wait until the hub is quiet."""
    status = hub.status()
    kafka = KafkaSettings(bootstrap_servers=status["kafka"]["bootstrap_servers"])
    began_s = time.monotonic()
    async with AsyncExitStack() as stack:
        pool = await create_pool(
            DatabaseSettings(url=status["database"]["url"]), application_name="test"
        )
        stack.push_async_callback(pool.close)
        consumer = AIOKafkaConsumer(**kafka.client_kwargs())
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        client = await stack.enter_async_context(HonestClient(status["gateway"]["url"]))
        feedback = await stack.enter_async_context(Feedback(kafka))
        clock = PatientClock(kafka, hub.key())
        stack.push_async_callback(clock.close)
        link = HubLink(
            tick=clock.tick,
            drain=feedback.drain,
            received_all=feedback.received_all,
            backlog=patient(HubBacklog(pool, consumer, prefix="")),
        )
        player = Player(simulation, client, pace="fast", hub=link, limits=LIMITS)
        day = asyncio.create_task(player.play())
        killed = await kills(lambda: len(client.accepted), day)
        await day
        await asyncio.to_thread(hub.await_all_running, within_s=SETTLE_S)
        await until_quiet(pool, consumer)
    return DisturbedDay(
        client=client,
        simulation=simulation,
        killed=killed,
        gave_up=player.progress.unplanned,
        ticks_repeated=clock.repeated,
        took_s=time.monotonic() - began_s,
    )


async def until_quiet(pool: asyncpg.Pool, consumer: AIOKafkaConsumer) -> None:
    """Wait until every record is processed, every message published and every request answered."""
    deadline = time.monotonic() + SETTLE_S
    quiet, left = 0, "nothing was looked at"
    while quiet < _QUIET_LOOKS:
        assert time.monotonic() < deadline, f"not quiet within {SETTLE_S:g} s: {left}"
        try:
            left = await _left(pool, consumer)
        except TRANSIENT_ERRORS as error:
            left = repr(error)
        quiet = 0 if left else quiet + 1
        await asyncio.sleep(_POLL_S)


async def _left(pool: asyncpg.Pool, consumer: AIOKafkaConsumer) -> str:
    """Describe what is not done yet; empty when everything is."""
    places = [
        TopicPartition(topic.name, number)
        for topic in TOPICS
        if topic.name not in _NOT_TAKEN_IN
        for number in range(topic.partitions)
    ]
    rows = await pool.fetch("select topic, partition, next_offset from intake_offset")
    taken = {(row[0], row[1]): row[2] for row in rows}
    ends = await consumer.end_offsets(places)
    lag = {
        f"{place.topic}[{place.partition}]": end - taken.get((place.topic, place.partition), 0)
        for place, end in ends.items()
        if end != taken.get((place.topic, place.partition), 0)
    }
    outbox = await pool.fetchval("select count(*) from outbox")
    asked = await pool.fetchval(_UNANSWERED)
    return "; ".join(
        text
        for text, is_left in (
            (f"lag {lag}", lag),
            (f"{outbox} messages in the outbox", outbox),
            (f"{asked} plan requests without an answer", asked),
        )
        if is_left
    )
