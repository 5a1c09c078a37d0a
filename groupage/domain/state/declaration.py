"""State of a customs declaration."""

from datetime import datetime

from groupage.domain.events.base import Money
from groupage.domain.state.base import State
from groupage.domain.states import CustomsStatus


class DeclarationState(State, kw_only=True, omit_defaults=True):
    """State of a declaration: its status, and the consignments that it covers."""

    status: CustomsStatus = CustomsStatus.NONE
    status_at: datetime | None = None
    declared_at: datetime | None = None
    mode: str = ""
    consignment_ids: tuple[str, ...] = ()
    value: Money | None = None
    broker: str = ""
    slot_at: datetime | None = None
    reference: str = ""
    reason: str = ""
