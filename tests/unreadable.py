"""A record that aiokafka cannot parse."""

import struct

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from groupage.settings import KafkaSettings


async def send_unreadable(kafka: KafkaSettings, topic: str, partition: int) -> None:
    """Change the bytes of an encoded batch and correct its checksum, as a client in C may."""
    producer = AIOKafkaProducer(**kafka.client_kwargs())
    await producer.start()
    try:
        batch = producer.create_batch()
        batch.append(key=b"C1", value=b"?", timestamp=None, headers=[("zzzz", b"v")])
        batch.close()
        build = batch._build

        def patched() -> bytearray:
            raw = bytearray(build())
            at = raw.index(b"zzzz")
            raw[at : at + 4] = b"\xff\xfe\xff\xfe"
            raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])))
            return raw

        batch._build = patched
        done = await producer.send_batch(batch, topic, partition=partition)
        await done
    finally:
        await producer.stop()
