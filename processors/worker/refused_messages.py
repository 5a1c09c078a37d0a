"""Messages of an aggregate that no reader would accept: not published, but kept and reported.

A handler or a type that lets too much through is a program error. The message becomes a
dead letter here instead of at the other aggregate, and an alert names it.
"""

from datetime import datetime

import structlog

from groupage.contracts.attributes import ce_type
from groupage.contracts.encoding import Record, encode, fact_id
from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.contracts.undecodable import Undecodable, UndecodableCode
from groupage.domain.codes import AlertCode
from groupage.domain.fact import Fact
from groupage.domain.words import cut
from groupage.store.writers import OutboxRow, pack_headers
from processors.kernel.alerts import alert
from processors.worker.cache import CachedAggregate
from processors.worker.timers import owner_topic
from processors.worker.write_batch import WriteBatch

_COPIED_BYTES_MAX = 8_000_000
"""A larger message is not copied: the topic of the dead letters would not take it either."""

log = structlog.get_logger(__name__)


def refuse(
    writes: WriteBatch,
    cached: CachedAggregate,
    fact: Fact,
    record: Record,
    error: Undecodable,
    recorded_at: datetime,
) -> None:
    """Write a dead letter in place of the message, and raise an alert about the aggregate."""
    kind, key = cached.aggregate.kind, cached.state.key
    log.error(
        "message_refused", aggregate_kind=kind, key=key, type=fact.type, to=fact.key, reason=error
    )
    origin = owner_topic(kind).name, cached.partition
    about = {
        "dlq_id": str(fact_id(fact)),
        "dlq_code": str(UndecodableCode.BAD_DATA),
        "dlq_reason": cut(f"the hub's own message breaks its contract: {error}"),
        "dlq_source": "processors",
        "dlq_at": recorded_at.isoformat().replace("+00:00", "Z"),
        "dlq_topic": record.topic,
        "dlq_type": ce_type(fact.data),
        "dlq_event_source": fact.source,
        "dlq_event_id": fact.event_id,
        "dlq_key": fact.key,
    }
    headers = [*record.headers, *((name, text.encode()) for name, text in about.items())]
    value = record.value if len(record.value) <= _COPIED_BYTES_MAX else b""
    writes.outbox.append(
        OutboxRow(*origin, DEAD_LETTER_TOPIC, fact.key, pack_headers(headers), value)
    )
    text = f"{fact.type} for {fact.key} was not published: {error}"
    raised = alert(
        kind, cached.state, AlertCode.MESSAGE_REFUSED, text, severity="critical", part=fact.type
    )
    writes.alerts.note(raised, fact.occurred_at)
    alert_fact = Fact(
        event_id=f"{fact_id(fact)}",
        source=f"/groupage/{kind}",
        key=key,
        occurred_at=fact.occurred_at,
        recorded_at=recorded_at,
        data=raised,
        relayed_by=kind,
    )
    message = encode(alert_fact, derived=True)
    writes.outbox.append(
        OutboxRow(*origin, message.topic, key, pack_headers(message.headers), message.value)
    )
