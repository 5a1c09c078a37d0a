"""How ids stand now, and what is in a container, on a real database."""

from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from groupage.app.commands.summary_words import lines_of
from groupage.domain.errors import NotFound
from groupage.domain.events.base import Place
from groupage.domain.events.consignment import PickUp
from groupage.domain.events.equipment import TruckArrived
from groupage.domain.events.planning import LaneForbidden, LanePinned, PlanApproved
from groupage.domain.events.schedule import Cutoff, SailingPublished
from groupage.domain.plan import Plan
from groupage.domain.state.base import State
from groupage.domain.state.consignment import ConsignmentState, LoadMove
from groupage.domain.state.consolidation import ConsolidationState, Manifest
from groupage.domain.state.container import ContainerState
from groupage.domain.state.voyage import VoyageState
from groupage.domain.states import ConsolidationStatus
from groupage.store.pool import Connection
from groupage.store.readers.contents import read_contents
from groupage.store.readers.facts import read_state
from groupage.store.readers.lists import ConsolidationFilter, list_consolidations
from groupage.store.readers.load_plans import find_load_plan
from groupage.store.readers.summary_views import (
    CartonSummary,
    ConsignmentSummary,
    ContainerSummary,
    SailingSummary,
    TruckSummary,
)
from groupage.store.readers.tracing import cut_history, trace
from groupage.store.state_codec import pack
from tests.api.hub import START, fact, store_facts, store_plan
from tests.api.world import BOX, FIRST, LANE, SECOND, VOYAGE, first_plan, route, second_plan

pytestmark = pytest.mark.integration
Hub = asyncpg.Pool


async def change(hub: Connection, kind: type[State], key: str, **fields: Any) -> None:
    """Change a stored state."""
    state = await read_state(hub, kind, key)
    assert state is not None
    for name, value in fields.items():
        setattr(state, name, value)
    table = kind.__name__.removesuffix("State").lower()
    body = pack(msgspec.json.encode(state))
    await hub.execute(f"update {table} set body = $2 where key = $1", key, body)


def sailing_published() -> SailingPublished:
    """Publish a voyage of the lane."""
    return SailingPublished(
        voyage_id="FE4/1",
        service_id="FE4",
        mode="VESSEL",
        carrier="OCEANA",
        pol="CNNGB",
        pod="NLRTM",
        etd_at=START + timedelta(days=4),
        eta_at=START + timedelta(days=34),
        cutoffs=(
            Cutoff(code="VCO", due_at=START + timedelta(days=3)),
            Cutoff(code="LCO", due_at=START + timedelta(days=2)),
        ),
        equipment=(),
    )


async def load(hub: Connection, *, departed: bool) -> None:
    """Load u-1 into the container, elsewhere than planned; the container may have left."""
    consignment = await read_state(hub, ConsignmentState, "CN-1")
    assert consignment is not None
    carton = consignment.units["u-1"]
    carton.loaded_in = BOX
    at, standing = START + timedelta(hours=2), (800, 0, 0, 500, 400, 300)
    carton.moves = [
        LoadMove(at=at, fact_id="f", into=True, equipment_ref=BOX, standing=standing, deviation="?")
    ]
    left_at = START + timedelta(hours=3) if departed else None
    await change(hub, ConsignmentState, "CN-1", units=consignment.units, departed_at=left_at)
    manifest = Manifest(
        manifest_ref="M-1",
        equipment_ref=BOX,
        seal_no="",
        consignment_ids=("CN-1",),
        filed_at=START + timedelta(hours=1),
    )
    await change(hub, ConsolidationState, FIRST, manifest=manifest, gated_out_at=left_at)
    await change(hub, ContainerState, BOX, consolidation_id=FIRST, seals=["S-1", "S-2"])


def plan_with_cartons(plan_id: str, sequence: int, *units: str) -> Plan:
    """Make the first plan with other cartons of CN-1, one behind the other."""
    plan = first_plan()
    (container,) = plan.containers
    (carton, *_) = container.placements
    placements = tuple(
        replace(carton, unit_id=unit, x_mm=400 * number, sequence=number + 1)
        for number, unit in enumerate(units)
    )
    return replace(
        plan,
        plan_id=plan_id,
        request_id=f"RQ-{plan_id}",
        sequence=sequence,
        containers=(replace(container, placements=placements),),
    )


