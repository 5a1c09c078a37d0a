"""Check an instance from outside before anything is computed from it."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import (
    CartonGroup,
    Demand,
    DriverHours,
    Instance,
    PreloadedCarton,
    RoadModel,
)
from groupage.domain.plan import Placement
from groupage.domain.units import MM3_PER_CM3

_POSITIVE: dict[type, tuple[str, ...]] = {
    Demand: ("volume_cm3", "gross_g"),
    CartonGroup: ("length_mm", "width_mm", "height_mm", "gross_g"),
    ContainerSpec: ("length_mm", "width_mm", "height_mm", "door_width_mm", "door_height_mm"),
    RoadModel: ("speed_m_per_s", "far_speed_m_per_s"),
    DriverHours: DriverHours.__struct_fields__,
}
_SIGNED = ("latitude_udeg", "longitude_udeg", "seed")
_REPORTED = (PreloadedCarton, Placement)
"""A wrong carton position, typed in at the container, concerns this container alone: the loader
reports it and the lane is planned."""
_NUMBER_MAX = 10**15
_SECONDS_MAX = 10**9
_INNER_MM_MAX = 100_000
"""Above these limits sums, instants and tables overflow; no hub has anything of that size."""
_YEARS = range(1970, 2200)


def check_instance(instance: Instance) -> None:
    """Raise InvalidInput with field and value of the first thing that makes no sense."""
    _check_unique("departures[].voyage_id", (d.voyage_id for d in instance.departures))
    _check_unique("demands[].consignment_id", (d.consignment_id for d in instance.demands))
    _check_unique(
        "consolidations[].consolidation_id", (c.consolidation_id for c in instance.consolidations)
    )
    _check_unique(
        "consolidations[].consignment_ids",
        (i for c in instance.consolidations if c.stage != "slushy" for i in c.consignment_ids),
    )
    _check_unique("trucks[].truck_id", (truck.truck_id for truck in instance.trucks))
    _check_unique(
        "demands[].cartons[].unit_ids",
        (u for d in instance.demands for g in d.cartons for u in g.unit_ids),
    )
    for number, departure in enumerate(instance.departures):
        _check_unique(
            f"departures[{number}].offers[].iso_type", (o.iso_type for o in departure.offers)
        )
    if not 0 < instance.rules.plan_fill_permille <= 1_000:
        raise InvalidInput(
            f"rules.plan_fill_permille is {instance.rules.plan_fill_permille}; expected 1 to 1000"
        )
    _check_fields("", instance)
    for number, demand in enumerate(instance.demands):
        _check_sums(f"demands[{number}] ({demand.consignment_id})", demand)
    _check_committed(instance)


def _check_sums(where: str, demand: Demand) -> None:
    """Check that volume and mass of a demand are those of its cartons.

    Space is planned by the sums and loaded by the cartons: a plan from sums that contradict the
    cartons would not fit, or would leave space unused. A volume may be rounded once for all cartons
    or once for each. A demand without cartons has sums alone.
    """
    if not demand.cartons:
        return
    counts = [len(group.unit_ids) for group in demand.cartons]
    gross_g = sum(
        group.gross_g * count for group, count in zip(demand.cartons, counts, strict=True)
    )
    if demand.gross_g != gross_g:
        raise InvalidInput(
            f"{where}.gross_g is {demand.gross_g}; its {sum(counts)} cartons weigh {gross_g} g"
        )
    mm3 = sum(
        group.length_mm * group.width_mm * group.height_mm * count
        for group, count in zip(demand.cartons, counts, strict=True)
    )
    if not mm3 // MM3_PER_CM3 <= demand.volume_cm3 <= mm3 // MM3_PER_CM3 + sum(counts) + 1:
        raise InvalidInput(
            f"{where}.volume_cm3 is {demand.volume_cm3}; its {sum(counts)} cartons have "
            f"{-(-mm3 // MM3_PER_CM3)} cm³"
        )


def _check_committed(instance: Instance) -> None:
    """Check that the container of each committed consignment exists and has it on its manifest."""
    containers = {c.consolidation_id: c for c in instance.consolidations}
    manifested = {
        consignment_id: container
        for container in containers.values()
        if container.stage != "slushy"
        for consignment_id in container.consignment_ids
    }
    voyages = {departure.voyage_id for departure in instance.departures}
    for number, demand in enumerate(instance.demands):
        current = demand.current_consolidation_id
        if not demand.committed or current is None:
            continue
        container = manifested.get(demand.consignment_id) or containers.get(current)
        if container is None:
            fault = "no such consolidation"
        elif container.consolidation_id != current:
            fault = f"expected {container.consolidation_id!r}"
        elif container.stage != "slushy" and demand.consignment_id not in container.consignment_ids:
            fault = f"which is {container.stage} and does not name it in consignment_ids"
        elif container.stage == "slushy" and container.voyage_id not in voyages:
            fault = f"whose voyage {container.voyage_id!r} is not in departures"
        else:
            continue
        where = f"demands[{number}] ({demand.consignment_id}).current_consolidation_id"
        raise InvalidInput(f"{where} is {current!r} and committed: {fault}")


def _check_unique(field: str, ids: Iterable[str]) -> None:
    repeated = sorted(value for value, count in Counter(ids).items() if count > 1)
    if repeated:
        raise InvalidInput(f"{field}: {repeated[0]!r} occurs twice; expected it once")


def _check_fields(where: str, value: msgspec.Struct) -> None:
    """Check every number and instant in a value by the unit in its name; no unit goes below 0."""
    for field in value.__struct_fields__:
        name = f"{where}.{field}" if where else field
        content = getattr(value, field)
        if isinstance(content, datetime):
            _check_instant(name, content)
        elif isinstance(content, int | float) and field not in _SIGNED:
            least = 1 if field in _POSITIVE.get(type(value), ()) else 0
            most = _upper_limit(value, field)
            if not least <= content <= most:
                raise InvalidInput(f"{name} is {content}; expected {least} to {most}")
        elif isinstance(content, msgspec.Struct):
            _check_fields(name, content)
        elif isinstance(content, tuple):
            for number, part in enumerate(content):
                if isinstance(part, msgspec.Struct) and not isinstance(part, _REPORTED):
                    label = f" ({part.consignment_id})" if isinstance(part, Demand) else ""
                    _check_fields(f"{name}[{number}]{label}", part)


def _upper_limit(value: msgspec.Struct, field: str) -> int:
    if isinstance(value, ContainerSpec) and field.endswith("_mm"):
        return _INNER_MM_MAX
    return _SECONDS_MAX if field.endswith("_s") else _NUMBER_MAX


def _check_instant(name: str, instant: datetime) -> None:
    if instant.tzinfo is None:
        raise InvalidInput(f"{name} is {instant.isoformat()}; expected an instant with its zone")
    if instant.year not in _YEARS:
        raise InvalidInput(
            f"{name} is {instant.isoformat()}; expected a year of {_YEARS[0]} to {_YEARS[-1]}"
        )
