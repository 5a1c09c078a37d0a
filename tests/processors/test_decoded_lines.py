"""The lines for COPY that decoding makes of a record's own bytes say what the facts say."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from groupage.contracts.encoding import encode, fact_id
from groupage.contracts.signing import HubKey, Trust
from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitAnnounced, UnitReceived
from groupage.domain.fact import Fact
from groupage.store.facts import COLUMNS, data_json_of
from processors.worker.batch import PartitionBatch
from processors.worker.decoding import decode_into
from processors.worker.plausibility import DEFAULT_RULES

AT = datetime(2026, 3, 1, 8, 0, 0, 500, tzinfo=UTC)
HUB_KEY = HubKey(("secret" * 6,))
ANNOUNCED = UnitAnnounced(
    unit_id="106141412345678908", owner_id="CN-1", announced_at=AT, others=("U-2", "义乌-3")
)
EVENTS: dict[str, tuple[Event, int]] = {
    "plain": (UnitReceived(unit_id="106141412345678908", consignment_id="CN-1"), 1),
    "as a scanner reads it": (UnitReceived(unit_id="(00)106141412345678908"), 1),
    "with an escape": (UnitReceived(unit_id="U-1", consignment_id="CN-1", dock="a\tb"), 1),
    "of several units": (ANNOUNCED, 3),
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_line_says_what_its_fact_says(name: str) -> None:
    """Also of facts that differ from their record: with other ids, or one of several."""
    event, count = EVENTS[name]
    relayed_by = "consignment" if event.internal else None
    fact = Fact(
        event_id="e1",
        source="/wms",
        key=event.key,
        occurred_at=AT,
        recorded_at=AT,
        data=event,
        relayed_by=relayed_by,
    )
    record = encode(fact, derived=True)
    part = PartitionBatch(record.topic, 3)
    headers = HUB_KEY.sign(record.topic, record.headers, record.value)
    kafka_record = SimpleNamespace(
        headers=headers if event.internal else record.headers,
        key=record.key,
        value=record.value,
        offset=7,
        timestamp=int(AT.timestamp() * 1_000),
    )
    decode_into(part, [kafka_record], Trust(HUB_KEY), DEFAULT_RULES)
    assert part.dead_letters == []
    ((_, incoming_facts), *others) = part.segments[0].facts.items()
    incoming_facts = [*incoming_facts, *(each for _, more in others for each in more)]
    assert len(incoming_facts) == count
    for incoming in incoming_facts:
        decoded = incoming.fact
        assert incoming.fact_id == fact_id(decoded).hex
        assert incoming.id_prefix == fact_id(decoded).int >> 64
        values = dict(zip(COLUMNS, incoming.copy_line.decode()[:-1].split("\t"), strict=True))
        instants = [
            datetime.fromisoformat(values.pop(f"{each}_at")) for each in ("occurred", "recorded")
        ]
        assert instants == [decoded.occurred_at, decoded.recorded_at]
        assert b"unit_id" in data_json_of(incoming.copy_line)
        del values["data"]
        assert values == {
            "fact_id": incoming.fact_id,
            "kind": decoded.data.aggregate_kind,
            "topic": record.topic,
            "partition": "3",
            "record_offset": "7",
            "key": decoded.key,
            "subject": decoded.subject,
            "type": decoded.type,
            "source": "/wms",
            "event_id": decoded.event_id,
            "classifier": "ACT",
            "correction_of": "\\N",
            "retracted": "f",
            "relayed_by": relayed_by or "\\N",
            "traceparent": "\\N",
            "original": "\\N",
        }
