"""State of one truck's visit at a dock."""

from datetime import datetime

from groupage.domain.state.base import State


class VisitState(State, kw_only=True, omit_defaults=True):
    """Which truck came when, with whose cargo."""

    plate: str = ""
    dock: str = ""
    arrived_at: datetime | None = None
    consignment_ids: tuple[str, ...] = ()
