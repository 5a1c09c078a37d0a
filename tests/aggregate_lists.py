"""The lists of aggregates with facts from outside, compared with the facts."""

import asyncpg

_FACTS = (
    "select topic, partition, record_offset, kind, key from fact "
    "where relayed_by is null or relayed_by = 'command'"
)
_LISTED = (
    "select from aggregates_by_offset as listed, "
    "json_array_elements(convert_from(body, 'UTF8')::json) as of_kind, "
    "json_array_elements_text(of_kind -> 1) as listed_key "
    "where (listed.topic, listed.partition) = (facts.topic, facts.partition) "
    "and offset_range = record_offset / 1024 and record_offset <= last_offset "
    "and kind = of_kind ->> 0 and key = listed_key"
)


async def require_right_lists(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """The aggregate of each fact from outside is listed for the offset of the fact."""
    rows = await pool.fetch(f"select * from ({_FACTS}) as facts where not exists ({_LISTED})")
    assert not rows, rows[:5]
