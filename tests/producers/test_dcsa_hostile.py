"""Random and mutated DCSA documents: a clear result for each event, and never a traceback."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.contracts.encoding import encode
from groupage.domain.errors import InvalidInput
from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.vocabulary import SUBTYPES
from producers.entries import Accepted, Entry, Quarantined
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    NOW,
    NUMBER,
    dcsa_event,
    known_hub,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
EVENTS = st.builds(
    lambda dialect, pair, details, at: dcsa_event(dialect, *pair, at=at, **details),
    st.sampled_from(DIALECTS),
    st.sampled_from([(kind, word) for kind, all_ in SUBTYPES.items() for word in all_.words]),
    st.fixed_dictionaries(
        {},
        optional={
            "container": st.sampled_from([CONTAINER, "X", "csqu 305438-3"]) | st.text(max_size=12),
            "locode": st.sampled_from(["CNNGB", "NLRTM", "SGSIN", "cnnbo"]) | st.text(max_size=6),
            "booking": st.just(BOOKING) | st.text(max_size=12),
            "number": st.just(NUMBER) | st.text(max_size=8),
            "mode": st.sampled_from(["VESSEL", "RAIL", "BARGE", ""]),
            "seals": st.lists(st.tuples(st.text(max_size=9), st.just("CARRIER")), max_size=3),
            "reason": st.text(max_size=30),
            "forwarder": st.text(max_size=9).map("urn:groupage:consignment:".__add__),
            "document": st.tuples(st.sampled_from(["BOOKING", "INVOICE"]), st.text(max_size=9)),
        },
    ),
    st.sampled_from(["2026-03-05T12:00:00Z", "2026-03-05T24:00:00+08:00", "0000-00-00", ""]),
)


def results(document: bytes) -> list[Entry]:
    """The results; each accepted fact can be published, each dead letter as well."""
    entries = list(entries_of(read_bundle(document), known_hub(), recorded_at=NOW, found_by="test"))
    for entry in entries:
        if isinstance(entry, Accepted):
            for fact in entry.facts:
                encode(fact)
        elif isinstance(entry, Quarantined):
            entry.dead_letter.record()
        else:
            assert all(problem.message for problem in entry.problems)
    return entries


def mutated(event: dict[str, Any], path: list[int], value: object) -> dict[str, Any]:
    """The event with another value somewhere."""
    copy: dict[str, Any] = json.loads(json.dumps(event))
    node: Any = copy
    for number, step in enumerate(path):
        names = sorted(node) if isinstance(node, dict) else list(range(len(node)))
        if not names:
            break
        name = names[step % len(names)]
        if number == len(path) - 1 or not isinstance(node[name], dict | list):
            node[name] = value
            break
        node = node[name]
    return copy


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300, deadline=None)
def test_any_bytes(document: bytes) -> None:
    """They are refused with a sentence, or each event has a result."""
    with suppress(InvalidInput):
        results(document)


@given(st.lists(EVENTS, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_event_of_the_vocabulary(events: list[dict[str, Any]]) -> None:
    """As many results as events, in every dialect."""
    assert len(results(json.dumps(events).encode())) == len(events)


@given(EVENTS, st.lists(st.integers(0, 40), min_size=1, max_size=5), JSON)
@settings(max_examples=500, deadline=None)
def test_mutated_events(event: dict[str, Any], path: list[int], value: object) -> None:
    """Another value at any place, of any type."""
    results(json.dumps({"events": [mutated(event, path, value)]}).encode())
