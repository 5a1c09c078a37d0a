"""Facts of some types in the order in which they were recorded, and what belongs to them.

A page begins behind the last fact of the one before, so pages are stable while facts come. Facts
that aggregates rejected are left out: they changed nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.columns import QUERY_COLUMNS
from groupage.store.facts import COLUMNS, StoredFact, stored_fact
from groupage.store.pool import Connection
from groupage.store.readers.paging import cursor_of, values_of
from groupage.store.state_codec import unpack

INDEXED_TYPES = (
    "consignment.booked",
    "consignment.amended",
    "consignment.accepted",
    "consignment.rejected",
    "consignment.cancelled",
    "hold.placed",
    "hold.released",
    "customs.declared",
    "customs.selected",
    "customs.released",
    "customs.rejected",
    "container.picked_up",
    "container.gated_in",
    "container.inspected",
    "stuffing.completed",
    "container.sealed",
    "container.resealed",
    "container.gated_out",
)
"""The types of the partial index ``fact_recorded``, in its order."""
_OF_CARRIERS = "(source = '/dcsa' or starts_with(source, '/dcsa/'))"
"""The condition of the partial index ``fact_of_carrier``, in its words."""
_BOOKING_TYPES = ("carrier.booking_confirmed", "consolidation.booked", "container.released")
_FACTS_OF_BOOKINGS_MAX = 10_000
_SELECTED = ", ".join(f"fact.{column}" for column in COLUMNS)

Key = tuple[AggregateKind, str]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that are asked for."""

    types: tuple[str, ...] = ()
    """Not of carriers: these types."""
    of_carriers: bool = False
    """Facts that DCSA events of carriers became, of any type; else all other facts."""
    keys: frozenset[Key] | None = None
    """Only facts of these aggregates; None: of all."""
    since_at: datetime | None = None
    """Recorded at this time or later."""
    until_at: datetime | None = None
    """Recorded at this time or earlier."""


class Position(NamedTuple):
    """The place of a fact in that order."""

    recorded_at: datetime
    fact_id: UUID

    @classmethod
    def of_cursor(cls, text: str) -> "Position":
        """Read a cursor. Raises InvalidInput."""
        try:
            at, fact_id = values_of(text, 2)
            return cls(datetime.fromisoformat(at).astimezone(UTC), UUID(hex=fact_id))
        except (ValueError, InvalidInput):
            raise InvalidInput(
                f"cursor is {text[:100]!r}, which no page gave; leave it out"
            ) from None

    @property
    def cursor(self) -> str:
        """As a text for the next request."""
        return cursor_of([self.recorded_at.isoformat(), self.fact_id.hex])


def position_of(stored: StoredFact) -> Position:
    """Return the place of a fact."""
    return Position(stored.fact.recorded_at, UUID(hex=stored.fact_id))


async def read_recorded_facts(
    connection: Connection, wanted: Wanted, *, after: Position | None, limit: int
) -> tuple[StoredFact, ...]:
    """Read the next facts behind `after`, the rejected ones among them."""
    clauses: list[str] = []
    values: list[object] = []

    def add(clause: str, *parameters: object) -> None:
        numbers = [f"${len(values) + number}" for number in range(1, len(parameters) + 1)]
        values.extend(parameters)
        clauses.append(clause.format(*numbers))

    source = "fact"
    if wanted.keys is not None:
        if not wanted.keys:
            return ()
        kinds, keys = zip(*sorted(wanted.keys), strict=True)
        values += [list(kinds), list(keys)]
        source += " join unnest($1::text[], $2::text[]) as asked (kind, key) using (kind, key)"
    listed = ", ".join(f"'{name}'" for name in wanted.types if name in INDEXED_TYPES)
    if wanted.of_carriers:
        clauses.append(_OF_CARRIERS)
    elif listed:
        clauses += [f"type in ({listed})", f"not {_OF_CARRIERS}"]
    else:
        return ()
    if wanted.since_at is not None:
        add("recorded_at >= {}", wanted.since_at)
    if wanted.until_at is not None:
        add("recorded_at <= {}", wanted.until_at)
    if after is not None:
        add("(recorded_at, fact_id) > ({}, {})", *after)
    rows = await connection.fetch(
        f"select {_SELECTED} from {source} where {' and '.join(clauses)} "  # noqa: S608 - ours
        f"order by recorded_at, fact_id limit ${len(values) + 1}",
        *values,
        limit,
    )
    return tuple(map(stored_fact, rows))


