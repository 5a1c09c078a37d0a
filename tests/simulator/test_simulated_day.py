"""The simulated day alone, and against a hub on paper."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.encoding import encode, envelope_json
from groupage.domain.checkdigits import container_problem, unit_problem
from groupage.domain.commands import RollConsignment
from groupage.domain.errors import InvalidInput
from groupage.domain.events.consignment import AsnReceived, ConsignmentBooked
from groupage.domain.events.consolidation import ConsolidationFrozen
from groupage.domain.events.equipment import ContainerGatedOut, ContainerSealed
from groupage.domain.events.unit import UnitLoaded, UnitMeasured, UnitReceived, UnitUnloaded
from groupage.domain.fact import Fact
from producers.simulator.parameters import Parameters, parameters_for
from producers.simulator.simulation import Simulation
from tests.simulator.paper_hub import PaperHub

_BEAT = timedelta(minutes=10)


def play(parameters: Parameters, *, hub: PaperHub | None = None) -> tuple[list[Fact], Simulation]:
    """The whole day; with a hub on paper its plans are followed."""
    simulation, facts = Simulation(parameters), []
    while not simulation.finished:
        sent = simulation.advance(simulation.now + _BEAT)
        facts += sent
        for event in hub.take(sent) if hub else ():
            simulation.observe(event)
        if simulation.gate:
            simulation.open_gates()
    return facts, simulation


@pytest.fixture(scope="module")
def planned_day() -> tuple[list[Fact], Simulation]:
    """A small day whose plans a hub on paper makes."""
    return play(parameters_for("small", seed=3), hub=PaperHub())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two runs of one seed are equal fact by fact; another seed differs."""
    first, _ = play(parameters_for("small", seed=5), hub=PaperHub())
    again, _ = play(parameters_for("small", seed=5), hub=PaperHub())
    other, _ = play(parameters_for("small", seed=6), hub=PaperHub())
    assert list(map(envelope_json, first)) == list(map(envelope_json, again))
    assert [fact.event_id for fact in first] != [fact.event_id for fact in other]


@pytest.mark.slow
def test_a_second_day_on_the_same_hub() -> None:
    """Plans hold consignments that the first day left; the desk rolls them and loads its own."""
    hub = PaperHub()
    first = parameters_for("small", seed=5)
    play(first, hub=hub)
    second = parameters_for("small", seed=6, day_at=first.day_at + timedelta(days=1))
    facts, simulation = play(second, hub=hub)
    assert simulation.finished
    rolled = {fact.data.consignment_id for fact in facts if isinstance(fact.data, RollConsignment)}
    booked = {fact.key for fact in facts if isinstance(fact.data, ConsignmentBooked)}
    frozen = [fact.data for fact in facts if isinstance(fact.data, ConsolidationFrozen)]
    listed = {name for manifest in frozen for name in manifest.consignment_ids}
    assert rolled - booked, "no plan held anything of the first day"
    assert listed
    assert listed <= booked


@pytest.mark.slow
def test_one_more_exception_leaves_other_streams_alone() -> None:
    """Without any damaged cargo all bookings of lots that keep their exceptions stay the same."""
    parameters = parameters_for("small", seed=5)
    rates = msgspec.structs.replace(parameters.rates, late=0.5, duplicate=0.0)
    dirty, _ = play(msgspec.structs.replace(parameters, rates=rates))
    plain, _ = play(parameters)

    def bookings(facts: list[Fact]) -> dict[str, ConsignmentBooked]:
        return {f.key: f.data for f in facts if isinstance(f.data, ConsignmentBooked)}

    assert bookings(dirty) == bookings(plain)


@pytest.mark.slow
def test_every_fact_is_a_valid_record_and_survives_the_file(
    planned_day: tuple[list[Fact], Simulation],
) -> None:
    """The codec takes each fact as it is, and a line of JSON gives it back."""
    for fact in planned_day[0]:
        encode(fact)
        assert fact_from_json(envelope_json(fact)) == fact


