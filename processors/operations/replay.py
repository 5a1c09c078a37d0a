"""Dead letters sent again: the record as it was, to the topic where it was."""

import asyncio
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from groupage.domain.errors import InvalidInput
from groupage.settings import KafkaSettings
from groupage.store.dead_letters import StoredDeadLetter, mark_replayed

_SEND_TIMEOUT_S = 20.0
_MESSAGE_BYTES_MAX = 8 * 2**20
_LOSSY = "\N{REPLACEMENT CHARACTER}"


async def replay(
    pool: asyncpg.Pool,
    kafka: KafkaSettings,
    letters: Sequence[StoredDeadLetter],
    *,
    prefix: str,
    without_key: bool = False,
) -> int:
    """Publish the letters' records again, oldest first, and mark each when Kafka has it.

    What led to the letter must be mended before: the record itself is the same. `without_key` lets
    the owner be taken from the event, for records whose only fault is a wrong key. A fact that is
    known already is passed over by its identity, so replaying twice does no harm.

    Raises InvalidInput, before anything is sent, for letters that have no topic to go to.
    """
    _require_destinations(letters)
    producer = AIOKafkaProducer(
        **kafka.client_kwargs(),
        client_id="groupage-replay",
        enable_idempotence=True,
        max_request_size=_MESSAGE_BYTES_MAX,
    )
    async with asyncio.timeout(_SEND_TIMEOUT_S):
        await producer.start()
    try:
        ordered = sorted(letters, key=lambda one: (one.topic, one.partition, one.record_offset))
        for letter in ordered:
            key = None if without_key or not letter.key or _LOSSY in letter.key else letter.key
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                sent = await producer.send_and_wait(
                    prefix + letter.topic,
                    value=letter.value,
                    key=key.encode() if key else None,
                    headers=letter.headers,
                )
            await mark_replayed(pool, letter, partition=sent.partition, offset=sent.offset)
        return len(ordered)
    finally:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await producer.stop()


def _require_destinations(letters: Sequence[StoredDeadLetter]) -> None:
    homeless = [letter for letter in letters if not letter.is_replayable]
    if homeless:
        first = homeless[0]
        others = f" (and {len(homeless) - 1} more)" if len(homeless) > 1 else ""
        raise InvalidInput(
            f"letter {str(first.letter_id)[:8]}{others} has no topic to go to: it was put aside as "
            f"{first.code} ({first.reason}) because it means no event. Mend it where it came from "
            "and import that again"
        )
