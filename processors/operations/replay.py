"""Replay dead letters: publish each record again as it was, on its topic."""

import asyncio
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from groupage.contracts.digits import ACCEPTED_HEADER, is_accepted
from groupage.contracts.signing import HubKey, is_signed
from groupage.contracts.undecodable import UndecodableCode
from groupage.domain.codes import DigitCode
from groupage.domain.errors import InvalidInput
from groupage.settings import KafkaSettings
from groupage.store.dead_letters import StoredDeadLetter, mark_replayed

_SEND_TIMEOUT_S = 20.0
_MESSAGE_BYTES_MAX = 8 * 2**20
_LOSSY = "\N{REPLACEMENT CHARACTER}"


async def replay(
    pool: asyncpg.Pool,
    kafka: KafkaSettings,
    dead_letters: Sequence[StoredDeadLetter],
    *,
    prefix: str,
    hub_key: HubKey | None = None,
    without_key: bool = False,
) -> int:
    """Publish the records again, oldest first; mark each dead letter once Kafka has its record.

    The cause must be fixed before: the record is the same. One with a wrong key goes out without
    it: the worker takes the key from the event. `without_key` does so with the others, too.
    `hub_key` signs the hub's own facts that an aggregate rejected: the worker that stored them had
    verified them. A record with a wrong check digit is marked as accepted. Any other record goes
    out as it came, with the signature that it had, if any.
    Deduplication drops facts that are stored, so replaying twice does no harm.

    Raises InvalidInput, before anything is sent, for dead letters that no replay can help.
    """
    _require_replayable(dead_letters)
    producer = AIOKafkaProducer(
        **kafka.client_kwargs(),
        client_id="groupage-replay",
        enable_idempotence=True,
        max_request_size=_MESSAGE_BYTES_MAX,
    )
    async with asyncio.timeout(_SEND_TIMEOUT_S):
        await producer.start()
    try:
        ordered = sorted(
            dead_letters, key=lambda row: (row.topic, row.partition, row.record_offset)
        )
        for row in ordered:
            wrong = row.code == UndecodableCode.WRONG_KEY or _LOSSY in row.key
            key = None if without_key or wrong else row.key
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                sent = await producer.send_and_wait(
                    prefix + row.topic,
                    value=row.value,
                    key=key.encode() if key else None,
                    headers=_headers(row, hub_key),
                )
            await mark_replayed(pool, row, partition=sent.partition, offset=sent.offset)
        return len(ordered)
    finally:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await producer.stop()


def needs_key(dead_letter: StoredDeadLetter) -> bool:
    """Tell whether its record is a fact that a worker believed and an aggregate rejected."""
    return dead_letter.fact_id is not None and not is_signed(dead_letter.headers)


def _headers(row: StoredDeadLetter, hub_key: HubKey | None) -> list[tuple[str, bytes | None]]:
    if row.code == DigitCode.CHECK_DIGIT and not is_accepted(row.headers):
        return [*row.headers, ACCEPTED_HEADER]
    if hub_key is None or not needs_key(row):
        return list(row.headers)
    return hub_key.sign(row.topic, row.headers, row.value)


def _require_replayable(dead_letters: Sequence[StoredDeadLetter]) -> None:
    hopeless = [(row, row.replay_obstacle) for row in dead_letters if row.replay_obstacle]
    if hopeless:
        first, obstacle = hopeless[0]
        others = f" (and {len(hopeless) - 1} more)" if len(hopeless) > 1 else ""
        raise InvalidInput(
            f"dead letter {str(first.letter_id)[:8]}{others} cannot be replayed: {obstacle.why} "
            f"({first.code}: {first.reason}). {obstacle.advice}"
        )
