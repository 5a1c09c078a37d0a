"""All events and commands by name.

Decoders, schemas, topics' documents and handler tables are made from this list.
"""

from types import ModuleType

from groupage.domain import commands
from groupage.domain.events import (
    alerts,
    clock,
    consignment,
    consolidation,
    customs,
    equipment,
    planning,
    policy,
    schedule,
    steering,
    unit,
)
from groupage.domain.events.base import Event


def _event_classes(module: ModuleType) -> list[type[Event]]:
    return [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Event)
        and member.__module__ == module.__name__
        and "name" in vars(member)
    ]


_MODULES = (
    consignment,
    unit,
    equipment,
    customs,
    schedule,
    consolidation,
    planning,
    steering,
    alerts,
    clock,
    policy,
    commands,
)
EVENTS: dict[str, type[Event]] = {
    event.name: event for module in _MODULES for event in _event_classes(module)
}
"""Event class by name, ``unit.received``."""
