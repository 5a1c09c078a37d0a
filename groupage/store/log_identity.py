"""Whether the log in Kafka is the one to which the stored offsets belong.

A reader that was busy while a topic was deleted and created again goes on at its old offset, in the
middle of the new topic, without an error. So the ids of the topics lie beside the offsets.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from groupage.contracts.topic_ids import LogIds
from groupage.contracts.topics import POLICY_TOPIC
from groupage.domain.errors import Conflict, Misconfigured
from groupage.domain.words import join_names
from groupage.store.locks import Session, without_workers
from groupage.store.pool import Connection
from groupage.store.subscriptions import restart_places

_SHOWN_MAX = 3
_READ_AGAIN = "stop the workers and run `groupage topics --read-again`"


async def note_log(connection: Connection, ids: LogIds, *, prefix: str) -> None:
    """Note the ids of topics that have none yet: new ones, and those of a hub of version 0.2.0."""
    await connection.executemany(
        "insert into log_identity (topic, topic_id, cluster_id) values ($1, $2, $3) "
        "on conflict do nothing",
        [
            (topic.removeprefix(prefix), topic_id, ids.cluster_id)
            for topic, topic_id in ids.topics.items()
            if topic_id is not None
        ],
    )


async def require_same_log(connection: Connection, ids: LogIds, *, prefix: str) -> None:
    """Raise Misconfigured if a topic is not the one whose offsets are stored."""
    if problem := describe(await find_other_topics(connection, ids, prefix=prefix)):
        raise Misconfigured(problem)


class OtherTopic(NamedTuple):
    """A topic that is not the one whose offsets are stored."""

    topic: str
    """Without the hub's prefix."""
    topic_id: UUID | None
    """Its id; None: there is no such topic any more."""
    other_cluster: bool
    """Kafka is another cluster, too."""


async def find_other_topics(
    connection: Connection, ids: LogIds, *, prefix: str
) -> list[OtherTopic]:
    """Return those of the topics that are not the ones whose offsets are stored."""
    rows = await connection.fetch("select topic, topic_id, cluster_id from log_identity order by 1")
    return [
        OtherTopic(topic, topic_id, cluster_id != ids.cluster_id)
        for topic, stored_id, cluster_id in rows
        if (topic_id := ids.topics.get(prefix + topic, stored_id)) != stored_id
    ]


def describe(others: Collection[OtherTopic]) -> str:
    """Say which topics are others than before and what to do; empty: none."""
    if not others:
        return ""
    names = join_names([each.topic for each in others], _SHOWN_MAX)
    if any(each.other_cluster for each in others):
        return (
            f"Kafka is another cluster than the one whose offsets the database holds ({names}): "
            "set GROUPAGE_KAFKA_BOOTSTRAP_SERVERS to the hub's cluster, or GROUPAGE_DATABASE_URL "
            f"to the database of this one. If the topics were moved here: {_READ_AGAIN}"
        )
    if all(each.topic_id is None for each in others):
        return (
            f"{names}: deleted since the hub read it. Restore it, or, to go on with an empty one: "
            f"stop the workers, run `groupage topics`, then `groupage topics --read-again`"
        )
    return (
        f"{names}: deleted and created again since the hub read it, so the offsets in the database "
        f"belong to another log. Restore it, or, to go on with the new one: {_READ_AGAIN}"
    )


async def read_again(connection: Session, ids: LogIds, *, prefix: str) -> list[str]:
    """Let the workers read topics that have another id from their beginning; return their names.

    Facts that the hub has are recognized. Raises Conflict while a worker is connected, and for the
    log of policies.
    """
    async with without_workers(connection), connection.transaction():
        others = await find_other_topics(connection, ids, prefix=prefix)
        names = [each.topic for each in others if each.topic_id is not None]
        if POLICY_TOPIC in names:
            raise Conflict(
                f"{POLICY_TOPIC} held the hub's policies, by which its states were judged: restore "
                "the topic, or start with an empty database"
            )
        await connection.execute(
            "update intake_offset set next_offset = 0 where topic = any($1)", names
        )
        await connection.execute(
            "update own_event_offset set next_offset = 0 where topic = any($1)", names
        )
        if names:
            await restart_places(connection, names)
        # Nothing in the new log is from before records were signed.
        await connection.execute(
            "update unsigned_log set end_offset = 0 where topic = any($1)", names
        )
        await connection.executemany(
            "update log_identity set topic_id = $2, cluster_id = $3, read_again_at = now() "
            "where topic = $1",
            [(each.topic, each.topic_id, ids.cluster_id) for each in others if each.topic_id],
        )
    return names


async def require_whole_log(connection: Connection) -> None:
    """Raise Conflict if the log no longer has all facts, so that it cannot give the states."""
    names = [
        row[0]
        for row in await connection.fetch(
            "select topic from log_identity where read_again_at is not null order by 1"
        )
    ]
    if names:
        raise Conflict(
            f"{join_names(names, _SHOWN_MAX)}: deleted and created again since the hub began. "
            "Facts from before are in the database only, so the log no longer gives the states"
        )
