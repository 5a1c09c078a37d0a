"""Stop Kafka consumers, also while Kafka is away."""

from typing import Any

from aiokafka import AIOKafkaConsumer

from groupage.contracts.closing import ends_in_time

STOP_TIMEOUT_S = 3.0
"""For consumers without a group, which have nobody to say goodbye to."""
_CLOSE_TIMEOUT_S = 1.0


async def stop_consumer(consumer: "AIOKafkaConsumer[Any, Any]", *, timeout_s: float) -> None:
    """Stop it within `timeout_s`, or drop it: its group notices that it is gone."""
    if await ends_in_time(consumer.stop(), timeout_s=timeout_s, otherwise="consumer_dropped"):
        return
    # This is private, but `stop` does nothing the second time, and an open client asks for metadata
    # as long as the process runs.
    await ends_in_time(
        consumer._client.close(),  # noqa: SLF001
        timeout_s=_CLOSE_TIMEOUT_S,
        otherwise="consumer_client_not_closed",
    )
