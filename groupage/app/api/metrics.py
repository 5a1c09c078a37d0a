"""Metrics of the read API: its requests, and the deadlines and plans that the store holds."""

import asyncio

import asyncpg
import structlog
from prometheus_client import Histogram

from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.subscriptions import count_by_state
from groupage.telemetry import metrics

REFRESH_S = 10.0
_QUERY_TIMEOUT_S = 5.0

_CUTOFFS = """
select substr(a.code, 8) as cutoff,
       min(extract(epoch from a.due_at - clock.at))::float as seconds,
       sum(c.members)::bigint as consignments
from alert a
join consolidation c on c.key = a.about
cross join (select coalesce(max(clock_at), now()) as at from intake_offset) as clock
where a.about_kind = 'consolidation' and a.code like 'cutoff\\_%' and a.cleared_at is null
group by a.code
"""
_NEXT_CUTOFFS = """
select c.next_cutoff as cutoff,
       min(extract(epoch from c.next_cutoff_at - clock.at))::float as seconds
from consolidation c
cross join (select coalesce(max(clock_at), now()) as at from intake_offset) as clock
where c.departed_at is null and c.next_cutoff_at is not null
group by c.next_cutoff
"""
_PLAN_AGE = """
select extract(epoch from coalesce((select max(clock_at) from intake_offset), now())
       - min(p.decided_at))::float
from lane join plan p on p.plan_id = lane.published_plan_id
"""

REQUEST_S = Histogram(
    "groupage_api_request_seconds", "One request to the read API", ["route", "status"]
)

log = structlog.get_logger(__name__)


async def refresh_gauges(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Set the gauges from the database, in hub time."""
    rows = await pool.fetch(_CUTOFFS, timeout=_QUERY_TIMEOUT_S)
    next_cutoffs = await pool.fetch(_NEXT_CUTOFFS, timeout=_QUERY_TIMEOUT_S)
    plan_age_s = await pool.fetchval(_PLAN_AGE, timeout=_QUERY_TIMEOUT_S)
    metrics.CUTOFF_AT_RISK_S.clear()
    metrics.CONSIGNMENTS_AT_RISK.clear()
    for row in rows:
        if row["seconds"] is not None:
            metrics.CUTOFF_AT_RISK_S.labels(row["cutoff"]).set(row["seconds"])
        metrics.CONSIGNMENTS_AT_RISK.labels(row["cutoff"]).set(row["consignments"])
    metrics.CUTOFF_S.clear()
    for row in next_cutoffs:
        metrics.CUTOFF_S.labels(row["cutoff"]).set(row["seconds"])
    metrics.PLAN_AGE_S.set(plan_age_s or 0.0)
    for state, number in (await count_by_state(pool)).items():
        metrics.SUBSCRIPTIONS.labels(state).set(number)


async def refresh_periodically(
    pool: "asyncpg.Pool[asyncpg.Record]", *, every_s: float = REFRESH_S
) -> None:
    """Refresh the gauges until cancelled; while the database is away they keep their values."""
    while True:
        try:
            await refresh_gauges(pool)
        except TRANSIENT_ERRORS as error:
            log.warning("gauges_not_refreshed", error=repr(error))
        await asyncio.sleep(every_s)
