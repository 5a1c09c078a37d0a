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


async def older_states(
    connection: Connection, kind: AggregateKind, *, after: str, limit: int
) -> list[tuple[str, int]]:
    """List states of an older form in the order of their keys, from behind `after` on.

    Each with its revision, which is the number of its facts.
    """
    rows = await connection.fetch(
        f"select key, revision from {kind} where form < $1 and key > $2 order by key limit $3",  # noqa: S608 - as above
        FORMS[kind],
        after,
        limit,
    )
    return [(row[0], row[1]) for row in rows]


async def lock_older_states(
    connection: Connection, kind: AggregateKind, keys: Sequence[str]
) -> list[StoredState]:
    """Read those of the states that have an older form, locked until the transaction ends."""
    rows = await connection.fetch(
        f"select key, partition, form, body from {kind} "  # noqa: S608 - as above
        "where key = any($1::text[]) and form < $2 order by key for update",
        keys,
        FORMS[kind],
    )
    return [StoredState(*row) for row in rows]


async def mark_derived(connection: Connection, kinds: Iterable[AggregateKind]) -> None:
    """Note that no state of these kinds has an older form any more."""
    await connection.execute(
        "update state_form set derived_at = now() where kind = any($1::text[]) "
        "and derived_at is null",
        list(kinds),
    )
