"""Query columns: the values by which people filter and sort states, stored beside the JSON.

One class per aggregate kind, one field per column of the kind's table: the aggregate fills it in,
the store derives names and SQL types from it (text, boolean, bigint, timestamptz; `| None`: the
column may be null). A column that is added, removed or retyped needs a migration.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from groupage.domain.events.base import AggregateKind


class ConsignmentColumns(NamedTuple):
    """Of table `consignment`."""

    status: str
    customs: str
    blocked: bool
    lane_id: str
    shipper: str
    consignee: str
    mode: str
    consolidation_id: str | None
    voyage_id: str | None
    pieces: int
    received_pieces: int
    measured_pieces: int
    loaded_pieces: int
    volume_cm3: int
    gross_g: int


class UnitColumns(NamedTuple):
    """Of table `unit`."""

    status: str
    owner_id: str | None
    parent_id: str | None
    location: str


class ContainerColumns(NamedTuple):
    """Of table `container`."""

    status: str
    iso_type: str
    consolidation_id: str | None
    seal_no: str
    vgm_g: int | None


class DeclarationColumns(NamedTuple):
    """Of table `declaration`."""

    status: str
    mode: str


class VoyageColumns(NamedTuple):
    """Of table `voyage`."""

    status: str
    lane_id: str
    etd_at: datetime | None
    lco_at: datetime | None
    """DCSA's LCO: the latest arrival of cargo at the port."""


class ConsolidationColumns(NamedTuple):
    """Of table `consolidation`."""

    status: str
    lane_id: str
    voyage_id: str
    iso_type: str
    equipment_ref: str
    members: int
    planned_volume_cm3: int
    loaded_volume_cm3: int
    gross_g: int
    next_cutoff: str
    """DCSA code of the next deadline ahead; empty: none."""
    next_cutoff_at: datetime | None
    departed_at: datetime | None


class LaneColumns(NamedTuple):
    """Of table `lane`."""

    published_plan_id: str | None
    sequence: int


class NoColumns(NamedTuple):
    """Of tables whose states are only read by key."""


QueryColumns: TypeAlias = (
    ConsignmentColumns
    | UnitColumns
    | ContainerColumns
    | DeclarationColumns
    | VoyageColumns
    | ConsolidationColumns
    | LaneColumns
    | NoColumns
)
"""The query columns of one state."""

QUERY_COLUMNS: Mapping[AggregateKind, Any] = MappingProxyType(
    {
        "consignment": ConsignmentColumns,
        "unit": UnitColumns,
        "container": ContainerColumns,
        "visit": NoColumns,
        "declaration": DeclarationColumns,
        "voyage": VoyageColumns,
        "consolidation": ConsolidationColumns,
        "lane": LaneColumns,
        "command": NoColumns,
    }
)
"""The class of each aggregate kind that has a table of states."""
