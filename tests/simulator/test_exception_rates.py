"""Every stated rate is met, and what is stated to happen happens: several days against paper."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest

from groupage.domain.events.consignment import (
    ConsignmentBooked,
    DgApproved,
    DgDeclared,
    HoldPlaced,
    RerateAccepted,
)
from groupage.domain.events.consolidation import (
    ConsolidationBrokenUp,
    ConsolidationFrozen,
    ConsolidationRolled,
)
from groupage.domain.events.equipment import ContainerGatedOut, ContainerSealed, VgmVerified
from groupage.domain.events.schedule import CarrierBookingRolled, SailingPublished
from groupage.domain.fact import Fact
from producers.simulator.boxes import Box
from producers.simulator.met_rates import Met
from producers.simulator.parameters import Parameters, parameters_for
from producers.simulator.rates import Rates
from producers.simulator.simulation import Outcome, Simulation
from tests.simulator.chance import tail
from tests.simulator.paper_hub import PaperHub
from tests.simulator.test_simulated_day import play

_SEEDS = range(21, 26)
_IMPROBABLE = 1e-4
"""One of 50 counts in 200 sets of seeds would be beyond it by chance."""


def operators_day(seed: int) -> Parameters:
    """One operator's day with small lots: the same lots and boxes, a sixth of the cartons."""
    day = parameters_for("t0", seed=seed)
    return msgspec.structs.replace(day, sizes=msgspec.structs.replace(day.sizes, cartons_mean=6.0))


class Played(NamedTuple):
    """One day."""

    facts: list[Fact]
    simulation: Simulation
    outcome: Outcome

    def about(self, kind: type[Any]) -> Iterator[tuple[datetime, Any]]:
        """When what of that kind happened."""
        return ((one.occurred_at, one.data) for one in self.facts if isinstance(one.data, kind))

    def box(self, consolidation_id: str) -> Box:
        """As the hub's people know it."""
        return self.simulation.boxes[consolidation_id]


@pytest.fixture(scope="module")
def days() -> list[Played]:
    """Several days of one operator."""
    played = [play(operators_day(seed), hub=PaperHub()) for seed in _SEEDS]
    return [Played(facts, simulation, simulation.outcome()) for facts, simulation in played]


@pytest.mark.slow
def test_every_rate_is_counted(days: list[Played]) -> None:
    """No stated rate is without its count, and each kind happens on each day."""
    stated = {field.name for field in msgspec.structs.fields(Rates)}
    for day in days:
        assert day.outcome.rates.keys() == stated
        assert [name for name, met in day.outcome.rates.items() if met.times == 0] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Rates)])
def test_realised_counts_are_within_chance(days: list[Played], name: str) -> None:
    """Pooled over the days: as many as the rate says, within binomial limits.

    On a day with occasions for less than one of it there is just the one that every day has.
    """
    met = [day.outcome.rates[name] for day in days]
    rare = [one for one in met if one.rate * one.of < 1]
    assert {one.times for one in rare} <= {1}
    often = [one for one in met if one not in rare]
    if often:
        pooled = Met(
            rate=met[0].rate, of=sum(o.of for o in often), times=sum(o.times for o in often)
        )
        assert tail(pooled.times, of=pooled.of, rate=pooled.rate) > _IMPROBABLE, pooled


@pytest.mark.parametrize(
    ("times", "of", "rate", "right"),
    [(0, 10, 0.5, 1 / 1024), (10, 10, 0.5, 1 / 1024), (1, 2, 0.5, 0.75), (3, 9, 1.0, 0.0)],
)
def test_the_measure_of_chance(times: int, of: int, rate: float, right: float) -> None:
    """Tails as worked out by hand."""
    assert tail(times, of=of, rate=rate) == pytest.approx(right)


@pytest.mark.slow
def test_late_documents_miss_their_cutoff_and_the_box_does_not_sail(days: list[Played]) -> None:
    """No manifest before the deadline; afterwards rolled to the next sailing or dissolved."""
    rolled = dissolved = 0
    for day in days:
        frozen = {event.consolidation_id for _, event in day.about(ConsolidationFrozen)}
        out = {event.consolidation_id for _, event in day.about(ContainerGatedOut)}
        late = day.simulation.parameters.times.dco_after_lco_h
        for at, event in day.about(ConsolidationRolled):
            if "documents" not in event.reason:
                continue
            rolled += 1
            box = day.box(event.consolidation_id)
            assert at > box.sailing.lco_at + timedelta(hours=late)
            assert event.consolidation_id not in frozen | out
            assert event.to_voyage_id.partition("/")[0] == box.sailing.line.service_id
            assert event.to_voyage_id != box.sailing.voyage_id
        for at, event in day.about(ConsolidationBrokenUp):
            if "dead freight" in event.reason:
                dissolved += 1
                box = day.box(event.consolidation_id)
                assert at > box.sailing.lco_at + timedelta(hours=late)
                assert event.consolidation_id not in frozen | out
        handled = day.outcome.handled
        assert handled["documents_late"] + handled["vgm_late"] == (
            handled["rolled_to_next_sailing"] + handled["dead_freight"]
        )
    assert rolled >= 2
    assert dissolved >= len(days)