async def test_a_consignment_now(hub: "Hub[asyncpg.Record]") -> None:
    """State, cartons, what is missing, the container and its cut-off, the truck."""
    now = (await trace(hub, "CN-1")).now
    assert isinstance(now, ConsignmentSummary)
    assert (now.status, now.consolidation_id, now.plan_id) == ("RECEIVED", FIRST, "P-1")
    assert (now.cartons, now.measured) == ({"received": 2}, 1)
    assert now.missing == ("1 carton to measure", "a declaration to customs")
    assert now.voyage is not None
    assert (now.voyage.voyage_id, now.voyage.status) == (VOYAGE, "SCHEDULED")
    (cutoff,) = now.cutoffs
    assert (cutoff.code, cutoff.name, cutoff.state) == ("LCO", "cargo at the hub", "at_risk")
    assert cutoff.waits_for == ("CN-1",)
    assert cutoff.missing == ("not received: CN-1",)
    assert (now.pick_up.place, now.pick_up.job) == ("", None), "its shipper brings it"


async def test_a_consignment_that_a_truck_fetches(hub: "Hub[asyncpg.Record]") -> None:
    """The truck, its route and when it comes, by the plan."""
    state = await read_state(hub, ConsignmentState, "CN-1")
    assert state is not None
    assert state.booking is not None
    place = Place(place_id="D4-1207", latitude_udeg=0, longitude_udeg=0, name="Futian")
    wanted = PickUp(place=place, ready_at=START, latest_at=START + timedelta(hours=5))
    await change(hub, ConsignmentState, "CN-1", booking=replace(state.booking, pickup=wanted))
    now = (await trace(hub, "CN-1")).now
    assert isinstance(now, ConsignmentSummary)
    assert now.pick_up.place == "Futian"
    assert now.pick_up.job is not None
    assert now.pick_up.job.route is not None
    assert now.pick_up.job.route.truck_id == "van-01"
    assert now.pick_up.job.arrive_at == START + timedelta(hours=3, minutes=30)


async def test_a_truck_at_the_dock(hub: "Hub[asyncpg.Record]") -> None:
    """The visit has the plate and the dock."""
    arrived = TruckArrived(visit_id="V-1", plate="浙G51522", dock="D07", consignment_ids=("CN-1",))
    await store_facts(hub, [fact(arrived, 9)])
    await change(hub, ConsignmentState, "CN-1", visits=["V-1"], arrived_at=START)
    now = (await trace(hub, "CN-1")).now
    assert isinstance(now, ConsignmentSummary)
    (visit,) = now.pick_up.visits
    assert (visit.visit_id, visit.plate, visit.dock) == ("V-1", "浙G51522", "D07")
    truck = (await trace(hub, "V-1")).now
    assert isinstance(truck, TruckSummary)
    assert (truck.plate, truck.dock, truck.consignments) == ("浙G51522", "D07", ("CN-1",))
    assert dict(lines_of(truck))["brings"] == "CN-1"


async def test_what_a_dispatcher_decided(hub: "Hub[asyncpg.Record]") -> None:
    """Pins and forbidden voyages stand with who wished them, until the consignment has left."""
    wishes = [
        fact(
            LanePinned(
                lane_id=LANE, consignment_id="CN-1", by="Li", voyage_id="FE4/1", reason="VIP"
            ),
            30,
        ),
        fact(
            LaneForbidden(
                lane_id=LANE, consignment_id="CN-1", by="Wang", voyage_id="FE4/0", roll=True
            ),
            31,
        ),
    ]
    await store_facts(hub, wishes)
    now = (await trace(hub, "CN-1")).now
    assert isinstance(now, ConsignmentSummary)
    assert [(each.does, each.voyage_id, each.by, each.reason) for each in now.steering] == [
        ("pinned", "FE4/1", "Li", "VIP"),
        ("rolled", "FE4/0", "Wang", ""),
    ]
    await change(hub, ConsignmentState, "CN-1", departed_at=START)
    now = (await trace(hub, "CN-1")).now
    assert isinstance(now, ConsignmentSummary)
    assert now.steering == ()


async def test_a_voyage_now(hub: "Hub[asyncpg.Record]") -> None:
    """Its times, its cut-offs in order, and the consolidations that count on it."""
    published = sailing_published()
    await store_facts(hub, [fact(published, 1)])
    now = (await trace(hub, "FE4/1")).now
    assert isinstance(now, SailingSummary)
    assert (now.status, now.lane_id, now.etd_at) == ("SCHEDULED", LANE, published.etd_at)
    assert [cutoff.code for cutoff in now.cutoffs] == ["LCO", "VCO"]


