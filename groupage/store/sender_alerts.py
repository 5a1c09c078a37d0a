"""Alerts about senders of wrong times: raised with their first dead letter, cleared with the last.

A dead letter that was replayed in vain does not count: its record has become a newer one.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b

from groupage.contracts.encoding import encode
from groupage.domain.codes import TimeCode
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.sender_alerts import CLOCK_ID, sender_alert, sender_alert_id
from groupage.store import alerts, writers
from groupage.store.pool import Connection
from groupage.store.writers import DeadLetterRow, OutboxRow, pack_headers

TIME_CODES = frozenset(map(str, TimeCode))


async def new_alerts(
    connection: Connection, rows: Iterable[DeadLetterRow]
) -> list[tuple[AlertRaised, DeadLetterRow]]:
    """Return an alert for each sender of a wrong time about whom none is open."""
    by_id: dict[str, tuple[AlertRaised, DeadLetterRow]] = {}
    for row in rows:
        if row.code in TIME_CODES:
            raised = sender_alert(TimeCode(row.code), row.source, row.reason)  # type: ignore[call-arg]
            by_id.setdefault(raised.alert_id, (raised, row))
    if by_id:
        for alert in await alerts.open_alerts(connection, "clock", [CLOCK_ID]):
            by_id.pop(alert.alert_id, None)
    return list(by_id.values())


async def clear_ended(connection: Connection, topic: str, partition: int) -> None:
    """Clear the alerts whose dead letters are all settled.

    The worker that holds the partition publishes that. In the caller's transaction.
    """
    opened = await alerts.open_alerts(connection, "clock", [CLOCK_ID])
    if not opened:
        return
    rows = await connection.fetch(
        "select distinct code, source from dead_letter "
        "where code = any($1::text[]) and settled_at is null and replayed_at is null",
        sorted(TIME_CODES),
    )
    standing = {sender_alert_id(row[0], row[1]) for row in rows}
    for alert in opened:
        cleared = alert.event.withdrawal()
        if alert.alert_id not in standing and cleared is not None:
            now = datetime.now(UTC)
            await writers.clear_alerts(connection, [(alert.alert_id, now)])
            message = alert_message(cleared, now, f"{alert.alert_id}{now}", topic, partition)
            await writers.insert_outbox(connection, [message])


def alert_message(event: Event, at: datetime, unique: str, topic: str, partition: int) -> OutboxRow:
    """Return an event about such an alert as a message of that partition."""
    fact = Fact(
        event_id=blake2b(f"{unique}\0{event.name}".encode(), digest_size=16).hexdigest(),
        source="/groupage/clock",
        key=event.key,
        occurred_at=at,
        recorded_at=datetime.now(UTC),
        data=event,
        relayed_by="clock",
    )
    record = encode(fact, derived=True)
    return OutboxRow(
        origin_topic=topic,
        origin_partition=partition,
        topic=record.topic,
        key=fact.key,
        headers=pack_headers(record.headers),
        value=record.value,
    )