@pytest.mark.slow
def test_a_late_gross_mass_keeps_the_sealed_box_in_the_yard(days: list[Played]) -> None:
    """Sealed in time, missed, rolled, weighed after the cut-off; it does not drive out."""
    for day in days:
        hours = day.simulation.parameters.times.vco_after_lco_h
        sealed = {event.consolidation_id: at for at, event in day.about(ContainerSealed)}
        weighed = {event.consolidation_id: at for at, event in day.about(VgmVerified)}
        out = {event.consolidation_id for _, event in day.about(ContainerGatedOut)}
        for at, event in day.about(ConsolidationRolled):
            name = event.consolidation_id
            if "VGM" in event.reason:
                due_at = day.box(name).sailing.lco_at + timedelta(hours=hours)
                assert sealed[name] < due_at < at < weighed[name]
                assert name not in out
        assert {name for name in sealed if weighed[name] < sealed[name]} == set()


@pytest.mark.slow
def test_what_a_short_lot_left_behind_is_booked_anew(days: list[Played]) -> None:
    """A back-order has the missing pieces of its lot, and comes with labels of its own."""
    for day in days:
        bookings = {event.consignment_id: event for _, event in day.about(ConsignmentBooked)}
        later = {name for name in bookings if name.endswith("-B")}
        assert len(later) == day.outcome.rates["short_back_orders"].times
        lots = day.simulation._world.lots
        for name in later:
            first = lots[name.removesuffix("-B")]
            missing = len(first.cartons) - len(first.in_hand)
            assert sum(line.pieces for line in bookings[name].lines) == missing > 0
            labels = {one.unit_id for one in lots[name].cartons}
            assert len(labels) == missing
            assert labels.isdisjoint(one.unit_id for one in first.cartons)


@pytest.mark.slow
def test_dangerous_goods_without_papers_are_quarantined(days: list[Played]) -> None:
    """Declared, held, declared again with the sheet, and only then judged."""
    for day in days:
        held = {e.consignment_id: at for at, e in day.about(HoldPlaced) if "sheet" in e.reason}
        approved = {event.consignment_id: at for at, event in day.about(DgApproved)}
        papers = {e.consignment_id: at for at, e in day.about(DgDeclared) if e.msds_ref}
        assert len(held) == day.outcome.rates["dangerous_docs_missing"].times
        for name, at in held.items():
            assert at < papers[name]
            assert approved.get(name, papers[name]) >= papers[name]


@pytest.mark.slow
def test_trains_lose_slots_and_ships_places(days: list[Played]) -> None:
    """A slot cut is about a train, a roll about a ship."""
    for day in days:
        trains = {e.voyage_id for _, e in day.about(SailingPublished) if e.mode == "RAIL"}
        cut = {e.voyage_id for _, e in day.about(CarrierBookingRolled) if "wagons" in e.reason}
        rolled = {e.voyage_id for _, e in day.about(CarrierBookingRolled)} - cut
        assert cut
        assert rolled
        assert cut <= trains
        assert rolled.isdisjoint(trains)


@pytest.mark.slow
def test_every_lot_beyond_the_tolerance_is_settled(days: list[Played]) -> None:
    """Whatever the hub would ask a re-rate for, the shipper was asked and answered."""
    for day in days:
        accepted = {event.consignment_id for _, event in day.about(RerateAccepted)}
        for lot in day.simulation._world.lots.values():
            if lot.gone or not lot.tallied or not lot.agreed:
                continue
            pieces = sum(line.pieces for line in lot.booking.lines)
            declared_g = sum(line.pieces * line.gross_g for line in lot.booking.lines)
            gross_g = sum(one.gross_g for one in lot.in_hand)
            if gross_g * pieces * 1_000 > declared_g * len(lot.in_hand) * 1_050:
                assert lot.id in accepted
