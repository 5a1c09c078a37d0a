"""States of older forms in their tables: found, counted, locked, and marked as derived."""

from collections.abc import Iterable, Sequence

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.forms import FORMS
from groupage.store.pool import Connection
from groupage.store.writers import StoredState


async def count_older_states(connection: Connection, kind: AggregateKind) -> int:
    """Count the states of a kind that have an older form."""
    count: int = await connection.fetchval(
        f"select count(*) from {kind} where form < $1",  # noqa: S608 - a table of ours
        FORMS[kind],
    )
    return count


async def count_left(connection: Connection, kinds: Iterable[AggregateKind]) -> int:
    """Count the states of an older form of these kinds together."""
    return sum([await count_older_states(connection, kind) for kind in kinds])


async def older_states_by_partition(connection: Connection, kind: AggregateKind) -> dict[int, int]:
    """Count the states of a kind that have an older form, by partition."""
    rows = await connection.fetch(
        f"select partition, count(*) from {kind} where form < $1 group by partition",  # noqa: S608 - as above
        FORMS[kind],
    )
    return {row[0]: row[1] for row in rows}


async def older_states(
    connection: Connection,
    kind: AggregateKind,
    *,
    after: str,
    limit: int,
    partitions: Sequence[int] | None = None,
) -> list[tuple[str, int]]:
    """List states of an older form in the order of their keys, from behind `after` on.

    Each with its revision, which is the number of its facts. `partitions` None: of all.
    """
    rows = await connection.fetch(
        f"select key, revision from {kind} where form < $1 and key > $2 "  # noqa: S608 - as above
        "and ($4::integer[] is null or partition = any($4)) order by key limit $3",
        FORMS[kind],
        after,
        limit,
        partitions,
    )
    return [(row[0], row[1]) for row in rows]


async def lock_older_states(
    connection: Connection, kind: AggregateKind, keys: Sequence[str], *, skips_locked: bool = False
) -> list[StoredState]:
    """Read those of the states that have an older form, locked until the transaction ends.

    With `skips_locked` leave out those that another transaction has locked, instead of waiting.
    """
    rows = await connection.fetch(
        f"select key, partition, form, body from {kind} "  # noqa: S608 - as above
        "where key = any($1::text[]) and form < $2 order by key for update"
        + (" skip locked" if skips_locked else ""),
        keys,
        FORMS[kind],
    )
    return [StoredState(*row) for row in rows]


async def mark_derived(connection: Connection, kinds: Iterable[AggregateKind]) -> None:
    """Note which of these kinds have no state of an older form any more."""
    for kind in kinds:
        await connection.execute(
            "update state_form set derived_at = now() where kind = $1 and derived_at is null "  # noqa: S608 - as above
            f"and not exists (select from {kind} where form < $2)",
            kind,
            FORMS[kind],
        )