async def rejected_ids(connection: Connection, keys: Iterable[Key]) -> frozenset[str]:
    """Return the ids of the facts that these aggregates rejected, in hex."""
    by_kind: dict[AggregateKind, set[str]] = {}
    for kind, key in keys:
        by_kind.setdefault(kind, set()).add(key)
    found: set[str] = set()
    for kind in sorted(by_kind.keys() & QUERY_COLUMNS.keys()):
        rows = await connection.fetch(
            f"select body from {kind} where key = any($1::text[])",  # noqa: S608 - a kind of ours
            sorted(by_kind[kind]),
        )
        for row in rows:
            found.update(msgspec.json.decode(unpack(row["body"]), type=_Rejections).rejected)
    return frozenset(found)


class _Rejections(msgspec.Struct):
    rejected: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)


async def read_facts_about(
    connection: Connection, keys: Collection[Key], types: Sequence[str]
) -> tuple[StoredFact, ...]:
    """Read all facts of these types about these aggregates, in the order of their recording."""
    if not keys:
        return ()
    kinds, names = zip(*sorted(keys), strict=True)
    rows = await connection.fetch(
        f"select {_SELECTED} from fact "  # noqa: S608 - ours
        "join unnest($1::text[], $2::text[]) as asked (kind, key) using (kind, key) "
        "where type = any($3::text[]) order by recorded_at, fact_id",
        list(kinds),
        list(names),
        list(types),
    )
    return tuple(map(stored_fact, rows))


async def read_facts_of_booking(
    connection: Connection, carrier_booking_id: str
) -> tuple[StoredFact, ...]:
    """Read the facts that name a carrier's booking."""
    types = ", ".join(f"'{name}'" for name in _BOOKING_TYPES)
    rows = await connection.fetch(
        f"select {_SELECTED} from fact where type in ({types}) "  # noqa: S608 - ours
        "and position($1::bytea in data) > 0 order by recorded_at limit $2",
        msgspec.json.encode(carrier_booking_id),
        _FACTS_OF_BOOKINGS_MAX,
    )
    stored = map(stored_fact, rows)
    return tuple(
        each
        for each in stored
        if getattr(each.fact.data, "carrier_booking_id", None) == carrier_booking_id
    )


async def consolidations_of(
    connection: Connection, *, equipment_ref: str | None = None, keys: Collection[str] = ()
) -> dict[str, str]:
    """Return the containers of consolidations by id: of that container, or with these ids."""
    rows = await connection.fetch(
        "select key, equipment_ref from consolidation where equipment_ref = $1 or key = any($2)",
        equipment_ref,
        sorted(keys),
    )
    return {row["key"]: row["equipment_ref"] for row in rows}


async def consignments_in(
    connection: Connection, consolidation_ids: Collection[str]
) -> tuple[str, ...]:
    """Return the ids of the consignments that are allocated to these consolidations."""
    rows = await connection.fetch(
        "select key from consignment where consolidation_id = any($1::text[]) order by key",
        sorted(consolidation_ids),
    )
    return tuple(row["key"] for row in rows)


async def declarations_of(
    connection: Connection, consignment_ids: Collection[str]
) -> tuple[str, ...]:
    """Return the ids of the customs declarations that cover these consignments."""
    rows = await connection.fetch(
        "select body from consignment where key = any($1::text[])", sorted(consignment_ids)
    )
    found: set[str] = set()
    for row in rows:
        state = msgspec.json.decode(unpack(row["body"]), type=_Declarations)
        found.update(state.declarations)
    return tuple(sorted(found))


class _Declarations(msgspec.Struct):
    declarations: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
