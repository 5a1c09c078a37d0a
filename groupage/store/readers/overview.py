"""The hub in a few figures, cheap enough to be read several times a second."""

from datetime import datetime

import msgspec

from groupage.store.pool import Connection

_QUERY = """
select (select max(clock_at) from intake_offset) as clock_at,
       (select coalesce(sum(next_offset), 0)::bigint from intake_offset) as records,
       (select count(*) from plan) as plans,
       (select count(*) from plan_request where state = 'failed') as failed_requests,
       (select count(*) from dead_letter where settled_at is null) as dead_letters
"""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a hub."""

    clock_at: datetime | None
    """The hub's time; None before the first tick."""
    records: int
    """Records that workers have committed, ticks included."""
    plans: int
    failed_requests: int
    dead_letters: int
    consignments: dict[str, int]
    """By status."""
    consolidations: dict[str, int]
    """By status."""
    alerts: dict[str, int]
    """Open ones by code."""
    alerts_raised: int
    """All ever raised, cleared ones too."""


async def read_overview(connection: Connection) -> Overview:
    """Read the present figures."""
    row = await connection.fetchrow(_QUERY)
    assert row is not None, "scalar queries always give a row"
    alerts = await _counts(
        connection, "select code, count(*) from alert where cleared_at is null group by 1"
    )
    return Overview(
        clock_at=row["clock_at"],
        records=row["records"],
        plans=row["plans"],
        failed_requests=row["failed_requests"],
        dead_letters=row["dead_letters"],
        consignments=await _counts(
            connection,
            "select status, count(*) from consignment where status <> 'UNKNOWN' group by 1",
        ),
        consolidations=await _counts(
            connection, "select status, count(*) from consolidation group by 1"
        ),
        alerts=alerts,
        alerts_raised=await connection.fetchval("select count(*) from alert"),
    )


async def _counts(connection: Connection, query: str) -> dict[str, int]:
    rows = await connection.fetch(query)
    return {row[0]: row[1] for row in rows}