async def test_what_a_voyage_carries_and_what_it_left_behind(hub: "Hub[asyncpg.Record]") -> None:
    """A broken-up container is empty in lists, too; after departure only what left counts."""
    await store_facts(hub, [fact(sailing_published(), 1)])
    await change(hub, VoyageState, "FE4/1", followers=[FIRST, SECOND])

    async def carried() -> tuple[tuple[str, ...], tuple[str, ...]]:
        now = (await trace(hub, "FE4/1", kind="voyage")).now
        assert isinstance(now, SailingSummary)
        return now.consolidations, now.left_behind

    assert await carried() == ((FIRST,), (f"{SECOND} (given up)",))
    await hub.execute("update consolidation set status = 'BROKEN_UP' where key = $1", FIRST)
    assert await carried() == ((), (f"{FIRST} (BROKEN_UP)", f"{SECOND} (given up)"))
    page = await list_consolidations(hub, ConsolidationFilter(status=ConsolidationStatus.BROKEN_UP))
    (row,) = page.items
    assert (row.members, row.planned_volume_cm3, row.fill_permille) == (0, 0, None)


async def test_a_held_consignment_and_one_left_out(hub: "Hub[asyncpg.Record]") -> None:
    """The hold with its reason and who placed it; the rule that kept it out of the plan."""
    await hub.execute("update lane set published_plan_id = 'P-2'")
    now = (await trace(hub, "CN-2")).now
    assert isinstance(now, ConsignmentSummary)
    (hold,) = now.holds
    assert (hold.hold_id, hold.hold, hold.by) == ("H-1", "DOCS", "desk")
    assert now.left_out is not None
    assert now.left_out.reason == "hold H-1 (DOCS) stands"
    assert now.cartons == {"expected": 2}
    assert now.waiting is not None
    assert (now.waiting.plan_id, now.waiting.plan_sequence) == ("P-2", 2)
    assert (now.waiting.left_voyage_id, now.waiting.next.due_at) == ("", None)


async def test_a_reason_whose_voyage_has_left_is_old(hub: "Hub[asyncpg.Record]") -> None:
    """Cargo that is available and that no plan mentions says since when it waits."""
    plan = replace(second_plan(), plan_id="P-3", request_id="RQ-3", sequence=3)
    (left,) = plan.left_out
    late = msgspec.structs.replace(left, next_voyage_id="FE4/1")
    await store_plan(hub, replace(plan, left_out=(late,)), published=True)
    await hub.execute(
        "insert into voyage values ('FE4/1', 0, 1, $1, null, 1, '', 'DEPARTED', $2, $1, $1)",
        START,
        LANE,
    )
    now = (await trace(hub, "CN-2")).now
    assert isinstance(now, ConsignmentSummary)
    assert now.waiting is not None
    assert now.waiting.left_voyage_id == "FE4/1"
    await change(hub, ConsignmentState, "CN-3", available_at=START + timedelta(hours=1))
    now = (await trace(hub, "CN-3")).now
    assert isinstance(now, ConsignmentSummary)
    assert now.waiting is not None
    assert (now.left_out, now.waiting.plan_id) == (None, "P-3")


async def test_a_carton_in_the_hub_and_in_its_container(hub: "Hub[asyncpg.Record]") -> None:
    """Where it will stand by the plan; once it is loaded, where it was reported."""
    await store_plan(hub, plan_with_cartons("P-3", 3, "u-2", "u-1"), published=True)
    await change(hub, ConsolidationState, FIRST, plan_id="P-3")
    now = (await trace(hub, "u-1")).now
    assert isinstance(now, CartonSummary)
    assert (now.status, now.consignment_id, now.plan_id) == ("RECEIVED", "CN-1", "P-3")
    assert now.stowage is not None
    assert (now.stowage.row, now.stowage.sequence, now.stowage.reported) == (2, 2, False)
    await load(hub, departed=False)
    now = (await trace(hub, "u-1")).now
    assert isinstance(now, CartonSummary)
    assert (now.status, now.container, now.deviation) == ("LOADED", BOX, "?")
    assert now.stowage is not None
    assert (now.stowage.x_mm, now.stowage.reported) == (800, True)


