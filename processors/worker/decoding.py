"""Decode Kafka records into facts, ticks and dead letters. Pure.

For speed only, the intake decodes records in small runs as soon as they are fetched: a record is
two dozen small objects, and decoding it while they are in the processor's cache takes a third of
the time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import Any

from groupage.contracts.captured_events import decode_captured
from groupage.contracts.decoding import columns_of, decode_for_store
from groupage.contracts.digits import find_digit_problems, is_accepted
from groupage.contracts.encoding import fact_digest
from groupage.contracts.fan_out import FactWithJson, fan_out
from groupage.contracts.signing import Trust
from groupage.contracts.topics import CAPTURE_TOPIC, DEAD_LETTER_TOPIC
from groupage.contracts.undecodable import Undecodable, UndecodableCode
from groupage.contracts.unreadable import UnreadableRecord
from groupage.domain.codes import DigitCode, TimeCode
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.store.captured_events import StoredCapture
from groupage.store.facts import LogPosition, line_of
from groupage.store.writers import DeadLetterRow
from processors.worker import dead_letters
from processors.worker.batch import IncomingFact, PartitionBatch, Proposal, TickSegment
from processors.worker.plausibility import TimeRules, explain_future

_EPOCH = datetime.fromtimestamp(0, UTC)
_PREFIX = Struct(">Q")
_UNREADABLE = "the name of a header is not UTF-8: the record stays in the log at this offset"


def decode_into(
    part: PartitionBatch, records: Sequence[Any], trust: Trust, rules: TimeRules
) -> None:
    """Append the next consecutive records (aiokafka ConsumerRecord, at least one) to the part."""
    part.records += len(records)
    part.value_bytes += sum([len(record.value or b"") for record in records])
    part.next_offset = records[-1].offset + 1
    if decode_others := _WITHOUT_FACTS.get(part.topic):
        decode_others(part, records)
        return
    topic, facts = part.topic, part.segments[-1].facts
    stamp_ms, recorded_at, latest_at, judges_digits = -1, _EPOCH, _EPOCH, False
    hub_key = trust.key_for(topic, part.partition, records[0].offset)  # the later ones', too
    for record in records:
        key = hub_key or trust.key_for(topic, part.partition, record.offset)
        if record.timestamp != stamp_ms:  # the broker stamps whole batches
            stamp_ms = record.timestamp
            recorded_at = datetime.fromtimestamp(stamp_ms / 1_000, UTC)
            latest_at = recorded_at + rules.tolerances(recorded_at)[1]
            judges_digits = rules.refuses_wrong_digits(recorded_at)
            part.oldest_ms = min(part.oldest_ms, stamp_ms)
        try:
            fact, kind, data_json, columns, has_wrong_digit = decode_for_store(
                record.headers,
                record.key,
                record.value,
                recorded_at,
                topic,
                key,
                key is None,
            )
        except Undecodable as error:
            part.dead_letters.append(_dead_letter_of(record, part, error))
            continue
        data = fact.data
        is_ahead = fact.occurred_at > latest_at and fact.states_when
        is_wrong = has_wrong_digit and judges_digits and fact.relayed_by is None and key is not None
        if (is_ahead and _is_quarantined(part, record, fact, rules)) or (
            is_wrong and _has_doubtful_digits(part, record, fact)
        ):
            continue
        if kind == "clock":
            _end_segment(part, record, fact, rules)
            facts = part.segments[-1].facts
        elif kind == "policy":
            continue  # each worker reads all of them (`processors.worker.policies`)
        elif data.fans_out and len(singles := fan_out(fact, data_json, older=key is None)) > 1:
            _add_each(part, record.offset, kind, singles, columns)
        else:
            incoming = _incoming_fact(part, record.offset, fact, kind, data_json, columns)
            facts.setdefault((kind, fact.key), []).append(incoming)
            if kind == "lane" and key is not None and (plan := data.certified_plan()):
                part.proposals.append(Proposal(record, *plan))


def _dead_letter_of(record: Any, part: PartitionBatch, error: Undecodable) -> DeadLetterRow:
    code, reason = str(error.code), str(error)
    if isinstance(record, UnreadableRecord):
        code, reason = UndecodableCode.UNREADABLE.value, _UNREADABLE
    return dead_letters.from_record(record, part, code=code, reason=reason)


def _is_quarantined(part: PartitionBatch, record: Any, fact: Fact, rules: TimeRules) -> bool:
    """Tell whether the event, which is far ahead of Kafka's time, became a dead letter.

    With an external clock the fold decides.
    """
    stamped_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
    if not rules.wall:
        part.ahead[record.offset] = rules.tolerances(stamped_at)[1]
        return False
    reason = explain_future(fact, stamped_at, "Kafka's")
    part.dead_letters.append(
        dead_letters.from_record(record, part, code=TimeCode.FROM_THE_FUTURE, reason=reason)
    )
    return True


def _has_doubtful_digits(part: PartitionBatch, record: Any, fact: Fact) -> bool:
    """Tell whether the event, which has a wrong check digit, became a dead letter."""
    if fact.retracted or fact.data.internal or is_accepted(record.headers):
        return False
    problems = find_digit_problems(fact.data, free_names=True)
    reason = "; ".join(f"{field} {problem.message}" for field, problem in problems)
    part.dead_letters.append(
        dead_letters.from_record(
            record,
            part,
            code=DigitCode.CHECK_DIGIT,
            reason=f"{reason}. Send it again with the right number and an id of its own; or, if "
            "that is its number, replay this dead letter",
        )
    )
    return True


def _end_segment(part: PartitionBatch, record: Any, tick: Fact, rules: TimeRules) -> None:
    """End the segment with the tick, if that is believed."""
    at = tick.data.clock_reading()
    assert at is not None, tick.type
    stamped_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
    resets = tick.data.resets_clock
    if not resets and (doubt := rules.doubt_tick(at, record, stamped_at, tick.source)):
        part.dead_letters.append(
            dead_letters.from_record(record, part, code=TimeCode.CLOCK_IMPLAUSIBLE, reason=doubt)
        )
        return
    part.segments[-1].tick_at = at
    part.segments[-1].tick_offset = record.offset
    part.segments[-1].resets = resets
    part.segments.append(TickSegment())


def _add_each(
    part: PartitionBatch,
    offset: int,
    kind: AggregateKind,
    facts: Sequence[FactWithJson],
    columns: bytes | None,
) -> None:
    """Add the facts that one record stands for, each with its JSON; `columns` are the record's."""
    instants = columns and columns.split(b"\t", 5)[5]
    for fact, data_json in facts:
        own_columns = instants and columns_of(fact, instants)
        incoming = _incoming_fact(part, offset, fact, kind, data_json, own_columns)
        part.segments[-1].facts.setdefault((kind, fact.key), []).append(incoming)


