"""Rules that hold for every event class."""

from datetime import UTC, datetime

import msgspec
import pytest

from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitAnnounced, UnitEvent, UnitReceived
from groupage.domain.fact import Fact

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_key_and_subject_are_the_fields_that_the_class_names(event: type[Event]) -> None:
    """Also where a class inherits the first and sets the second."""
    assert event.subject is getattr(event, event.subject_field or event.key_field)
    if not issubclass(event, UnitEvent):
        assert event.key is getattr(event, event.key_field)


def test_a_units_key_is_its_consignment_when_that_is_known() -> None:
    """Its subject is the unit either way."""
    known = UnitReceived(unit_id="U", consignment_id="C")
    unknown = UnitReceived(unit_id="U")
    assert (known.key, known.aggregate_kind, known.subject) == ("C", "consignment", "U")
    assert (unknown.key, unknown.aggregate_kind, unknown.subject) == ("U", "unit", "U")


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_event_has_its_meaning_in_one_line(event: type[Event]) -> None:
    """The first line of its own docstring, for the documents; not that of its base class."""
    assert "__doc__" in vars(event)
    assert event.meaning()
    assert event.meaning().endswith(".")


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_an_event_that_fans_out_says_so_and_says_how(event: type[Event]) -> None:
    """The worker asks `fans_out` first and calls `fan_out` only then."""
    assert event.fans_out is (event.fan_out is not Event.fan_out)


def test_an_announcement_of_several_units_is_a_fact_of_each() -> None:
    """Under the unit's own key, with an id of its own; all else stays."""
    announced = UnitAnnounced(unit_id="U1", owner_id="C", announced_at=AT, others=("U2", "U3"))
    fact = _fact(announced)
    facts = fact.fan_out()
    assert [(f.event_id, f.key, f.subject) for f in facts] == [
        ("e/U1", "U1", "U1"),
        ("e/U2", "U2", "U2"),
        ("e/U3", "U3", "U3"),
    ]
    for each in facts:
        alone = msgspec.structs.replace(announced, unit_id=each.key, others=())
        assert each == msgspec.structs.replace(
            fact, event_id=each.event_id, key=each.key, data=alone
        )


def test_a_fact_of_a_single_aggregate_stands_for_itself() -> None:
    """Also an announcement of a single unit, whose id stays as it is."""
    for event in (
        UnitAnnounced(unit_id="U1", owner_id="C", announced_at=AT),
        UnitReceived(unit_id="U1"),
    ):
        fact = _fact(event)
        assert fact.fan_out() == (fact,)
        assert event.fan_out() == (event,)


def _fact(event: Event) -> Fact:
    return Fact(
        event_id="e", source="/s", key=event.key, occurred_at=AT, recorded_at=AT, data=event
    )
