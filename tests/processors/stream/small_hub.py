"""A small hub with a state of each kind, and all that follows from its facts and its clock."""

from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
import msgspec
import pytest

from groupage.app.bench import workload
from groupage.domain.commands import HoldConsignment
from groupage.domain.events.base import Money
from groupage.domain.events.consignment import HoldReleased
from groupage.domain.events.customs import CustomsDeclared
from groupage.domain.events.equipment import TruckArrived
from groupage.domain.events.planning import ReplanWanted
from groupage.domain.state.forms import FORMS
from groupage.domain.state.lane import PendingRequest
from groupage.store.relay import OutboxRelay
from groupage.store.state_codec import unpack
from tests.api import world
from tests.api.hub import START
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub

EVENTS = (
    CustomsDeclared(
        declaration_id="D1",
        mode="1039",
        consignment_ids=("C1",),
        value=Money(amount_minor=1, currency="USD"),
    ),
    TruckArrived(visit_id="VISIT-1", consignment_ids=("C1",)),
    HoldConsignment(command_id="stop", by="anna", consignment_id="C1"),
    HoldReleased(consignment_id="C1", hold_id="never placed", by="desk"),
)
LATER = START + timedelta(days=2)
ALERTS = (
    "select alert_id, about, about_kind, code, severity, message, due_at from alert "
    "where cleared_at is null order by alert_id"
)
DEAD_LETTERS = (
    "select letter_id, code, fact_id from dead_letter where settled_at is null order by letter_id"
)
Tables = dict[str, list[tuple[Any, ...]]]
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


async def tables(pool: Pool) -> Tables:
    """Everything that follows from facts and the clock."""
    queries: dict[str, str] = {kind: f"select * from {kind} order by key" for kind in FORMS}
    queries |= {"alert": ALERTS, "dead_letter": DEAD_LETTERS}
    return {
        name: [tuple(row) for row in await pool.fetch(query)] for name, query in queries.items()
    }


async def store_small_hub(hub: StreamHub, *, events: int = 200) -> None:
    """All kinds with a state, cut-offs that passed, a rejected event, a request on its way."""
    wish = ReplanWanted(lane_id=world.LANE, cause="measured", about="C1")
    async with hub.worker():
        await hub.send(*world.morning(), *workload.facts(events, seed=8))
        await hub.send(*(fact_of(event, event_id=event.name, at=START) for event in EVENTS))
        await hub.tick(LATER)
        await hub.until_committed()

    async def idle(_relay: OutboxRelay) -> bool:
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OutboxRelay, "_publish", idle)  # the request stays in the outbox
        async with hub.worker():
            await hub.send(fact_of(wish, event_id="wish", at=LATER))
            await hub.tick(LATER + timedelta(hours=1))
            await hub.until("the lane asks for a plan", lambda: pending_request(hub))


async def pending_request(hub: StreamHub) -> PendingRequest | None:
    """The request of the lane that has not come back as a fact."""
    body = await hub.pool.fetchval("select body from lane where key = $1", world.LANE)
    return None if body is None else msgspec.json.decode(unpack(body), type=Pending).pending_request


class Pending(msgspec.Struct):
    """What a lane's state has in every form."""

    pending_request: PendingRequest | None = None
