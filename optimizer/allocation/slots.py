"""The containers an allocation may use: those open already, and new ones on offer."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from groupage.domain.containers import ContainerSpec, spec_of
from groupage.domain.instance import Departure, Instance, OpenConsolidation
from optimizer.allocation import pricing
from optimizer.allocation.bulk import bulk_cm3, bulk_room_cm3


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One container, or `copies_max` alike new ones that are counted and not told apart."""

    key: str
    """Consolidation id; of new ones a made-up name."""
    departure: Departure | None
    """None: of a fixed container whose voyage cannot be planned any more."""
    spec: ContainerSpec
    existing: OpenConsolidation | None = None
    copies_max: int = 1
    open_cost: int
    """Freight and handling of one copy, US cents."""
    usable_cm3: int
    bulk_max_cm3: int
    """See `bulk`. At least what the published plan has in it: that was loaded once."""
    payload_g: int
    place: str
    """All that a single consignment minds: the consolidation, or any new one of the pool."""

    @property
    def fixed(self) -> bool:
        """Frozen or locked: contents stay."""
        return self.existing is not None and self.existing.stage != "slushy"

    @property
    def pool(self) -> tuple[str, str]:
        """Departure and type: new containers of one pool are alike."""
        return (self.departure.voyage_id if self.departure else "", self.spec.iso_type)


def usable_cm3(spec: ContainerSpec, instance: Instance) -> int:
    """Volume that a plan may fill."""
    return spec.volume_cm3 * instance.rules.plan_fill_permille // 1_000


def existing_slots(instance: Instance, departures: Mapping[str, Departure]) -> tuple[Slot, ...]:
    """Open consolidations, in the order of their ids; not those that lost their voyage unfixed."""
    demands = {demand.consignment_id: demand for demand in instance.demands}
    slots = []
    for open_one in sorted(instance.consolidations, key=lambda c: c.consolidation_id):
        departure = departures.get(open_one.voyage_id)
        if departure is None and open_one.stage == "slushy":
            continue
        committed = [
            demand
            for demand in demands.values()
            if demand.committed and demand.current_consolidation_id == open_one.consolidation_id
        ]
        spec = open_one.spec
        usable = max(usable_cm3(spec, instance), sum(demand.volume_cm3 for demand in committed))
        published = [
            demand
            for demand in demands.values()
            if demand.current_consolidation_id == open_one.consolidation_id
        ]
        slots.append(
            Slot(
                key=open_one.consolidation_id,
                place=open_one.consolidation_id,
                departure=departure,
                spec=spec,
                existing=open_one,
                open_cost=(pricing.freight(departure, spec.iso_type) if departure else 0)
                + instance.weights.container_handling,
                usable_cm3=usable,
                bulk_max_cm3=max(
                    bulk_room_cm3(spec, usable),
                    sum(bulk_cm3(demand, spec) for demand in published),
                ),
                payload_g=max(spec.payload_g, sum(demand.gross_g for demand in committed)),
            )
        )
    return tuple(slots)


def room_in_pools(instance: Instance) -> dict[tuple[str, str], int]:
    """How many containers that are not fixed a plan may have, by departure and type.

    An offer without a number is limited by the consignments; containers with committed cargo
    always stay.
    """
    count = len(instance.demands)
    stays = {d.current_consolidation_id for d in instance.demands if d.committed}
    fixed: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    for open_one in instance.consolidations:
        pool = (open_one.voyage_id, open_one.spec.iso_type)
        fixed[pool] += open_one.stage != "slushy"
        held[pool] += open_one.stage == "slushy" and open_one.consolidation_id in stays
    return {
        pool: max(
            count if offer.available is None else min(count, offer.available - fixed[pool]),
            held[pool],
        )
        for departure in instance.departures
        for offer in departure.offers
        for pool in [(departure.voyage_id, offer.iso_type)]
    }


def new_slot(
    instance: Instance, departure: Departure, iso_type: str, *, key: str, copies_max: int
) -> Slot:
    """New containers of one departure and type."""
    spec = spec_of(iso_type)
    return Slot(
        key=key,
        place=pool_key(departure.voyage_id, iso_type),
        departure=departure,
        spec=spec,
        copies_max=copies_max,
        open_cost=pricing.freight(departure, iso_type) + instance.weights.container_handling,
        usable_cm3=usable_cm3(spec, instance),
        bulk_max_cm3=bulk_room_cm3(spec, usable_cm3(spec, instance)),
        payload_g=spec.payload_g,
    )


def pooled_slots(
    instance: Instance, departures: Iterable[Departure], room: Mapping[tuple[str, str], int]
) -> tuple[Slot, ...]:
    """New containers of each pool as one counted slot."""
    return tuple(
        new_slot(
            instance,
            departure,
            offer.iso_type,
            key=pool_key(departure.voyage_id, offer.iso_type),
            copies_max=room[departure.voyage_id, offer.iso_type],
        )
        for departure in departures
        for offer in sorted(departure.offers, key=lambda o: o.iso_type)
        if room[departure.voyage_id, offer.iso_type] > 0
    )


def pool_key(voyage_id: str, iso_type: str) -> str:
    """Name of the counted slot of a pool."""
    return f"new {voyage_id} {iso_type}"


def new_id(instance: Instance, voyage_id: str, iso_type: str, number: int) -> str:
    """Id of the `number`-th container that this plan opens in a pool.

    The request's sequence keeps it apart from those of earlier plans, also dissolved ones.
    """
    voyage = voyage_id.replace("/", "-")
    return f"CSL-{instance.lane_id}-{voyage}-{iso_type}-{instance.sequence}.{number:02d}"
