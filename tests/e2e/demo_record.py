"""The database of a hub after a day, in a form in which two runs of the same day are equal."""

import asyncio
import hashlib
import json
import zlib
from typing import Any, NamedTuple

import asyncpg

from groupage.domain.state.base import State
from groupage.store.state_codec import unpack

STATES = ("consignment", "unit", "container", "visit", "declaration", "voyage", "consolidation")
_OUTSIDE = """
select kind, key, source, event_id, occurred_at, type, correction_of, retracted, data
from fact where relayed_by is null and source not like '/groupage/%'
"""
_PLANS = "select body from plan"
_OF_ALL_STATES = frozenset({"fact_count", "last_key", "changed_at"})
assert set(State.__struct_fields__) >= _OF_ALL_STATES, "a field was renamed"
_COUNTS_OF_MESSAGES = _OF_ALL_STATES | {"revision", "plan_revision", "fact_id", "plan_id"}
"""The number of messages that an aggregate received, and the id of the last one, depend on how the
worker's batches fell; the content that it received in the end does not. Revisions are such counts,
and derived facts and plans take their ids from what caused them."""


class DayRecord(NamedTuple):
    """One day of one hub."""

    outside: dict[str, str]
    """Facts that came from outside: identity → digest of everything in it."""
    states: dict[str, Any]
    """The final state of each aggregate, by kind and key."""
    plans: dict[str, Any]
    """The contents of each plan, by lane and sequence."""


async def read_day(url: str) -> DayRecord:
    """Read a day from the hub's database."""
    connection = await asyncpg.connect(url)
    try:
        facts = await connection.fetch(_OUTSIDE)
        states = {
            f"{table} {row['key']}": _state(json.loads(unpack(row["body"])))
            for table in STATES
            for row in await connection.fetch(f"select key, body from {table}")
        }
        plans = [json.loads(zlib.decompress(row["body"])) for row in await connection.fetch(_PLANS)]
    finally:
        await connection.close()
    outside = {
        f"{row['kind']} {row['key']} {row['source']} {row['event_id']}": _digest(row)
        for row in facts
    }
    return DayRecord(outside, states, {f"{p['lane_id']} {p['sequence']}": _plan(p) for p in plans})


def read_day_now(url: str) -> DayRecord:
    """Do the same for a caller without an event loop."""
    return asyncio.run(read_day(url))


def differences(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """List the keys whose values differ, or that are in one of the two only."""
    return sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))


def _digest(row: asyncpg.Record) -> str:
    rest = (row["occurred_at"].isoformat(), row["type"], row["correction_of"], row["retracted"])
    return hashlib.sha256(repr((*rest, bytes(row["data"]))).encode()).hexdigest()


def _state(body: Any) -> Any:
    """Drop what counts messages, at any depth; a received snapshot has its message's time."""
    if isinstance(body, dict):
        left_out = _COUNTS_OF_MESSAGES | ({"at"} if "revision" in body else frozenset())
        return {name: _state(value) for name, value in body.items() if name not in left_out}
    return [_state(one) for one in body] if isinstance(body, list) else body


def _plan(plan: Any) -> Any:
    return {
        "at": plan["decided_at"],
        "boxes": {
            box["consolidation_id"]: [box["consignment_ids"], box["placements"]]
            for box in plan["containers"]
        },
        "left_out": plan["left_out"],
        "routes": plan["routes"],
    }
