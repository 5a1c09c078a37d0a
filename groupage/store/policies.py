"""Table `policy`: the hub's policies, for readers that do not read the log."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import Adoption, PolicyHistory
from groupage.store.pool import Connection


async def write_adoptions(connection: Connection, adoptions: Sequence[Adoption]) -> None:
    """Store the adoptions of the log from its beginning; those that are stored already stay."""
    await connection.executemany(
        "insert into policy (number, digest, effective_at, adopted_at, adopted_by, reason, event) "
        "values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        [
            (
                number,
                adoption.digest,
                adoption.effective_at,
                adoption.adopted_at,
                adoption.event.by,
                adoption.event.reason,
                adoption.event_json,
            )
            for number, adoption in enumerate(adoptions)
        ],
    )


async def read_history(connection: Connection, *, assumed: Callable[[], Policy]) -> PolicyHistory:
    """Read the policies that the workers know; `assumed()` counts if the hub has adopted none."""
    rows = await connection.fetch(
        "select event, effective_at, adopted_at from policy order by number"
    )
    adoptions = [
        Adoption(
            event=msgspec.json.decode(row["event"], type=PolicyAdopted),
            event_json=row["event"],
            effective_at=row["effective_at"].astimezone(UTC),
            adopted_at=row["adopted_at"].astimezone(UTC),
        )
        for row in rows
    ]
    return PolicyHistory(adoptions[0].policy if adoptions else assumed(), adoptions)


async def count_adoptions(connection: Connection) -> int:
    """Count the policies that the workers know."""
    count: int = await connection.fetchval("select count(*) from policy")
    return count


async def hub_clock(connection: Connection) -> datetime | None:
    """Return the last tick that a worker took in; None: there was none."""
    at: datetime | None = await connection.fetchval("select max(clock_at) from intake_offset")
    return at
