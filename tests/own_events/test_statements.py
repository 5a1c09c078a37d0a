"""Corrections as error declarations: a reader of the events knows what the fold knows."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from groupage.app.own_events.statements import Statement, histories, statements_of
from groupage.contracts.encoding import fact_id
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.store.facts import LogPosition, StoredFact
from processors.kernel.corrections import Entry, sift

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
NAMES = "abcdef"


def stored(offset: int, fact: Fact) -> StoredFact:
    """The fact as it lies in the table."""
    position = LogPosition("hub.unit.v1", 0, offset)
    return StoredFact(fact_id(fact).hex, "unit", fact, position, b"", fact.subject)


@st.composite
def logs(draw: st.DrawFn) -> list[StoredFact]:
    """Facts of two cartons by two sources that correct and retract one another, in any order."""
    made: list[StoredFact] = []
    seen = set()
    for offset in range(draw(st.integers(1, 14))):
        target = draw(st.none() | st.sampled_from(NAMES))
        unit_id = draw(st.sampled_from(("U1", "U2")))
        fact = Fact(
            event_id=draw(st.sampled_from(NAMES)),
            source=draw(st.sampled_from(("/wms/1", "/wms/2"))),
            key=unit_id,
            occurred_at=AT,
            recorded_at=AT + timedelta(seconds=draw(st.integers(0, 20))),
            correction_of=target,
            retracted=target is not None and draw(st.booleans()),
            data=UnitReceived(unit_id=unit_id),
        )
        if fact_id(fact) not in seen:  # the worker drops the same fact
            seen.add(fact_id(fact))
            made.append(stored(offset, fact))
    return made


def read_events(log: list[StoredFact]) -> tuple[set[str], list[list[Statement]]]:
    """What a reader of the events believes: all that it got and that was not declared an error."""
    believed: dict[tuple[str, str], str] = {}
    everything = [statements_of(history) for history in histories(log, log)]
    for statements in everything:
        for each in statements:
            name = (each.fact.fact_id, each.again)
            if each.instead is None:
                assert name not in believed, "an event has an id of its own"
                believed[name] = each.fact.fact_id
            else:
                believed.pop(name)
    return set(believed.values()), everything


@given(logs())
def test_a_reader_believes_what_counts(log: list[StoredFact]) -> None:
    """The events without those that were declared errors are the effective facts."""
    believed, _ = read_events(log)
    by_key = {each.fact.key for each in log}
    effective = {
        entry.fact_id
        for key in by_key
        for entry in sift(
            Entry(each.fact_id, each.fact) for each in log if each.fact.key == key
        ).effective
    }
    assert believed == effective


@given(logs())
def test_what_stands_in_the_place_of_an_error_is_an_event_of_the_same_step(
    log: list[StoredFact],
) -> None:
    """A corrective id that nobody ever sent would lead nowhere."""
    for statements in read_events(log)[1]:
        events = {each for each in statements if each.instead is None}
        for each in statements:
            assert set(each.instead or ()) <= events


@given(logs(), st.integers(0, 14))
def test_later_facts_change_no_earlier_statement(log: list[StoredFact], cut: int) -> None:
    """So a step may end anywhere."""
    assert read_events(log[:cut])[1] == read_events(log)[1][:cut]


def test_a_long_dispute_is_bounded() -> None:
    """A sender that corrects a fact ten thousand times does not stop all others."""
    first = Fact(
        event_id="0",
        source="/wms/1",
        key="U1",
        occurred_at=AT,
        recorded_at=AT,
        data=UnitReceived(unit_id="U1"),
    )
    log = [stored(0, first)]
    for number in range(1, 500):
        later = msgspec.structs.replace(
            first,
            event_id=str(number),
            correction_of="0",
            recorded_at=AT + timedelta(seconds=number),
        )
        log.append(stored(number, later))
    begun, ended = statements_of(log)
    assert (begun.fact, begun.instead) == (log[-1], None)
    assert (ended.fact, ended.instead) == (log[-2], (begun,))
