"""The results of DCSA events that a test sends to a hub."""

import json

from groupage.contracts.encoding import encode
from groupage.domain.fact import Fact
from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.references import References
from producers.dead_letters import QuarantineCode as Code
from producers.entries import Accepted, Entry, Quarantined
from producers.screening import CheckDigitRules
from tests.producers.dcsa_events import (
    NOW,
    NUMBER,
    known_hub,
)

CFS = "CONTAINER_FREIGHT_STATION"


LEG = {"number": NUMBER, "service": "FE4", "mode": "VESSEL"}


def take(
    *events: object, hub: References | None = None, containers: str = "quarantine"
) -> list[Entry]:
    """The entries of a bundle of events."""
    bundle = read_bundle(json.dumps(events).encode())
    rules = CheckDigitRules(containers=containers, units="warn")  # type: ignore[arg-type]
    hub = known_hub() if hub is None else hub
    return list(entries_of(bundle, hub, recorded_at=NOW, found_by="test", rules=rules))


def facts_of(*events: object, hub: References | None = None) -> list[Fact]:
    """The facts of events that are all accepted."""
    entries = take(*events, hub=hub)
    assert all(isinstance(entry, Accepted) for entry in entries), entries
    facts = [fact for entry in entries for fact in entry.facts]  # type: ignore[union-attr]
    for fact in facts:
        encode(fact)
    return facts


def dead_letter_of(*events: object, hub: References | None = None) -> tuple[Code, str]:
    """Code and reason of the last event's dead letter."""
    entry = take(*events, hub=hub)[-1]
    assert isinstance(entry, Quarantined), entry
    return entry.dead_letter.code, entry.dead_letter.reason
