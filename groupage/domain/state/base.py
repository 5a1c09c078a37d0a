"""The fields that all states share."""

from datetime import datetime

import msgspec

SortKey = tuple[datetime, int, str]
"""(occurred_at, rank of the event in the life cycle, fact id in hex): the order of the fold.

The fact id of an event with a sequence follows its sequence."""


class RejectedEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A stored fact that changed nothing, and why."""

    code: str
    """A `RejectionCode`; plain text, so that a new code does not change the form of states."""
    reason: str
    type: str
    subject: str
    at: datetime
    """When it happened."""


class State(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """State of an aggregate: a function of the set of its facts and of the clock.

    Mutable, but only its aggregate in `processors` writes to it. `gc=False`, for speed: a state
    holds values, and so is never part of a reference cycle.
    """

    key: str
    fact_count: int = 0
    """How many facts it has, rejected and corrected ones included."""
    policy_number: int = 0
    """How often the hub's policy had changed when this state was derived (`PolicyHistory`)."""
    correction_count: int = 0
    """How many of them correct or retract another."""
    awaits_target: bool = False
    """The target of a correction is missing. Any new fact may be that target: fold all again."""
    revised_series: frozenset[str] = frozenset()
    """Series of messages to it that were changed or withdrawn: fold all again at their next one."""
    last_key: SortKey | None = None
    """Sort key of the newest fact that is not order-independent."""
    changed_at: datetime | None = None
    """When the newest of its facts happened."""
    rejected: dict[str, RejectedEvent] = msgspec.field(default_factory=dict)
    """By fact id (hex)."""

    @property
    def revision(self) -> int:
        """It rises with each new fact, and with each policy that the state is derived under."""
        return self.fact_count + self.policy_number
