"""What the database knows of the hub's signatures: the secret, and the log from before it."""

from collections.abc import Mapping

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from groupage.contracts.consumers import STOP_TIMEOUT_S, stop_consumer
from groupage.contracts.signing import HubKey, Trust
from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import KafkaSettings
from groupage.store.pool import Connection, refusals_in_words

_Partition = tuple[str, int]


async def open_trust(
    pool: asyncpg.Pool, hub_key: HubKey, *, kafka: KafkaSettings, prefix: str
) -> Trust:
    """Return what a process that reads the hub's records believes.

    The first one after an upgrade notes where the log of the older version ends. Raises
    Misconfigured when other processes signed with another secret, Unavailable without Kafka or
    PostgreSQL.
    """
    with refusals_in_words():
        await _require_same_secret(pool, hub_key)
        await pool.executemany(
            "insert into hub_secret (fingerprint) values ($1) on conflict do nothing",
            [(fingerprint,) for fingerprint in hub_key.fingerprints()],
        )
        undecided = [
            (row[0], row[1])
            for row in await pool.fetch(
                "select topic, partition from unsigned_log where end_offset is null"
            )
        ]
        if undecided:
            ends = await _log_ends(undecided, kafka=kafka, prefix=prefix)
            await pool.executemany(
                "update unsigned_log set end_offset = $3 "
                "where topic = $1 and partition = $2 and end_offset is null",
                [(*partition, end) for partition, end in ends.items()],
            )
        return await read_trust(pool, hub_key)


async def read_trust(
    connection: Connection, hub_key: HubKey, *, taken_in: Mapping[_Partition, int] | None = None
) -> Trust:
    """Return what the hub believes, and change nothing. Raises Misconfigured as `open_trust`.

    `taken_in` are the offsets that the workers have reached: up to them they have believed the log
    of an older version, where no worker of this version has run yet.
    """
    await _require_same_secret(connection, hub_key)
    rows = await connection.fetch("select topic, partition, end_offset from unsigned_log")
    reached = taken_in or {}
    return Trust(
        hub_key,
        {
            (row[0], row[1]): reached.get((row[0], row[1]), 0) if row[2] is None else row[2]
            for row in rows
        },
    )


async def _require_same_secret(connection: Connection, hub_key: HubKey) -> None:
    noted = {row[0] for row in await connection.fetch("select fingerprint from hub_secret")}
    if noted and noted.isdisjoint(hub_key.fingerprints()):
        raise Misconfigured(
            "the secret in GROUPAGE_HUB_SECRET or GROUPAGE_HUB_SECRET_FILE is not the one that "
            "this hub's processes have signed with: set theirs. To replace it, put the new one "
            "before the old one; docs/trust.md says how"
        )


async def _log_ends(
    partitions: list[_Partition], *, kafka: KafkaSettings, prefix: str
) -> dict[_Partition, int]:
    consumer = AIOKafkaConsumer(**kafka.client_kwargs(), client_id="groupage-log-ends")
    places = [TopicPartition(prefix + topic, number) for topic, number in partitions]
    # Else aiokafka asks for the metadata of one topic after the other, 0.1 s each.
    consumer.assign(places)
    try:
        await consumer.start()
        ends = await consumer.end_offsets(places)
    except KafkaError as error:
        raise Unavailable(
            f"Kafka at {kafka.bootstrap_servers} does not say where its log ends: {error!r}"
        ) from error
    finally:
        await stop_consumer(consumer, timeout_s=STOP_TIMEOUT_S)
    return {(tp.topic.removeprefix(prefix), tp.partition): end for tp, end in ends.items()}