@pytest.mark.slow
def test_facts_leave_in_order_and_ids_are_unique(
    planned_day: tuple[list[Fact], Simulation],
) -> None:
    """Sending times never run back; the same (source, id) comes again only as the same fact."""
    facts, _ = planned_day
    assert all(one.recorded_at <= two.recorded_at for one, two in pairwise(facts))
    seen: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        bare = msgspec.structs.replace(fact, recorded_at=fact.occurred_at)
        assert seen.setdefault((fact.source, fact.event_id), bare) == bare


@pytest.mark.slow
def test_check_digits_are_right(planned_day: tuple[list[Fact], Simulation]) -> None:
    """Every unit and every container carries a number that passes its check."""
    for fact in planned_day[0]:
        if isinstance(fact.data, UnitReceived):
            assert unit_problem(fact.data.unit_id) is None
        if isinstance(fact.data, ContainerSealed):
            assert container_problem(fact.data.equipment_ref) is None


@pytest.mark.slow
def test_causes_come_before_effects(planned_day: tuple[list[Fact], Simulation]) -> None:
    """Received before measured before loaded before sealed before gated out, by true times."""
    times: dict[str, dict[str, datetime]] = defaultdict(dict)
    for fact in planned_day[0]:
        if not fact.retracted:
            times[fact.subject].setdefault(fact.type, fact.occurred_at)
    order = ("unit.received", "unit.measured", "unit.staged", "unit.loaded")
    boxes = ("container.released", "container.picked_up", "container.gated_in")
    ends = ("container.inspected", "container.sealed", "vgm.verified", "container.gated_out")
    for known in times.values():
        for steps in (order, boxes + ends):
            happened = [known[step] for step in steps if step in known]
            assert happened == sorted(happened)


def _loaded_at_seal(facts: list[Fact]) -> dict[str, dict[str, set[str]]]:
    """Units by consolidation and consignment, as they stood at the end."""
    standing: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    box_of: dict[str, str] = {}
    for fact in sorted(facts, key=lambda one: one.occurred_at):
        event = fact.data
        if isinstance(event, UnitLoaded):
            box_of[event.equipment_ref] = event.consolidation_id or ""
            standing[event.consolidation_id or ""][event.consignment_id or ""].add(event.unit_id)
        elif isinstance(event, UnitUnloaded):
            box = box_of[event.equipment_ref]
            standing[box][event.consignment_id or ""].discard(event.unit_id)
    return standing


@pytest.mark.slow
def test_what_is_sealed_is_what_the_last_manifest_lists(
    planned_day: tuple[list[Fact], Simulation],
) -> None:
    """The loaded set of each container that left is its last manifest, no carton in two boxes."""
    facts, simulation = planned_day
    manifest = {
        fact.key: set(fact.data.consignment_ids)
        for fact in facts
        if isinstance(fact.data, ConsolidationFrozen)
    }
    out = {f.data.consolidation_id or "" for f in facts if isinstance(f.data, ContainerGatedOut)}
    standing = _loaded_at_seal(facts)
    everything = [unit for box in out for units in standing[box].values() for unit in units]
    assert out
    assert len(everything) == len(set(everything)) == simulation.outcome().cartons_out
    for box in out:
        assert set(standing[box]) == manifest[box]


@pytest.mark.slow
def test_cartons_stand_as_planned_or_say_why_not(
    planned_day: tuple[list[Fact], Simulation],
) -> None:
    """Each loaded carton has its planned place, or a deviation in words."""
    facts, simulation = planned_day
    planned = {
        (box.id, place.unit_id): (place.x_mm, place.y_mm, place.z_mm)
        for box in simulation.boxes.values()
        for place in box.plan.placements
    }
    deviating = 0
    for event in (fact.data for fact in facts):
        if not isinstance(event, UnitLoaded) or event.standing is None:
            continue
        place = (event.standing.x_mm, event.standing.y_mm, event.standing.z_mm)
        as_planned = planned[event.consolidation_id or "", event.unit_id] == place
        assert as_planned == event.as_planned == (not event.deviation)
        deviating += not as_planned
    assert deviating > 0


