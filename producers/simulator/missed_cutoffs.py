"""Cut-offs missed although the cargo is at the hub: documents (DCO) and gross mass (VGM, VCO).

The hub warns before and says afterwards that the cut-off was missed. Then people act: the box goes
with the next sailing, or its space is paid empty and its cargo looks for another place.
"""

from datetime import datetime, timedelta

from groupage.domain.events.consignment import ConsignmentNoted
from groupage.domain.events.consolidation import (
    ConsolidationBooked,
    ConsolidationBrokenUp,
    ConsolidationRolled,
)
from producers.simulator.boxes import Box
from producers.simulator.event_emitter import CUSTOMS, DESK
from producers.simulator.sailings import Sailing
from producers.simulator.world import World


class CutoffDesk:
    """Decides which containers miss a cut-off, and what happens to them."""

    def __init__(self, world: World, sailings: list[Sailing]) -> None:
        self._world = world
        self._sailings = sailings
        rates, boxes = world.parameters.rates, world.parameters.sizes.boxes_least
        self._documents = world.quota(rates.documents_late, "documents_late", first_within=boxes)
        self._vgm = world.quota(rates.vgm_late, "vgm_late", first_within=boxes)
        self._dead_freight = world.quota(rates.dead_freight, "dead_freight", first_within=1)

    def documents_come_late(self, box: Box) -> bool:
        """Return whether a shipper's instructions come after the cut-off; once per container."""
        if box.papers_looked_at:
            return False
        box.papers_looked_at = True
        return self._documents.hit()

    def vgm_comes_late(self) -> bool:
        """Return whether the weighbridge is out of order until after the next cut-off."""
        return self._vgm.hit()

    def documents_missed_at(self, box: Box) -> datetime:
        """Return when people act on the missed documents cut-off."""
        hours = self._world.parameters.times.dco_after_lco_h
        return self._decision_at(box.sailing.lco_at + timedelta(hours=hours))

    def vgm_missed_at(self, box: Box) -> datetime:
        """Return when people act on the missed VGM cut-off."""
        return self._decision_at(self._vco_at(box))

    def vgm_known_at(self, box: Box) -> datetime:
        """Return when the weighbridge works again."""
        times = self._world.parameters.times
        late_s = self._world.span(times.vgm_late_from_s, times.vgm_late_until_s, "vgm", box.id)
        return self._vco_at(box) + timedelta(seconds=late_s)

    def _vco_at(self, box: Box) -> datetime:
        return box.sailing.lco_at + timedelta(hours=self._world.parameters.times.vco_after_lco_h)

    def _decision_at(self, due_at: datetime) -> datetime:
        return due_at + timedelta(seconds=self._world.parameters.times.decide_after_miss_s)

    def miss_documents(self, box: Box) -> bool:
        """Roll the container, or give its space up; return True if given up."""
        self._world.handled["documents_late"] += 1
        given_up = self._dead_freight.hit()
        later = self._next(box.sailing)
        if given_up or later is None:
            self._give_up(box)
            return True
        self._roll(box, later, "shipper's instructions came after the documents cut-off")
        return False

    def miss_vgm(self, box: Box) -> None:
        """Roll a sealed container: it waits in the yard for the next sailing."""
        self._world.handled["vgm_late"] += 1
        later = self._next(box.sailing)
        if later is None:
            box.gone = "no gross mass before the cut-off, and no later sailing"
            return
        self._roll(box, later, "gross mass was verified after the VGM cut-off")

    def _next(self, sailing: Sailing) -> Sailing | None:
        lane = (
            other
            for other in self._sailings
            if other.lane_id == sailing.lane_id and not other.blank
        )
        return next((other for other in lane if other.index > sailing.index), None)

    def _roll(self, box: Box, later: Sailing, reason: str) -> None:
        world = self._world
        world.handled["rolled_to_next_sailing"] += 1
        box.gone = f"rolled: {reason}"
        rolled = ConsolidationRolled(
            consolidation_id=box.id, to_voyage_id=later.voyage_id, reason=reason
        )
        world.emit(rolled, DESK)
        booking = f"{later.carrier_booking_id}-{box.plan.spec.iso_type}"
        world.emit(ConsolidationBooked(consolidation_id=box.id, carrier_booking_id=booking), DESK)
        self._tell_customs(box, later)

    def _tell_customs(self, box: Box, later: Sailing) -> None:
        """Declare a change of ship for each lot declared for the old one."""
        for lot_id in box.plan.consignment_ids:
            lot = self._world.lots.get(lot_id)  # None: another simulated day left it on the hub
            if lot is not None and lot.declared:
                changed = ConsignmentNoted(
                    consignment_id=lot_id,
                    milestone="change_of_ship",
                    references=(box.sailing.voyage_id, later.voyage_id),
                )
                self._world.emit(changed, CUSTOMS)

    def _give_up(self, box: Box) -> None:
        self._world.handled["dead_freight"] += 1
        box.gone = "dead freight: documents after the cut-off"
        broken = ConsolidationBrokenUp(
            consolidation_id=box.id,
            reason="documents after the cut-off, no place on the next sailing: dead freight",
        )
        self._world.emit(broken, DESK)
