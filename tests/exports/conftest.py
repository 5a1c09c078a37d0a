"""Fixtures: a hub's facts in a database, with a correction, a retraction and a forwarded copy."""

from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest
from pydantic import SecretStr

from groupage.domain.events.base import Dimensions
from groupage.domain.events.unit import UnitMeasured, UnitReceived, UnitStored
from groupage.domain.fact import Fact
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from tests.api.hub import fact, store_facts
from tests.api.world import morning

UNIT = "340123450000000013"
WRONG, RIGHT = (
    UnitMeasured(
        unit_id=UNIT,
        size=Dimensions(length_mm=length_mm, width_mm=400, height_mm=300),
        gross_g=9_000,
    )
    for length_mm in (50, 500)
)


def told_twice() -> list[Fact]:
    """Facts about a carton whose measuring was corrected, and one of whose scans was retracted."""
    received = fact(UnitReceived(unit_id=UNIT), 1, event_id="scan-1")
    stored = fact(UnitStored(unit_id=UNIT, location="A-01"), 3, event_id="scan-3")
    copy = msgspec.structs.replace(
        fact(UnitReceived(unit_id=UNIT, consignment_id="CN-1"), 1, event_id="scan-1"),
        relayed_by="unit",
    )
    return [
        received,
        fact(WRONG, 2, event_id="scan-2"),
        fact(RIGHT, 2, event_id="scan-2b", correction_of="scan-2"),
        stored,
        fact(stored.data, 4, event_id="scan-4", correction_of="scan-3", retracted=True),
        copy,
        fact(UnitStored(unit_id=UNIT, location="B-02"), 5, event_id="scan-5"),
        fact(UnitStored(unit_id=UNIT, location="C-\x01<&>"), 6, event_id="scan-6"),
    ]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to a database with the morning of `tests.api.world` and `told_twice`."""
    opened = await create_pool(
        DatabaseSettings(url=SecretStr(database_url), pool_size_max=2), application_name="test"
    )
    try:
        await store_facts(opened, [*morning(), *told_twice()])
        yield opened
    finally:
        await opened.close()