def _incoming_fact(
    part: PartitionBatch,
    offset: int,
    fact: Fact,
    kind: AggregateKind,
    data_json: bytes,
    columns: bytes | None,
) -> IncomingFact:
    digest = fact_digest(fact, kind)
    fact_id = digest.hex()
    position = (part.topic, part.partition, offset)
    return IncomingFact(
        fact_id,
        fact,
        _PREFIX.unpack_from(digest)[0],
        line_of(fact_id, fact, data_json, position, kind=kind, columns=columns),
        offset,
    )


def _decode_dead_letters(part: PartitionBatch, records: Sequence[Any]) -> None:
    for record in records:
        part.oldest_ms = min(part.oldest_ms, record.timestamp)
        if row := dead_letters.from_producer(record, part):
            part.dead_letters.append(row)


def _decode_captures(part: PartitionBatch, records: Sequence[Any]) -> None:
    for record in records:
        part.oldest_ms = min(part.oldest_ms, record.timestamp)
        try:
            event = decode_captured(record)
        except Undecodable as error:
            part.dead_letters.append(_dead_letter_of(record, part, error))
        else:
            position = LogPosition(part.topic, part.partition, record.offset)
            part.captures.append(StoredCapture(event, position))


_WITHOUT_FACTS = {
    CAPTURE_TOPIC: _decode_captures,
    DEAD_LETTER_TOPIC: _decode_dead_letters,
}
