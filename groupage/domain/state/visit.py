"""State of a truck's visit at a dock."""

from datetime import datetime

from groupage.domain.state.base import State


class VisitState(State, kw_only=True, omit_defaults=True):
    """The truck that came, when, and with the cargo of which consignments."""

    plate: str = ""
    dock: str = ""
    arrived_at: datetime | None = None
    consignment_ids: tuple[str, ...] = ()
