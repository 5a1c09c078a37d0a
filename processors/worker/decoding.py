"""From Kafka records to facts, ticks and dead letters. Pure.

Records are read in small runs as soon as they are fetched: a record is two dozen small objects,
and reading it while they are still in the processor's cache takes a third of the time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from groupage.contracts.decoding import Decoded, decode_for_store
from groupage.contracts.encoding import encode_data, fact_digest
from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.contracts.undecodable import Undecodable
from groupage.store.facts import line_of
from processors.worker import dead_letters
from processors.worker.batch import Incoming, Slice, Stretch
from processors.worker.unreadable import Unreadable

_EPOCH = datetime.fromtimestamp(0, UTC)
_UNREADABLE = "the name of a header is not UTF-8: the record stays in the log at this offset"


def read_into(piece: Slice, records: Sequence[Any]) -> None:
    """Append what the next consecutive records (aiokafka ConsumerRecord, at least one) hold."""
    piece.records += len(records)
    piece.value_bytes += sum([len(record.value or b"") for record in records])
    piece.next_offset = records[-1].offset + 1
    if piece.topic == DEAD_LETTER_TOPIC:
        _read_letters(piece, records)
        return
    topic, owners = piece.topic, piece.stretches[-1].owners
    stamp_ms, recorded_at = -1, _EPOCH
    for record in records:
        if record.timestamp != stamp_ms:  # the broker stamps whole batches
            stamp_ms = record.timestamp
            recorded_at = datetime.fromtimestamp(stamp_ms / 1_000, UTC)
            piece.oldest_ms = min(piece.oldest_ms, stamp_ms)
        try:
            fact, kind, data_json, stamps = decode_for_store(
                record.headers, record.key, record.value, recorded_at=recorded_at, topic=topic
            )
        except Undecodable as error:
            code, reason = str(error.code), str(error)
            if isinstance(record, Unreadable):
                code, reason = "unreadable", _UNREADABLE
            piece.letters.append(dead_letters.of_record(record, piece, code=code, reason=reason))
            continue
        data = fact.data
        if kind == "clock":
            piece.stretches[-1].tick_at = data.clock_reading()
            piece.stretches[-1].tick_offset = record.offset
            piece.stretches.append(Stretch())
            owners = piece.stretches[-1].owners
        elif data.fans_out and len(singles := fact.fan_out()) > 1:
            for single in singles:
                alone = single, kind, encode_data(single.data), stamps
                owners.setdefault((kind, single.key), []).append(
                    _incoming(piece, record.offset, alone)
                )
        else:
            item = _incoming(piece, record.offset, (fact, kind, data_json, stamps))
            known = owners.get((kind, fact.key))
            if known is None:
                owners[kind, fact.key] = [item]
            else:
                known.append(item)


def _incoming(piece: Slice, offset: int, decoded: Decoded) -> Incoming:
    fact, kind, data_json, stamps = decoded
    digest = fact_digest(fact, kind)
    fact_id = digest.hex()
    place = (piece.topic, piece.partition, offset)
    return Incoming(
        fact_id,
        fact,
        int.from_bytes(digest[:8], "big"),
        line_of(fact_id, fact, data_json, place, kind=kind, stamps=stamps),
        offset,
    )


def _read_letters(piece: Slice, records: Sequence[Any]) -> None:
    for record in records:
        piece.oldest_ms = min(piece.oldest_ms, record.timestamp)
        if letter := dead_letters.of_producer(record, piece):
            piece.letters.append(letter)
