"""State of a container as the hub sees it."""

from datetime import datetime

import msgspec

from groupage.domain.events.base import Dimensions
from groupage.domain.events.consolidation import ContainerSnapshot
from groupage.domain.state.base import State
from groupage.domain.states import ContainerStatus


class ContainerState(State, kw_only=True, omit_defaults=True):
    """State of a container; foreign logs fill in only some fields."""

    status: ContainerStatus = ContainerStatus.NEW
    status_at: datetime | None = None
    iso_type: str = ""
    tare_g: int = 0
    max_gross_g: int = 0
    inside: Dimensions | None = None
    """Its own inner size; None: the planner uses the ISO minimum of its type."""
    door_width_mm: int | None = None
    door_height_mm: int | None = None
    carrier_booking_id: str = ""
    consolidation_id: str = ""
    """The consolidation that an event last named for it."""
    location: str = ""
    last_move: str = ""
    """How it came to its location: a `ContainerMove`, if the sender says that."""
    moved_by: str = ""
    """The voyage number or IMO number of the ship at its last move, if the sender gives one."""
    fit: bool | None = None
    """None: not inspected."""
    inspected_at: datetime | None = None
    defects: str = ""
    seal_no: str = ""
    sealed_at: datetime | None = None
    seals: list[str] = msgspec.field(default_factory=list)
    """The numbers of all its seals, oldest first."""
    vgm_g: int | None = None
    vgm_method: str = ""
    vgm_at: datetime | None = None
    weighed_g: int | None = None
    """By the yard scale."""
    picked_up_at: datetime | None = None
    gated_in_at: datetime | None = None
    gated_out_at: datetime | None = None
    on_board_at: datetime | None = None
    voyage_id: str = ""
    reschedules: int = 0
    earlier_uses: dict[str, ContainerSnapshot] = msgspec.field(default_factory=dict)
    """By consolidation: how each earlier use ended."""
