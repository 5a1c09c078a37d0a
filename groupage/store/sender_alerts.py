"""Alerts about senders of dead letters: raised with the first, cleared with the last.

They follow from the open dead letters, in the transaction that adds or settles some. A dead letter
that was replayed in vain does not count: its record has become a newer one.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

from groupage.contracts.encoding import encode
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.sender_alerts import (
    CLOCK_ID,
    COUNTED_MAX,
    SENDER_SEVERITIES,
    SENDERS_MAX,
    dead_letter_alert,
    other_senders_alert,
    sender_alert_id,
)
from groupage.store import alerts
from groupage.store.alerts import AlertChanges, OpenAlert
from groupage.store.pool import Connection
from groupage.store.writers import OutboxRow, insert_outbox, pack_headers

_OPEN = "settled_at is null and replayed_at is null"
# `left(source, 200)` is what the index has: a source may be longer than an index entry.
_OF_SENDER = f"code = $1 and left(source, 200) = left($2, 200) and source = $2 and {_OPEN}"
_COUNT = f"select count(*) from (select from dead_letter where {_OF_SENDER} limit $3) as counted"  # noqa: S608 - our texts
_LATEST = f"select reason, at from dead_letter where {_OF_SENDER} order by at desc limit 1"  # noqa: S608 - as above
_SENDERS = f"select distinct code, source from dead_letter where code = any($1) and {_OPEN}"  # noqa: S608 - as above


class Sender(NamedTuple):
    """Whose dead letters of one code share an alert."""

    code: str
    source: str


async def renew_alerts(
    connection: Connection, changes: Mapping[Sender, int], *, topic: str, partition: int
) -> None:
    """Raise, renew or clear the alerts about these senders; call it last in the transaction.

    `changes` has by how many the open dead letters of each have just become more, or fewer. The
    worker that holds the partition publishes what changes. A count is renewed each time it has
    doubled or halved, so a flood of records does not flood the topic.
    """
    changes = {sender: by for sender, by in changes.items() if sender.code in SENDER_SEVERITIES}
    if not changes:
        return
    # Locked: else an alert could be cleared while another worker adds a dead letter to it.
    found = await alerts.open_alerts(connection, "clock", [CLOCK_ID], lock=True)
    opened = {alert.alert_id: alert for alert in found}
    events = [
        *await _find_raised(connection, changes, opened),
        *await _find_cleared(connection, changes, opened),
    ]
    written = AlertChanges()
    for event, at in events:
        written.note(event, at)
    await alerts.write(connection, written)
    if events:
        await insert_outbox(
            connection, [alert_message(event, at, topic, partition) for event, at in events]
        )


async def _find_raised(
    connection: Connection, changes: Mapping[Sender, int], opened: Mapping[str, OpenAlert]
) -> list[tuple[Event, datetime]]:
    """Return the alerts to raise, or to raise again with another count, each with its time."""
    numbers = Counter(alert.event.code for alert in opened.values())
    raised: dict[str, tuple[Event, datetime]] = {}
    for sender, change in changes.items():
        alert_id = sender_alert_id(*sender)
        if alert_id not in opened:
            if change < 0:
                continue
            if numbers[sender.code] >= SENDERS_MAX:
                others = other_senders_alert(sender.code)
                if others.alert_id not in opened:
                    raised.setdefault(others.alert_id, (others, datetime.now(UTC)))
                continue
        count = await connection.fetchval(_COUNT, *sender, COUNTED_MAX + max(change, 0))
        if not count or (alert_id in opened and _step(count) == _step(count - change)):
            continue
        numbers[sender.code] += alert_id not in opened
        latest = await connection.fetchrow(_LATEST, *sender)
        assert latest is not None, sender
        event = dead_letter_alert(*sender, reason=latest["reason"], count=count)
        raised[alert_id] = event, latest["at"]
    return list(raised.values())


def _step(count: int) -> int:
    """Return a number that grows when the count has doubled, and last when it reaches the limit."""
    return max(0, min(count, COUNTED_MAX)).bit_length() + (count >= COUNTED_MAX)


async def _find_cleared(
    connection: Connection, changes: Mapping[Sender, int], opened: Mapping[str, OpenAlert]
) -> list[tuple[Event, datetime]]:
    """Return what clears the alerts of which no dead letter is open any more."""
    codes = {sender.code for sender, change in changes.items() if change < 0}
    candidates = [alert for alert in opened.values() if alert.event.code in codes]
    if not candidates:
        return []
    standing = await standing_alerts(connection, codes)
    for code in codes:
        others = other_senders_alert(code).alert_id
        beginning = others.rpartition("/")[0]
        if any(each not in opened for each in standing if each.rpartition("/")[0] == beginning):
            standing.add(others)
    now = datetime.now(UTC)
    return [
        (alert.event.withdrawal(), now) for alert in candidates if alert.alert_id not in standing
    ]


async def standing_alerts(
    connection: Connection, codes: Collection[str] = tuple(SENDER_SEVERITIES)
) -> set[str]:
    """Return the ids of the alerts for which dead letters are open."""
    rows = await connection.fetch(_SENDERS, sorted(codes))
    return {sender_alert_id(row[0], row[1]) for row in rows}


def alert_message(event: Event, at: datetime, topic: str, partition: int) -> OutboxRow:
    """Return an event about such an alert as a message of that partition."""
    now = datetime.now(UTC)
    unique = f"{event.subject}\0{event.name}\0{at.isoformat()}\0{now.isoformat()}"
    fact = Fact(
        event_id=blake2b(unique.encode(), digest_size=16).hexdigest(),
        source="/groupage/clock",
        key=event.key,
        occurred_at=at,
        recorded_at=now,
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
