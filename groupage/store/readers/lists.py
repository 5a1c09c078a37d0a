"""Lists of consignments, consolidations, containers, plans and alerts.

A filter that is None does not apply.
"""

from typing import Annotated

import msgspec

from groupage.domain.containers import SPECS
from groupage.domain.events.alerts import Severity
from groupage.domain.events.base import AggregateKind
from groupage.domain.states import (
    ConsignmentStatus,
    ConsolidationStatus,
    ContainerStatus,
    CustomsStatus,
)
from groupage.store.pool import Connection
from groupage.store.readers.holds import HELD, add_holds
from groupage.store.readers.paging import (
    LIMIT_DEFAULT,
    Listing,
    Order,
    Page,
    fetch_page,
)
from groupage.store.readers.plan_statuses import read_statuses, waiting_plan_ids
from groupage.store.readers.risks import with_risks, with_shippers
from groupage.store.readers.views import (
    AlertView,
    ConsignmentView,
    ConsolidationView,
    ContainerView,
    PlanView,
)

_AT_RISK = (
    "exists (select from alert where alert.about_kind = 'consolidation' and alert.about = {key}"
    " and alert.code like 'cutoff\\_%' and alert.cleared_at is null)"
)
_CLOCK = "(select max(clock_at) from intake_offset)"


def _fill() -> str:
    cases = " ".join(f"when '{name}' then {spec.volume_cm3}" for name, spec in SPECS.items())
    volume = f"case iso_type {cases} end"
    return f"(greatest(planned_volume_cm3, loaded_volume_cm3) * 1000 / ({volume}))::integer"


GIVEN_UP = "c.status = 'OPEN' and c.members = 0 and c.loaded_volume_cm3 = 0"
"""A plan opened it, and the plan in force puts nothing into it."""
OVER = "c.status in ('BROKEN_UP', 'CANCELLED')"
"""It ended at the hub: nothing is in it, although its state knows what was planned for it."""
_OPEN = f"c.departed_at is null and not {OVER}"
_CONSIGNMENTS = Listing(
    columns=(
        f"c.key as consignment_id, c.status, c.customs, {HELD} as blocked, c.lane_id, c.shipper,"
        " c.consignee, c.mode, c.consolidation_id, c.voyage_id, c.pieces, c.received_pieces,"
        " c.measured_pieces,"
        f" c.loaded_pieces, c.volume_cm3, c.gross_g, {_AT_RISK.format(key='c.consolidation_id')}"
        " as at_risk, c.changed_at"
    ),
    source="consignment c",
    order=Order(columns=(("c.key", "text"),)),
)
_CONSOLIDATIONS = Listing(
    columns=(
        "c.key as consolidation_id, c.status, c.lane_id, c.voyage_id, c.iso_type, c.equipment_ref,"
        f" case when {OVER} then 0 else c.members end as members,"
        f" case when {OVER} then 0 else c.planned_volume_cm3 end as planned_volume_cm3,"
        " c.loaded_volume_cm3, c.gross_g,"
        f" case when {OVER} then null else {_fill()} end as fill_permille,"
        " c.next_cutoff, c.next_cutoff_at,"
        f" (extract(epoch from c.next_cutoff_at - {_CLOCK}) / 60)::integer as minutes_to_cutoff,"
        f" {_AT_RISK.format(key='c.key')} as at_risk, c.departed_at, c.changed_at"
    ),
    source="consolidation c",
    order=Order(
        columns=(("coalesce(c.next_cutoff_at, 'infinity')", "timestamptz"), ("c.key", "text"))
    ),
)
_CONTAINERS = Listing(
    columns=(
        "key as equipment_ref, status, iso_type, consolidation_id, seal_no, vgm_g, changed_at"
    ),
    source="container",
    order=Order(columns=(("key", "text"),)),
)
_PLANS = Listing(
    columns=(
        "p.plan_id, p.request_id, p.lane_id, p.sequence, p.decided_at, p.stored_at, p.containers,"
        " p.consignments, p.left_out, p.cost_minor, p.bound_minor, p.gap_ratio,"
        " coalesce(lane.published_plan_id = p.plan_id, false) as published"
    ),
    source="plan p left join lane on lane.key = p.lane_id",
    order=Order(columns=(("p.decided_at", "timestamptz"), ("p.plan_id", "text")), descending=True),
)
_ALERTS = Listing(
    columns=(
        "alert_id, about, about_kind, code, severity, message, due_at, raised_at, cleared_at,"
        " case when severity = 'critical' and raised_at < due_at then due_at end as critical_since"
    ),
    source="alert",
    order=Order(columns=(("raised_at", "timestamptz"), ("alert_id", "text")), descending=True),
)


class ConsignmentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of consignments."""

    lane: str | None = None
    status: ConsignmentStatus | None = None
    customs: CustomsStatus | None = None
    voyage: str | None = None
    consolidation: str | None = None
    shipper: str | None = None
    blocked: bool | None = None
    at_risk: bool | None = None


class ConsolidationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of consolidations."""

    lane: str | None = None
    status: ConsolidationStatus | None = None
    voyage: str | None = None
    equipment: str | None = None
    departed: bool | None = None
    open: (
        Annotated[bool, msgspec.Meta(description="Neither departed nor broken up nor cancelled.")]
        | None
    ) = None
    given_up: (
        Annotated[
            bool,
            msgspec.Meta(description="A plan opened it, and the plan in force puts nothing in."),
        ]
        | None
    ) = None
    at_risk: bool | None = None


class ContainerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of containers."""

    status: ContainerStatus | None = None
    iso_type: str | None = None
    consolidation: str | None = None


class PlanFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of plans."""

    lane: str | None = None
    published: bool | None = None
    waiting: (
        Annotated[bool, msgspec.Meta(description="True: only those that wait for approval.")] | None
    ) = None


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the list of alerts; by default only open ones."""

    about: str | None = None
    about_kind: AggregateKind | None = None
    code: str | None = None
    severity: Severity | None = None
    open: bool | None = True


async def list_consignments(
    connection: Connection,
    wanted: ConsignmentFilter,
    *,
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
) -> Page[ConsignmentView]:
    """List consignments by id."""
    return await fetch_page(
        connection,
        _CONSIGNMENTS,
        ConsignmentView,
        conditions=[
            ("c.lane_id = {}", wanted.lane),
            ("c.status = {}", wanted.status),
            # Unless asked for: an id that only rejected events name was mistyped, mostly.
            ("c.status <> {}", ConsignmentStatus.UNKNOWN if wanted.status is None else None),
            ("c.customs = {}", wanted.customs),
            ("c.voyage_id = {}", wanted.voyage),
            ("c.consolidation_id = {}", wanted.consolidation),
            ("c.shipper = {}", wanted.shipper),
            (f"{HELD} = {{}}", wanted.blocked),
            (f"{_AT_RISK.format(key='c.consolidation_id')} = {{}}", wanted.at_risk),
        ],
        limit=limit,
        after=after,
    )


async def list_consolidations(
    connection: Connection,
    wanted: ConsolidationFilter,
    *,
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
    risks: bool = True,
) -> Page[ConsolidationView]:
    """List consolidations, the nearest deadline first, those without deadline last.

    `risks`: with what is missing for their cut-offs at risk, which their states say.
    """
    page = await fetch_page(
        connection,
        _CONSOLIDATIONS,
        ConsolidationView,
        conditions=[
            ("c.lane_id = {}", wanted.lane),
            ("c.status = {}", wanted.status),
            # Unless asked for: no plan has opened it.
            ("c.status <> {}", ConsolidationStatus.NEW if wanted.status is None else None),
            ("c.voyage_id = {}", wanted.voyage),
            ("c.equipment_ref = {}", wanted.equipment),
            ("(c.departed_at is not null) = {}", wanted.departed),
            (f"({_OPEN}) = {{}}", wanted.open),
            (f"({GIVEN_UP}) = {{}}", wanted.given_up),
            (f"{_AT_RISK.format(key='c.key')} = {{}}", wanted.at_risk),
        ],
        limit=limit,
        after=after,
    )
    items = await add_holds(connection, page.items, [row.consolidation_id for row in page.items])
    if risks:
        items = await with_risks(connection, items)
    return msgspec.structs.replace(page, items=items)


async def list_containers(
    connection: Connection,
    wanted: ContainerFilter,
    *,
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
) -> Page[ContainerView]:
    """List containers by number."""
    page = await fetch_page(
        connection,
        _CONTAINERS,
        ContainerView,
        conditions=[
            ("status = {}", wanted.status),
            ("iso_type = {}", wanted.iso_type),
            ("consolidation_id = {}", wanted.consolidation),
        ],
        limit=limit,
        after=after,
    )
    items = await add_holds(connection, page.items, [row.consolidation_id for row in page.items])
    return msgspec.structs.replace(page, items=items)


async def list_plans(
    connection: Connection,
    wanted: PlanFilter,
    *,
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
) -> Page[PlanView]:
    """List plans, newest first."""
    waiting = await waiting_plan_ids(connection) if wanted.waiting is not None else None
    page = await fetch_page(
        connection,
        _PLANS,
        PlanView,
        conditions=[
            ("p.lane_id = {}", wanted.lane),
            ("coalesce(lane.published_plan_id = p.plan_id, false) = {}", wanted.published),
            (
                "p.plan_id = any({})" if wanted.waiting else "p.plan_id <> all({})",
                waiting,
            ),
        ],
        limit=limit,
        after=after,
    )
    statuses = await read_statuses(connection, [(row.lane_id, row.plan_id) for row in page.items])
    items = tuple(
        msgspec.structs.replace(row, **msgspec.structs.asdict(statuses[row.plan_id]))
        for row in page.items
    )
    return msgspec.structs.replace(page, items=items)


async def list_alerts(
    connection: Connection,
    wanted: AlertFilter,
    *,
    limit: int = LIMIT_DEFAULT,
    after: str | None = None,
) -> Page[AlertView]:
    """List alerts, newest first."""
    page = await fetch_page(
        connection,
        _ALERTS,
        AlertView,
        conditions=[
            ("about = {}", wanted.about),
            ("about_kind = {}", wanted.about_kind),
            ("code = {}", wanted.code),
            ("severity = {}", wanted.severity),
            ("(cleared_at is null) = {}", wanted.open),
        ],
        limit=limit,
        after=after,
    )
    return msgspec.structs.replace(page, items=await with_shippers(connection, page.items))
