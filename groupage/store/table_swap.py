"""Rebuilt tables in a schema of their own: compared with the stored ones, or put in their place."""

from collections.abc import Collection

import asyncpg
import msgspec

from groupage.domain.errors import Conflict
from groupage.domain.state.columns import QUERY_COLUMNS
from groupage.store.dead_letter_comparison import DeadLetterCounts, compare_dead_letters
from groupage.store.locks import OWN_EVENTS_LOCK
from groupage.store.older_states import mark_derived
from groupage.store.own_events import FORM
from groupage.store.sender_alerts import standing_alerts

Connection = asyncpg.Connection

_TABLES = (
    *QUERY_COLUMNS,
    "fact",
    "aggregates_by_offset",
    "captured_event",
    "own_event_offset",
    "intake_offset",
    "policy",
)
# Not compared, because the log does not give them: cleared alerts and alerts about senders, which
# end with their dead letters, are history of the operation.
_COMPARED: dict[str, str] = {
    **{table: f"select * from {{schema}}.{table}" for table in _TABLES},  # noqa: S608
    # The hub makes events of its own facts some time after it stored these.
    "captured_event": "select * from {schema}.captured_event c where not own or record_offset < "  # noqa: S608
    f"(select next_offset from public.own_event_offset o where o.form = {FORM} "
    "and (o.topic, o.partition) = (c.topic, c.partition))",
    "alert": "select alert_id, about, about_kind, code, severity, message, due_at "
    "from {schema}.alert where cleared_at is null and about_kind <> 'clock'",
}
del _COMPARED["own_event_offset"]
del _COMPARED["aggregates_by_offset"]  # its rows differ by the batches of the workers


class TableReport(msgspec.Struct, frozen=True, kw_only=True):
    """Differences between a stored table and the rebuilt one."""

    table: str
    rows: int
    only_stored: int
    """Rows that the rebuilt table does not have."""
    only_rebuilt: int


async def compare(
    connection: asyncpg.Connection, schema: str
) -> tuple[list[TableReport], DeadLetterCounts]:
    """Compare the tables of `public` with those of `schema`, row by row."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", OWN_EVENTS_LOCK)
        return await _compare(connection, schema)


async def _compare(
    connection: asyncpg.Connection, schema: str
) -> tuple[list[TableReport], DeadLetterCounts]:
    reports = []
    for table, query in _COMPARED.items():
        stored, rebuilt = query.format(schema="public"), query.format(schema=f'"{schema}"')
        count = "select count(*) from ({}) as x"
        reports.append(
            TableReport(
                table=table,
                rows=await connection.fetchval(count.format(rebuilt)),
                only_stored=await connection.fetchval(
                    count.format(f"{stored} except all {rebuilt}")
                ),
                only_rebuilt=await connection.fetchval(
                    count.format(f"{rebuilt} except all {stored}")
                ),
            )
        )
    found = await compare_dead_letters(connection, schema)
    reports.append(
        TableReport(
            table="dead_letter",
            rows=found.rows,
            only_stored=found.only_stored,
            only_rebuilt=found.only_rebuilt,
        )
    )
    return reports, found.counts


async def swap_tables(connection: asyncpg.Connection, schema: str) -> None:
    """Replace the derived tables of `public`, in one transaction: all of them or none.

    Outbox and plans stay: they are not derived. Raises Conflict when a worker has advanced an
    offset since the rebuild began.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", OWN_EVENTS_LOCK)
        await connection.execute("lock table public.intake_offset in exclusive mode")
        moved = await connection.fetchval(
            "select count(*) from public.intake_offset p "  # noqa: S608 - our own schema's name
            f'full join "{schema}".intake_offset r using (topic, partition) '
            "where p.next_offset is distinct from r.next_offset"
        )
        if moved:
            raise Conflict(f"{moved} partitions moved on during the rebuild: stop all workers")
        for table in _TABLES:
            await connection.execute(f"truncate public.{table}")
            await connection.execute(
                f'insert into public.{table} select * from "{schema}".{table}'  # noqa: S608
            )
        await mark_derived(connection, QUERY_COLUMNS)
        await _replace_dead_letters(connection, schema)
        await _replace_alerts(connection, schema, await standing_alerts(connection))


async def _replace_dead_letters(connection: asyncpg.Connection, schema: str) -> None:
    """Open the dead letters of rejected events as rebuilt, settle the others; leave all else."""
    await connection.execute(
        f"""
        insert into public.dead_letter as old
        select * from "{schema}".dead_letter where settled_at is null
        on conflict (letter_id) do update set settled_at = null, settled_as = null
        where old.fact_id is not null and old.settled_at is not null
        """  # noqa: S608 - our own schema's name
    )
    await connection.execute(
        f"""
        update public.dead_letter as old set settled_at = now(), settled_as = coalesce(
            (select settled_as from "{schema}".dead_letter where letter_id = old.letter_id), 'legal'
        )
        where fact_id is not null and settled_at is null and letter_id not in
            (select letter_id from "{schema}".dead_letter where settled_at is null)
        """  # noqa: S608 - as above
    )


async def _replace_alerts(
    connection: asyncpg.Connection, schema: str, standing: Collection[str]
) -> None:
    """Open and clear alerts as rebuilt; those about senders only with open dead letters."""
    await connection.execute(
        "update public.alert set cleared_at = now() where cleared_at is null "  # noqa: S608
        "and about_kind <> 'clock' and alert_id not in "
        f'(select alert_id from "{schema}".alert where cleared_at is null)'
    )
    await connection.execute(
        f'insert into public.alert as old select * from "{schema}".alert as new '  # noqa: S608
        "where new.about_kind <> 'clock' or new.alert_id = any($1::text[]) "
        "on conflict (alert_id) do update set severity = excluded.severity, "
        "message = excluded.message, due_at = excluded.due_at, cleared_at = excluded.cleared_at "
        "where old.about_kind <> 'clock'",
        list(standing),
    )
