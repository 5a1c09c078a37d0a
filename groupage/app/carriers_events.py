"""What carriers reported by DCSA Track & Trace, to be given out again as it came."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from groupage.contracts.encoding import fact_digest
from groupage.domain.fact import Fact
from groupage.store.facts import StoredFact, find_stored
from groupage.store.pool import Connection
from producers.dcsa.outgoing import instant_text
from producers.dcsa.reading import read_report
from producers.dcsa.report import SOURCE
from producers.dcsa.restated import restate
from producers.dcsa.versions import UNSTATED, FactId, read_fact_id


def is_of_carrier(fact: Fact) -> bool:
    """Tell whether a DCSA event became the fact."""
    return fact.source == SOURCE or fact.source.startswith(f"{SOURCE}/")


async def carriers_events(
    connection: Connection, stored: Sequence[StoredFact]
) -> dict[str, dict[str, Any]]:
    """Return the events of carriers' facts by the ids of these.

    A withdrawal by a newer version has none, for the version itself follows; a retraction has the
    content of the event that it retracts.
    """
    parts = {each.fact_id: read_fact_id(each.fact.event_id) for each in stored}
    targets = {
        each.fact_id: _target_of(each)
        for each in stored
        if each.fact.retracted and (found := parts[each.fact_id]) and found.retracted_at is not None
    }
    found_targets = await find_stored(connection, list(targets.values())) if targets else ()
    originals = {each.fact_id: each.fact.original for each in found_targets}
    events = {}
    for each in stored:
        part, original = parts[each.fact_id], each.fact.original
        if target := targets.get(each.fact_id):
            original = originals.get(target[2].hex)
        if part is None or original is None or (each.fact.retracted and target is None):
            continue
        event = _restated(original, part.event_id)
        if event is not None:
            events[each.fact_id] = event if target is None else _retraction(event, each, part)
    return events


def _restated(original: bytes, event_id: str) -> dict[str, Any] | None:
    """Restate an original; None: whoever sent the fact put something else there."""
    try:
        event = msgspec.json.decode(original)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    report, _ = read_report(event, "")
    return None if report is None else restate(event, event_id=event_id)


def _target_of(stored: StoredFact) -> tuple[Any, str, UUID]:
    """Return kind, key and fact id of what a fact retracts."""
    fact = stored.fact
    target = msgspec.structs.replace(fact, event_id=fact.correction_of or "")
    return stored.kind, fact.key, UUID(hex=fact_digest(target, stored.kind).hex())


def _retraction(event: dict[str, Any], stored: StoredFact, part: FactId) -> dict[str, Any]:
    at = part.retracted_at
    if at is None or at == UNSTATED:
        at = instant_text(stored.fact.recorded_at)
    return event | {"eventUpdatedDateTime": at, "isRetracted": True}
