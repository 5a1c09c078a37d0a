"""State of the command router, one for each id that commands name."""

from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.state.base import State


class RoutedCommand(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A command, and the event that the router made of it."""

    type: str
    by: str
    at: datetime
    fact_id: str
    reason: str = ""
    event_type: str = ""
    """Name of that event."""
    event_fields: dict[str, Any] = msgspec.field(default_factory=dict)
    """Its fields."""


class CommandState(State, kw_only=True, omit_defaults=True):
    """Commands by id, the newest 200."""

    commands: dict[str, RoutedCommand] = msgspec.field(default_factory=dict)
