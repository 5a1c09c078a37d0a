"""Public data: GS1's examples, a packing tree, a container-logistics log."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from groupage.contracts.encoding import fact_id
from groupage.domain.errors import InvalidInput
from groupage.domain.fact import Fact
from groupage.domain.gs1 import canonical_id
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry as CoreEntry
from processors.kernel.fold import fold
from producers.entries import Accepted, Entry, Quarantined, Summary, summarize
from producers.epcis.documents import read_document
from producers.epcis.importing import entries_of as epcis_entries
from producers.ocel.importing import Count
from producers.ocel.importing import entries_of as ocel_entries

NOW = datetime(2026, 3, 2, tzinfo=UTC)
pytestmark = pytest.mark.slow


def _epcis(file: Path) -> list[Entry]:
    document = read_document(file.read_bytes())
    assert document.problems == ()
    return list(epcis_entries(document, recorded_at=NOW, found_by="test"))


def _states(entries: list[Entry]) -> dict[tuple[str, str], Any]:
    facts: dict[tuple[str, str], list[Fact]] = {}
    for entry in entries:
        if isinstance(entry, Accepted):
            for fact in entry.facts:
                facts.setdefault((fact.data.aggregate_kind, fact.key), []).append(fact)
    aggregates = all_aggregates(Policy())
    return {
        (kind, key): fold(
            aggregates[kind],  # type: ignore[index]
            key,
            [CoreEntry(fact_id(fact).hex, fact) for fact in of_owner],
            clock_at=None,
        )
        for (kind, key), of_owner in facts.items()
    }


def test_gs1_examples_are_mapped_or_put_aside(foreign_data: Path) -> None:
    """46 of 47 documents go through, every event with facts or a reason; one has two ids."""
    files = sorted((foreign_data / "epcis" / "gs1-json").rglob("*.jsonld"))
    total, ambiguous = Summary(), []
    for file in files:
        try:
            entries = _epcis(file)
        except InvalidInput as error:
            ambiguous.append(str(error))
            continue
        events = read_document(file.read_bytes()).events
        for entry, raw in zip(entries, events, strict=True):
            total.count(entry)
            assert isinstance(entry, Accepted | Quarantined), (file.name, entry)
            assert entry.captured is not None
            assert entry.captured.body == bytes(raw)
    assert len(files) == 47
    assert len(ambiguous) == 1
    assert "the key 'eventID' comes twice" in ambiguous[0]
    assert 'with the values "ni:///sha-256;fec9' in ambiguous[0]
    assert ' and "urn:uuid:fd338495-0e6d-41dd-afee-a862ecd32518"; ' in ambiguous[0]
    assert (total.read, total.rejected) == (55, 0)
    assert total.accepted + total.quarantined == total.read
    assert sum(total.reasons.values()) == total.quarantined


def test_each_child_ends_at_its_final_parent(foreign_data: Path) -> None:
    """The unit aggregate puts all 200 children into the parent of their latest aggregation."""
    file = foreign_data / "epcis" / "packing-hierarchy-932-events.json"
    latest: dict[str, tuple[datetime, str]] = {}
    for event in msgspec.json.decode(file.read_bytes())["epcisBody"]["eventList"]:
        for child in event.get("childEPCs", []):
            at = datetime.fromisoformat(event["eventTime"])
            if child not in latest or at > latest[child][0]:
                latest[child] = (at, event["parentID"])
    entries = _epcis(file)
    states = _states(entries)
    summary = summarize(entries)
    assert (summary.read, summary.accepted) == (932, 932)
    assert len(latest) == 200
    for child, (_, parent) in latest.items():
        assert states["unit", canonical_id(child)].parent_id == canonical_id(parent)


def test_the_log_is_accounted_for_to_its_last_event(foreign_data: Path) -> None:
    """35,413 events: 41 without objects are quarantined, no aggregate rejects the others."""
    file = foreign_data / "ocel" / "container-logistics.csv"
    count, entries = Count(), list(ocel_entries(file, recorded_at=NOW))
    for entry in entries:
        count.add(entry)
    summary = summarize(entries)
    assert (summary.read, summary.accepted, summary.rejected) == (35_413, 35_372, 0)
    assert summary.reasons == {"no_object": 41}
    assert count.as_json() == {
        "containers": 1_999,
        "handling_units": 10_553,
        "loaded": 1_966,
        "rollovers": 36,
        "departures": 127,
        "objectless": 41,
    }
    states = _states(entries)
    by_kind: dict[str, int] = {}
    for kind, _ in states:
        by_kind[kind] = by_kind.get(kind, 0) + 1
    assert by_kind == {"unit": 10_553, "container": 1_999, "consignment": 600, "voyage": 127}
    assert all(not state.rejected for state in states.values())
    on_board = [state for (kind, _), state in states.items() if kind == "container"]
    assert sum(state.status == "ON_BOARD" for state in on_board) == 1_966
