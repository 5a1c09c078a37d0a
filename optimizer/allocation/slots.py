"""The containers that an allocation may use: open ones, and new ones on offer."""

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import Departure, Instance, OpenConsolidation


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One container, or `copies_max` identical new ones that the model counts."""

    key: str
    """The consolidation id; a made-up name for new containers."""
    departure: Departure | None
    """None for a frozen or locked container whose voyage cannot be planned any more."""
    spec: ContainerSpec
    existing: OpenConsolidation | None = None
    copies_max: int = 1
    open_cost: int
    """Freight and handling of one copy, US cents."""
    usable_cm3: int
    bulk_max_cm3: int
    """The limit of rule `bulk`; at least what the published plan has in it: that was loaded."""
    payload_g: int
    cost_key: str
    """A consignment costs the same in all slots with this key: the consolidation's id, or one name
    for all new containers of a pool."""

    @property
    def fixed(self) -> bool:
        """Frozen or locked: the contents stay."""
        return self.existing is not None and self.existing.stage != "slushy"

    @property
    def pool(self) -> tuple[str, str]:
        """Departure and type: new containers of one pool are identical."""
        return (self.departure.voyage_id if self.departure else "", self.spec.iso_type)


def usable_cm3(spec: ContainerSpec, instance: Instance) -> int:
    """Return the volume that a plan may fill."""
    return spec.volume_cm3 * instance.rules.plan_fill_permille // 1_000


def pool_key(voyage_id: str, iso_type: str) -> str:
    """Return the name of the counted slot of a pool."""
    return f"new {voyage_id} {iso_type}"


def new_id(instance: Instance, voyage_id: str, iso_type: str, number: int) -> str:
    """Return the id of the `number`-th container that this plan opens in a pool.

    The request's sequence keeps it apart from the ids of earlier plans, also of dissolved
    containers.
    """
    voyage = voyage_id.replace("/", "-")
    return f"CSL-{instance.lane_id}-{voyage}-{iso_type}-{instance.sequence}.{number:02d}"
