"""What all events share."""

import pytest

from groupage.domain.catalogue import EVENTS
from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitEvent, UnitReceived


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_key_and_subject_are_the_fields_that_the_class_names(event: type[Event]) -> None:
    """Also where a class inherits the one and names the other."""
    assert event.subject is getattr(event, event.subject_field or event.key_field)
    if not issubclass(event, UnitEvent):
        assert event.key is getattr(event, event.key_field)


def test_a_units_key_is_its_consignment_when_that_is_known() -> None:
    """Its subject is the unit either way."""
    known = UnitReceived(unit_id="U", consignment_id="C")
    unknown = UnitReceived(unit_id="U")
    assert (known.key, known.owner_kind, known.subject) == ("C", "consignment", "U")
    assert (unknown.key, unknown.owner_kind, unknown.subject) == ("U", "unit", "U")
