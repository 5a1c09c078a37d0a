"""Older states in their tables: found, counted, locked, and marked as derived.

A state is older if it has an older form than this program writes, or if its kind judges by the
hub's policy and that has changed since. `policy` is how often it has changed; 0: only forms count.
"""

from collections.abc import Iterable, Sequence

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.forms import FORMS, POLICY_KINDS
from groupage.store.pool import Connection
from groupage.store.writers import StoredState


def _changes_of(kind: AggregateKind, policy: int) -> int:
    """Return how often the policy has changed for states of that kind."""
    return policy if kind in POLICY_KINDS else 0


async def count_older_states(
    connection: Connection, kind: AggregateKind, *, policy: int = 0
) -> int:
    """Count the older states of a kind."""
    count: int = await connection.fetchval(
        f"select count(*) from {kind} where form < $1 or policy < $2",  # noqa: S608 - a table of ours
        FORMS[kind],
        _changes_of(kind, policy),
    )
    return count


async def count_left(connection: Connection, kinds: Iterable[AggregateKind]) -> int:
    """Count the states of an older form of these kinds together."""
    return sum([await count_older_states(connection, kind) for kind in kinds])


async def count_left_of_all(connection: Connection, *, policy: int) -> tuple[int, int]:
    """Count the older states of all kinds together, and all states."""
    left = total = 0
    for kind in FORMS:
        left += await count_older_states(connection, kind, policy=policy)
        total += await connection.fetchval(f"select count(*) from {kind}")  # noqa: S608 - as above
    return left, total


async def older_states_by_partition(
    connection: Connection, kind: AggregateKind, *, policy: int
) -> dict[int, int]:
    """Count the older states of a kind by partition."""
    rows = await connection.fetch(
        f"select partition, count(*) from {kind} where form < $1 or policy < $2 "  # noqa: S608 - as above
        "group by partition",
        FORMS[kind],
        _changes_of(kind, policy),
    )
    return {row[0]: row[1] for row in rows}


async def older_states(
    connection: Connection,
    kind: AggregateKind,
    *,
    policy: int,
    after: str,
    limit: int,
    partitions: Sequence[int] | None = None,
) -> list[tuple[str, int]]:
    """List older states in the order of their keys, from behind `after` on.

    Each with its revision, which is about the number of its facts. `partitions` None: of all.
    """
    rows = await connection.fetch(
        f"select key, revision from {kind} where (form < $1 or policy < $5) and key > $2 "  # noqa: S608 - as above
        "and ($4::integer[] is null or partition = any($4)) order by key limit $3",
        FORMS[kind],
        after,
        limit,
        partitions,
        _changes_of(kind, policy),
    )
    return [(row[0], row[1]) for row in rows]


async def lock_older_states(
    connection: Connection,
    kind: AggregateKind,
    keys: Sequence[str],
    *,
    policy: int,
    skips_locked: bool = False,
) -> list[StoredState]:
    """Read those of the states that are older, locked until the transaction ends.

    With `skips_locked` leave out those that another transaction has locked, instead of waiting.
    """
    rows = await connection.fetch(
        f"select key, partition, form, policy, body from {kind} "  # noqa: S608 - as above
        "where key = any($1::text[]) and (form < $2 or policy < $3) order by key for update"
        + (" skip locked" if skips_locked else ""),
        keys,
        FORMS[kind],
        _changes_of(kind, policy),
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
