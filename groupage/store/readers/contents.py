"""What is in a container: how it stands, its consignments, and where each carton stands."""

import msgspec

from groupage.domain.errors import NotFound
from groupage.domain.gs1 import canonical_id
from groupage.domain.stowage import Stowage
from groupage.store.pool import Connection
from groupage.store.readers.container_summaries import (
    ContainerReading,
    read_consolidation,
    read_container,
)
from groupage.store.readers.lists import ConsignmentFilter, list_consignments
from groupage.store.readers.load_plans import find_stowage
from groupage.store.readers.paging import LIMIT_MAX
from groupage.store.readers.summary_views import ContainerSummary
from groupage.store.readers.views import ConsignmentView


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A container and what is, was or will be in it."""

    now: ContainerSummary
    consignments: tuple[ConsignmentView, ...]
    """Those that are allocated to it, by id."""
    cartons: tuple[Stowage, ...]
    """Where they stand, in the order of loading; empty: no plan loads it."""


async def read_contents(connection: Connection, asked: str) -> Contents:
    """Read a container by its number or its consolidation. Raises NotFound."""
    reading = await _find(connection, asked)
    name = reading.summary.consolidation_id
    wanted = ConsignmentFilter(consolidation=name)
    page = await list_consignments(connection, wanted, limit=LIMIT_MAX) if name else None
    return Contents(
        now=reading.summary,
        consignments=page.items if page else (),
        cartons=await find_stowage(connection, reading.consolidation, reading.load_plan),
    )


async def _find(connection: Connection, asked: str) -> ContainerReading:
    for key in dict.fromkeys((asked, canonical_id(asked))):
        reading = await read_container(connection, key)
        if reading.summary.container_status:
            return reading
        reading = await read_consolidation(connection, key)
        if reading.summary.status:
            return reading
    raise NotFound(
        f"no container and no consolidation {asked!r} is known; `groupage containers` and "
        "`groupage consolidations` list them"
    )
