"""Which partition a key belongs to: as Kafka's Java client and aiokafka compute it (murmur2).

The hash is written again here because units are announced a whole consignment at a time. Their ids
differ in the last digits only, and what comes before is hashed once: two fifths of aiokafka's time,
which was three hundredths of a worker's.
"""

from functools import lru_cache
from struct import Struct

from groupage.contracts.topics import BY_NAME

_WORDS = Struct("<I")
_SEED, _FACTOR, _32_BITS = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


@lru_cache(maxsize=65_536)
def partition_of(key: str, topic: str) -> int:
    """The partition of `key` in a topic of the table (name without prefix).

    Remembered, because the hash is computed in Python and keys come back hundreds of times.
    """
    return (murmur2(key.encode()) & 0x7FFFFFFF) % BY_NAME[topic].partitions


def murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2 of 32 bits with Kafka's seed, unsigned."""
    end = len(data) & ~3
    last = max(0, end - 4)
    digest = _mix(_begun(data[:last], len(data)), data[last:end])
    if tail := data[end:]:
        digest = (digest ^ int.from_bytes(tail, "little")) * _FACTOR & _32_BITS
    digest = (digest ^ digest >> 13) * _FACTOR & _32_BITS
    return digest ^ digest >> 15


@lru_cache(maxsize=4_096)
def _begun(words: bytes, length: int) -> int:
    return _mix(_SEED ^ length, words)


def _mix(digest: int, words: bytes) -> int:
    for (word,) in _WORDS.iter_unpack(words):
        mixed = word * _FACTOR & _32_BITS
        digest = (digest * _FACTOR ^ (mixed ^ mixed >> 24) * _FACTOR) & _32_BITS
    return digest
