"""DCSA events as they arrive one by one, and the states of what they are about."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from groupage.contracts.encoding import fact_id
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.state.container import ContainerState
from groupage.domain.state.voyage import VoyageState
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry
from processors.kernel.fold import fold
from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.references import References
from producers.entries import Accepted
from producers.entries import Entry as Result
from tests.producers.dcsa_events import CONTAINER, NOW, NUMBER, VOYAGE, hub_facts

LEG = {"number": NUMBER, "service": "FE4", "mode": "VESSEL"}
AGGREGATES = all_aggregates(Policy())


def results_of(events: Iterable[dict[str, Any]], known: Iterable[Fact]) -> list[Result]:
    """The results of events that arrive one by one at a hub with these facts."""
    references = References()
    for fact in known:
        references.note(fact)
    results: list[Result] = []
    for number, event in enumerate(events):
        bundle = read_bundle(json.dumps([event]).encode())
        recorded_at = NOW + timedelta(minutes=number)
        results += entries_of(bundle, references, recorded_at=recorded_at, found_by="test")
    return results


def facts_of(*events: dict[str, Any]) -> list[Fact]:
    """The facts of the hub and of the carrier's events, all of which are accepted."""
    facts = hub_facts()
    for entry in results_of(events, facts):
        assert isinstance(entry, Accepted), entry
        facts += entry.facts
    return facts


def state_after(facts: Iterable[Fact], kind: AggregateKind, key: str) -> Any:
    """The state of an aggregate after facts, each of which counts once."""
    entries = {
        fact_id(fact): Entry(fact_id(fact).hex, fact)
        for fact in reversed(list(facts))
        if (fact.data.kind, fact.key) == (kind, key)
    }
    return fold(AGGREGATES[kind], key, entries.values())


def voyage_after(facts: Iterable[Fact]) -> VoyageState:
    """The state of the voyage."""
    state = state_after(facts, "voyage", VOYAGE)
    assert isinstance(state, VoyageState)
    return state


def container_after(facts: Iterable[Fact], ref: str = CONTAINER) -> ContainerState:
    """The state of a container."""
    state = state_after(facts, "container", ref)
    assert isinstance(state, ContainerState)
    return state
