"""State of a unit under its own key: not announced yet, or known only from foreign data."""

from datetime import datetime

import msgspec

from groupage.domain.state.base import State
from groupage.domain.state.consignment import CartonMeasures


class WaitingFact(msgspec.Struct, kw_only=True, array_like=True):
    """A stored fact that the consignment must get."""

    at: datetime
    fact_id: str
    type: str
    effective: bool = True
    """No other fact corrects or retracts it, and it retracts none."""
    corrects: str = ""
    """Fact id of the one that it corrects or retracts; empty: none."""


class Claim(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """The claim of a consignment to the unit."""

    announced_at: datetime
    revision: int
    """Revision of the consignment."""
    ended: bool = False
    ended_at: datetime | None = None
    missing: bool = False
    """The receipt of the consignment was completed without the unit."""
    withdrawn: bool = False
    """It never had one: kept because an older message may still arrive."""


class InheritedClaim(msgspec.Struct, frozen=True, array_like=True):
    """The claim of a consignment to a unit that was repacked into this one."""

    announced_at: datetime
    """When it claimed that unit: the newest claim wins."""
    owner_id: str
    repacked_at: datetime
    ended_at: datetime | None = None


class UnitState(State, kw_only=True, omit_defaults=True):
    """State of a unit under its own key."""

    status: str = "KNOWN"
    """KNOWN, RECEIVED, MEASURED, STORED, STAGED, PACKED, LOADED, SHIPPED or CEASED (repacked)."""
    owner_id: str = ""
    """Its consignment, once announced: the unit forwards its facts to it, and some to those that
    owned it before."""
    announced_at: datetime | None = None
    claims: dict[str, Claim] = msgspec.field(default_factory=dict)
    """By consignment; ended claims as well."""
    inherited_claims: list[InheritedClaim] = msgspec.field(default_factory=list)
    """Claims to the units that were repacked into this one, oldest first; ended claims as well."""
    parent_id: str = ""
    """The unit or container that holds it directly."""
    parent_at: datetime | None = None
    location: str = ""
    condition: str = ""
    measured: CartonMeasures | None = None
    received_at: datetime | None = None
    shipped_at: datetime | None = None
    repacked_from: tuple[str, ...] = ()
    """Units that were repacked into this one."""
    repacked_into: tuple[str, ...] = ()
    """Units that this one was repacked into."""
    ceased_at: datetime | None = None
    """When it was repacked into them."""
    repack: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Inputs and outputs of the repack that made it."""
    repacked_at: datetime | None = None
    waiting_facts: list[WaitingFact] = msgspec.field(default_factory=list)
    """Facts for the consignment, oldest first."""