async def test_a_container_that_left_keeps_its_load_plan(hub: "Hub[asyncpg.Record]") -> None:
    """A later plan does not know it; its contents are what was loaded, not what was planned."""
    early = replace(plan_with_cartons("P-3", 3, "u-2", "u-1"), decided_at=START)
    late = replace(plan_with_cartons("P-4", 4, "u-2"), decided_at=START + timedelta(hours=4))
    approved = PlanApproved(lane_id=LANE, plan_id="P-3", by="policy")
    await store_facts(hub, [fact(approved, 1, relayed_by="lane")])
    await store_plan(hub, early)
    await store_plan(hub, late, published=True)
    await change(hub, ConsolidationState, FIRST, plan_id="P-3")
    await load(hub, departed=True)
    contents = await read_contents(hub, BOX)
    assert (contents.now.container, contents.now.consolidation_id) == (BOX, FIRST)
    assert (contents.now.plan_id, contents.now.seals) == ("P-3", ("S-1", "S-2"))
    assert not contents.now.plan_in_force
    assert contents.now.departed_at == START + timedelta(hours=3)
    assert [row.consignment_id for row in contents.consignments] == ["CN-1"]
    assert [(carton.unit_id, carton.reported) for carton in contents.cartons] == [("u-1", True)]
    assert await read_contents(hub, FIRST) == contents
    with pytest.raises(NotFound, match="CSQU0000000"):
        await read_contents(hub, "CSQU0000000")


async def test_an_open_consolidation_goes_by_the_plan_in_force(hub: "Hub[asyncpg.Record]") -> None:
    """If that does not load it, an older plan does not count any more."""
    state = ConsolidationState(key=FIRST, lane_id=LANE, plan_id="P-0")
    found = await find_load_plan(hub, state)
    assert found is not None
    assert (found.plan_id, found.in_force) == ("P-1", True)
    await hub.execute("update lane set published_plan_id = 'P-2'")
    assert await find_load_plan(hub, state) is None
    assert await find_load_plan(hub, ConsolidationState(key=FIRST, lane_id=LANE)) is None
    state.ended = "BROKEN_UP"
    assert await find_load_plan(hub, state) is None


async def test_a_container_now(hub: "Hub[asyncpg.Record]") -> None:
    """A container without a consolidation, and a consolidation without a container."""
    container = (await trace(hub, BOX)).now
    assert isinstance(container, ContainerSummary)
    assert (container.container_status, container.status) == ("AT_HUB", "")
    consolidation = (await trace(hub, FIRST)).now
    assert isinstance(consolidation, ContainerSummary)
    assert (consolidation.consignments, consolidation.pieces) == (1, 2)
    assert (consolidation.plan_id, consolidation.plan_in_force) == ("P-1", True)
    await change(hub, ConsolidationState, FIRST, planned_ids=("CN-1", "CN-2"))
    consolidation = (await trace(hub, FIRST)).now
    assert isinstance(consolidation, ContainerSummary)
    assert [hold.hold_id for hold in consolidation.held] == ["H-1"]


async def test_the_truck_that_hauls_a_container(hub: "Hub[asyncpg.Record]") -> None:
    """The tractor that collects it at the hub, and when."""
    tour = route("tractor-1", hour=5)
    stops = [
        replace(stop, action="collect_container", reference=FIRST)
        if stop.action == "pickup"
        else stop
        for stop in tour.stops
    ]
    plan = replace(
        first_plan(),
        plan_id="P-3",
        request_id="RQ-3",
        sequence=3,
        routes=(replace(tour, stops=tuple(stops)),),
    )
    await store_plan(hub, plan, published=True)
    now = (await trace(hub, FIRST)).now
    assert isinstance(now, ContainerSummary)
    assert now.haul is not None
    assert now.haul.route is not None
    assert now.haul.route.truck_id == "tractor-1"
    assert now.haul.arrive_at == START + timedelta(hours=5, minutes=30)


async def test_the_history_can_be_cut(hub: "Hub[asyncpg.Record]") -> None:
    """The newest facts, those from a time on; the trace says how many it leaves out."""
    whole = await trace(hub, "CN-1")
    last = cut_history(whole, last=2)
    assert (last.facts, last.facts_left_out) == (whole.facts[-2:], 5)
    assert cut_history(whole, last=0).facts == ()
    since = cut_history(whole, since_at=START + timedelta(minutes=12))
    assert [fact.type for fact in since.facts] == [
        "unit.measured",
        "unit.packed",
        "consignment.allocated",
    ]
    assert cut_history(whole).facts_left_out == 0
