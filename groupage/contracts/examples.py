"""A valid example of each event, made from its types; a test decodes them all."""

from datetime import timedelta
from typing import Any

import msgspec

from groupage.contracts.encoding import envelope_json
from groupage.contracts.example_values import EXAMPLE_AT, example_of_struct
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact


def example_data(event: type[Event]) -> Event:
    """Make an event of this class with all its required fields."""
    return msgspec.convert(example_of_struct(event), event)


def example_fact(event: type[Event]) -> Fact:
    """Make the example in its envelope."""
    data = example_data(event)
    return Fact(
        event_id=f"0195-{data.name}-1",
        source="/wms/yiwu-1",
        key=data.key,
        occurred_at=EXAMPLE_AT,
        recorded_at=EXAMPLE_AT + timedelta(seconds=2),
        data=data,
    )


def example_envelope(event: type[Event]) -> dict[str, Any]:
    """Make the example as a structured CloudEvent."""
    envelope: dict[str, Any] = msgspec.json.decode(envelope_json(example_fact(event)))
    return envelope
