"""Traces: the parents of a unit, every fact about it, and the change by each fact."""

from typing import Any

import asyncpg
import pytest

from groupage.app.commands.refold import trace_effects
from groupage.domain.errors import NotFound
from groupage.domain.events.base import Event
from groupage.domain.events.equipment import ContainerSealed
from groupage.domain.events.unit import (
    UnitLoaded,
    UnitPacked,
    UnitReceived,
    UnitStored,
    UnitUnpacked,
)
from groupage.domain.gs1 import canonical_id
from groupage.domain.state.base import State
from groupage.store.facts import facts_of
from groupage.store.readers.tracing import Trace, TracedFact, trace
from tests.api.hub import fact, store_facts
from tests.api.world import BOX, FIRST

pytestmark = pytest.mark.integration
Hub = asyncpg.Pool


def by_type(found: Trace, name: str) -> TracedFact:
    """Find the only fact of a type."""
    (fact_,) = [each for each in found.facts if each.type == name]
    return fact_


async def test_unit_of_a_consignment(hub: "Hub[asyncpg.Record]") -> None:
    """The trace has its own facts only, parents from the pallet outwards, and the changes."""
    found = await trace_effects(hub, "u-1")
    assert (found.id, found.kind, found.parents) == ("u-1", "unit", ("pallet-9", "rack-1"))
    assert [each.type for each in found.facts] == ["unit.received", "unit.measured", "unit.packed"]
    received = by_type(found, "unit.received")
    assert (received.owner_kind, received.owner) == ("consignment", "CN-1")
    assert received.changed is not None
    assert received.changed["condition"] == (None, "good")
    assert by_type(found, "unit.packed").changed == {"parent": (None, "pallet-9")}
    measured: Any = by_type(found, "unit.measured").changed
    assert measured["measured"] == (None, (500, 400, 300, 10_000))


async def test_consignment(hub: "Hub[asyncpg.Record]") -> None:
    """All its facts, each with its change of the state."""
    found = await trace_effects(hub, "CN-1")
    assert (found.kind, found.parents) == ("consignment", (FIRST,))
    booked = by_type(found, "consignment.booked")
    assert booked.changed is not None
    assert booked.changed["status"] == (None, "ACCEPTED")
    assert len(found.facts) == 7
    received: Any = [each.changed for each in found.facts if each.type == "unit.received"]
    assert received[0]["units.u-1.condition"] == (None, "good")
    assert "units.u-1.measured" not in received[0]
    for each in found.facts:
        assert each.changed is not None
        assert not each.changed.keys() & set(State.__struct_fields__), "the fold's bookkeeping"


async def test_a_rejected_fact_has_its_reason(hub: "Hub[asyncpg.Record]") -> None:
    """A unit is loaded that was never received: unit and consignment show the rejection."""
    loaded = UnitLoaded(unit_id="u-9", consignment_id="CN-3", equipment_ref=BOX)
    await hub.execute("delete from consignment where key = 'CN-3'")
    stored = await _facts_of(hub, "CN-3")
    await hub.execute("delete from fact where key = 'CN-3'")
    await store_facts(hub, [*stored, fact(loaded, 90)])
    found = await trace_effects(hub, "u-9")
    (only,) = found.facts
    assert only.refused
    plain = await trace(hub, "u-9")
    assert plain.facts[0].refused == only.refused
    assert plain.facts[0].changed is None


async def _facts_of(pool: "asyncpg.Pool[asyncpg.Record]", key: str) -> list[Any]:
    return [stored.fact for stored in await facts_of(pool, "consignment", [key])]


async def test_corrected_facts_change_nothing(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Corrected and retracted facts are marked; only the correction changes the state."""
    first = fact(UnitStored(unit_id="u", location="A-1"), 1, event_id="e-1")
    better = fact(UnitStored(unit_id="u", location="A-2"), 1, event_id="e-2", correction_of="e-1")
    wrong = fact(UnitPacked(unit_id="u", parent_id="p"), 2, event_id="e-3")
    gone = fact(
        UnitPacked(unit_id="u", parent_id="p"),
        2,
        event_id="e-4",
        correction_of="e-3",
        retracted=True,
    )
    await store_facts(pool, [first, better, wrong, gone])
    found = await trace_effects(pool, "u")
    facts = {each.event_id: each for each in found.facts}
    assert found.parents == ()
    assert {name for name, each in facts.items() if each.withdrawn} == {"e-1", "e-3"}
    assert facts["e-1"].changed == facts["e-3"].changed == facts["e-4"].changed == {}
    corrected: Any = facts["e-2"].changed
    assert corrected["location"] == (None, "A-2")


async def test_container_and_its_facts(hub: "Hub[asyncpg.Record]") -> None:
    """A container has facts of its own and no parent."""
    found = await trace_effects(hub, BOX)
    assert (found.kind, found.parents) == ("container", ())
    arrived: Any = by_type(found, "container.gated_in").changed
    assert arrived["status"] == ("RELEASED", "AT_HUB")


async def test_consolidation_and_its_container(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """An unknown id is an error; an id without parents is not."""
    await store_facts(pool, [fact(ContainerSealed(equipment_ref=BOX, seal_no="S-1"), 1)])
    assert (await trace_effects(pool, BOX)).parents == ()
    with pytest.raises(NotFound, match="CSL-404"):
        await trace_effects(pool, "CSL-404")
    with pytest.raises(NotFound, match="as a unit"):
        await trace_effects(pool, BOX, kind="unit")


LINK = "https://id.gs1.org/00/{}"
SSCCS = ("340123450000000014", "340123450000000021", "340123450000000038")


async def test_chain_of_logistic_units(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Carton, case, pallet, container: the trace spells ids as the question does."""
    carton, case, pallet = map(canonical_id, SSCCS)
    events: list[Event] = [
        UnitPacked(unit_id=carton, parent_id=case),
        UnitPacked(unit_id=case, parent_id=pallet),
        UnitLoaded(unit_id=pallet, equipment_ref=BOX),
    ]
    await store_facts(pool, [fact(event, minute) for minute, event in enumerate(events)])
    assert (await trace_effects(pool, carton)).parents == (case, pallet, BOX)
    assert (await trace_effects(pool, LINK.format(carton))).parents == (
        LINK.format(case),
        LINK.format(pallet),
        BOX,
    )
    assert (await trace(pool, case)).parents == (pallet, BOX)


async def test_the_latest_parent_counts(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """After unpacking, the next parent counts; a circle, which wrong facts can make, ends."""
    events: list[Event] = [
        UnitPacked(unit_id="u", parent_id="a"),
        UnitUnpacked(unit_id="u", parent_id="a"),
        UnitPacked(unit_id="u", parent_id="b"),
        UnitPacked(unit_id="b", parent_id="c"),
        UnitPacked(unit_id="c", parent_id="u"),
    ]
    await store_facts(pool, [fact(event, minute) for minute, event in enumerate(events)])
    assert (await trace_effects(pool, "u")).parents == ("b", "c")


async def test_forwarded_facts_appear_once(hub: "Hub[asyncpg.Record]") -> None:
    """A fact that waited under the unit's key until it was forwarded to its consignment is one."""
    waited = fact(UnitReceived(unit_id="u-7"), 3, event_id="w-1")
    handed = fact(UnitReceived(unit_id="u-7", consignment_id="CN-8"), 3, event_id="w-1")
    await store_facts(hub, [waited, handed])
    found = await trace_effects(hub, "u-7")
    (only,) = found.facts
    assert (only.owner_kind, only.owner) == ("consignment", "CN-8")
