"""Which partition a key belongs to: as Kafka's Java client and aiokafka compute it."""

from functools import lru_cache

from aiokafka.partitioner import murmur2

from groupage.contracts.topics import BY_NAME


@lru_cache(maxsize=65_536)
def partition_of(key: str, topic: str) -> int:
    """The partition of `key` in a topic of the table (name without prefix).

    Remembered, because the hash is computed in Python and keys come back hundreds of times.
    """
    digest: int = murmur2(key.encode()) & 0x7FFFFFFF
    return digest % BY_NAME[topic].partitions
