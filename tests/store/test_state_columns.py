"""The tables of states have the columns that the aggregates fill in."""

from typing import get_args

import asyncpg
import pytest

from groupage.domain.events.base import AggregateKind
from groupage.domain.policy import Policy
from groupage.domain.state.columns import QUERY_COLUMNS
from groupage.store.writers import query_columns
from processors.aggregates.registry import all_aggregates

COMMON = {
    "key": ("text", False),
    "partition": ("integer", False),
    "revision": ("bigint", False),
    "changed_at": ("timestamptz", False),
    "deadline_at": ("timestamptz", True),
    "form": ("integer", False),
    "policy": ("integer", False),
    "body": ("bytea", False),
}
LONG_NAMES = {"timestamp with time zone": "timestamptz"}


def test_every_aggregate_with_a_state_has_its_columns() -> None:
    """All kinds of the registry, and no other."""
    assert QUERY_COLUMNS.keys() == all_aggregates(Policy()).keys()
    assert QUERY_COLUMNS.keys() < set(get_args(AggregateKind))


@pytest.mark.integration
async def test_tables_have_the_columns_of_their_kind(database_url: str) -> None:
    """Names, types and what may be null are the same in the code and in the catalogue."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "select table_name, column_name, data_type, is_nullable from information_schema.columns"
            " where table_schema = 'public' and table_name = any($1)",
            list(QUERY_COLUMNS),
        )
    finally:
        await connection.close()
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, data_type, nullable in rows:
        sql_type = LONG_NAMES.get(data_type, data_type)
        found.setdefault(table, {})[column] = (sql_type, nullable == "YES")
    assert found == {kind: COMMON | query_columns(kind) for kind in QUERY_COLUMNS}
