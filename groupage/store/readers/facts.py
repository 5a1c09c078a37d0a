"""Facts by subject, the aggregate kinds under which an id is known, and single states."""

from collections.abc import Sequence
from typing import Any, TypeVar, get_args

import msgspec

from groupage.domain.events.base import AggregateKind
from groupage.domain.state.base import State
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.container import ContainerState
from groupage.domain.state.lane import LaneState
from groupage.domain.state.unit import UnitState
from groupage.domain.state.visit import VisitState
from groupage.domain.state.voyage import VoyageState
from groupage.store.facts import SELECTED, StoredFact, stored_fact
from groupage.store.pool import Connection
from groupage.store.state_codec import unpack

S = TypeVar("S", bound=State)

_TABLES: dict[type[State], str] = {
    ConsignmentState: "consignment",
    ConsolidationState: "consolidation",
    ContainerState: "container",
    LaneState: "lane",
    UnitState: "unit",
    VisitState: "visit",
    VoyageState: "voyage",
}
KINDS: tuple[AggregateKind, ...] = get_args(AggregateKind)


async def facts_by_subject(connection: Connection, subject: str) -> tuple[StoredFact, ...]:
    """Load the facts about a subject that other aggregates own (a unit inside consignments)."""
    rows = await connection.fetch(
        f"select {SELECTED} from fact where subject = $1 and subject <> key"  # noqa: S608 - ours
        " order by topic, partition, record_offset",
        subject,
    )
    return tuple(map(stored_fact, rows))


async def kinds_of(connection: Connection, key: str) -> tuple[AggregateKind, ...]:
    """List the kinds of aggregates with this id; ``unit``, too, for the subject of unit facts."""
    rows = await connection.fetch(
        """
        select owner.kind from unnest($2::text[]) as owner (kind)
        where exists (select from fact where fact.kind = owner.kind and fact.key = $1)
        union
        select 'unit' where exists
            (select from fact where subject = $1 and subject <> key and type like 'unit.%')
        """,
        key,
        list(KINDS),
    )
    found = {row["kind"] for row in rows}
    return tuple(kind for kind in KINDS if kind in found)


async def read_state(connection: Connection, state_type: type[S], key: str) -> S | None:
    """Load the state of an aggregate; None: it has no facts."""
    body = await connection.fetchval(
        f"select body from {_TABLES[state_type]} where key = $1",  # noqa: S608 - from the table above
        key,
    )
    return None if body is None else msgspec.json.decode(unpack(body), type=state_type)


async def read_states(
    connection: Connection, state_type: type[S], keys: Sequence[str]
) -> tuple[S, ...]:
    """Load the states of several aggregates, those that have facts."""
    rows = await connection.fetch(
        f"select body from {_TABLES[state_type]} where key = any($1) order by key",  # noqa: S608 - as above
        keys,
    )
    return tuple(msgspec.json.decode(unpack(row["body"]), type=state_type) for row in rows)


async def rejections_of(
    connection: Connection, kind: AggregateKind, key: str
) -> dict[str, dict[str, Any]]:
    """Return the rejected facts in the stored state, by fact id, with code and reason."""
    if kind not in _KINDS_WITH_STATE:
        return {}
    body = await connection.fetchval(
        f"select body from {kind} where key = $1",  # noqa: S608 - one of the literals above
        key,
    )
    if body is None:
        return {}
    return msgspec.json.decode(unpack(body), type=_Rejections).rejected


class _Rejections(msgspec.Struct):
    rejected: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)


_KINDS_WITH_STATE = frozenset(KINDS) - {"request", "alert", "clock", "policy"}