@pytest.mark.slow
def test_every_exception_happens(planned_day: tuple[list[Fact], Simulation]) -> None:
    """Also a small day meets each kind of exception and of dirt that its rates give."""
    outcome = planned_day[1].outcome()
    expected = {
        "short", "over", "damaged", "wrong_marks", "unfit", "measured_deviates", "dangerous",
        "dangerous_undeclared", "voyage_delayed",
        "late_truck", "no_show", "cancelled_before_arrival", "cancelled_after_receipt", "amended",
        "credit_hold", "docs_hold", "customs_scan", "customs_inspection", "customs_rejected",
        "voyage_blank", "carrier_roll", "cancelled_after_freeze", "amended_after_freeze",
        "manifest_resubmitted", "container_unfit", "container_swapped", "vgm_mismatch",
        "seal_broken", "restowed", "taken_out", "short_waits", "short_back_orders", "wet",
        "damaged_rejected", "dangerous_docs_missing", "dangerous_rejected", "train_slot_cut",
        "documents_late", "dead_freight", "vgm_late", "rolled_to_next_sailing",
    }  # fmt: skip
    assert expected <= outcome.handled.keys()
    assert outcome.dirt.keys() == {"duplicate", "late", "wrong_clock", "corrected", "retracted"}


@pytest.mark.slow
def test_sizes_are_met_at_the_scale_of_one_operator() -> None:
    """At T0 cartons, volume and modes come out as stated."""
    simulation = Simulation(parameters_for("t0", seed=11))
    lots = list(simulation._world.lots.values())
    cartons = sum(len(lot.cartons) for lot in lots)
    assert cartons == pytest.approx(70_000, rel=0.2)
    volume_m3 = sum(one.volume_cm3 for lot in lots for one in lot.cartons) / 1e6
    assert volume_m3 / 55 == pytest.approx(100, rel=0.25)
    modes = Counter(lot.booking.mode for lot in lots)
    assert 0.74 < modes["1039"] / len(lots) < 0.83
    assert all(lot.booking.value.amount_minor <= 15_000_000 for lot in lots)


@pytest.mark.slow
def test_without_plans_the_cargo_comes_and_stays() -> None:
    """Nobody answers: everything arrives, nothing is loaded."""
    facts, simulation = play(parameters_for("small", seed=3))
    types = {fact.type for fact in facts}
    assert "unit.received" in types
    assert not types & {"unit.loaded", "consolidation.frozen", "container.released"}
    assert simulation.outcome().lots_departed == 0


@pytest.mark.slow
def test_announced_and_received_units_add_up(
    planned_day: tuple[list[Fact], Simulation],
) -> None:
    """Received = announced − short + over, lot by lot, for lots that came."""
    announced: dict[str, set[str]] = {}
    received: dict[str, set[str]] = defaultdict(set)
    measured: dict[str, set[str]] = defaultdict(set)
    for fact in planned_day[0]:
        match fact.data:
            case AsnReceived(consignment_id=lot, units=units):
                announced[lot] = {one.unit_id for one in units}
            case UnitReceived(consignment_id=str(lot), unit_id=unit):
                received[lot].add(unit)
            case UnitMeasured(consignment_id=str(lot), unit_id=unit):
                measured[lot].add(unit)
            case _:
                pass
    for one in planned_day[1]._world.lots.values():
        if not received[one.id]:
            continue
        assert measured[one.id] == received[one.id]
        difference = len(received[one.id]) - len(announced[one.id])
        if "over" in one.exceptions:
            assert difference == 1
        elif "short" in one.exceptions:
            assert difference <= 0
        else:
            assert difference == 0


@pytest.mark.parametrize(("scale", "seed"), [("huge", 1), ("small", -1), ("small", 10_000)])
def test_wrong_parameters_are_refused(scale: str, seed: int) -> None:
    """The message names what would be right."""
    with pytest.raises(InvalidInput, match="choose one"):
        parameters_for(scale, seed=seed)
