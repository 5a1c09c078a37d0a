"""What the states of all owners share."""

from datetime import datetime

import msgspec

from groupage.domain.rejections import RejectionCode

SortKey = tuple[datetime, int, str]
"""(occurred_at, rank of the type in its lifecycle, fact id in hex): facts are folded so."""


class RejectedEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fact that is kept but changed nothing, and why."""

    code: RejectionCode
    reason: str
    type: str
    subject: str
    at: datetime
    """When it happened."""


class State(msgspec.Struct, kw_only=True, omit_defaults=True):
    """State of one owner: a function of the set of its facts and of the clock.

    Mutable: its core, and only that, writes to it.
    """

    key: str
    fact_count: int = 0
    """How many facts the owner has, refused and corrected ones included: the revision."""
    correction_count: int = 0
    """How many of them correct or retract another."""
    awaits_target: bool = False
    """A correction's target is not there: any new fact may be that, and needs all to be folded."""
    last_key: SortKey | None = None
    """Sort key of the newest fact whose place in the order matters."""
    changed_at: datetime | None = None
    """When the newest of its facts happened."""
    rejected: dict[str, RejectedEvent] = msgspec.field(default_factory=dict)
    """By fact id (hex)."""

    @property
    def revision(self) -> int:
        """The same facts, the same revision; more facts, a higher one."""
        return self.fact_count
