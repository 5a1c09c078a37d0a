"""State of the command router, one for each key that commands name."""

from datetime import datetime

import msgspec

from groupage.domain.state.base import State


class Routed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A command that was handed to its owner."""

    type: str
    by: str
    at: datetime
    fact_id: str
    reason: str = ""


class CommandState(State, kw_only=True, omit_defaults=True):
    """Commands by id, the newest 200."""

    commands: dict[str, Routed] = msgspec.field(default_factory=dict)
