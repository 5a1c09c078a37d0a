"""An instance from outside is checked before anything is computed from it."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Instance


def check_instance(instance: Instance) -> None:
    """Raise InvalidInput that names field and value of the first thing that makes no sense."""
    _aware("clock_at", instance.clock_at)
    _unique("departures[].voyage_id", (d.voyage_id for d in instance.departures))
    _unique("demands[].consignment_id", (d.consignment_id for d in instance.demands))
    _unique(
        "consolidations[].consolidation_id", (c.consolidation_id for c in instance.consolidations)
    )
    _unique(
        "consolidations[].consignment_ids",
        (one for c in instance.consolidations if c.stage != "slushy" for one in c.consignment_ids),
    )
    _unique("trucks[].truck_id", (truck.truck_id for truck in instance.trucks))
    _unique(
        "demands[].cartons[].unit_ids",
        (u for d in instance.demands for g in d.cartons for u in g.unit_ids),
    )
    for number, demand in enumerate(instance.demands):
        where = f"demands[{number}] ({demand.consignment_id})"
        _aware(f"{where}.available_at", demand.available_at)
        if demand.latest_arrival_at is not None:
            _aware(f"{where}.latest_arrival_at", demand.latest_arrival_at)
        _positive(f"{where}.volume_cm3", demand.volume_cm3)
        _positive(f"{where}.gross_g", demand.gross_g)
        for group in demand.cartons:
            _positive(f"{where}.cartons[].length_mm", group.length_mm)
            _positive(f"{where}.cartons[].width_mm", group.width_mm)
            _positive(f"{where}.cartons[].height_mm", group.height_mm)
            _positive(f"{where}.cartons[].gross_g", group.gross_g)
    for number, departure in enumerate(instance.departures):
        for field in ("etd_at", "eta_at", "lco_at", "gate_in_by_at"):
            _aware(f"departures[{number}].{field}", getattr(departure, field))
        _unique(f"departures[{number}].offers[].iso_type", (o.iso_type for o in departure.offers))
    for field in instance.hours.__struct_fields__:
        _positive(f"hours.{field}", getattr(instance.hours, field))
    if not 0 < instance.rules.plan_fill_permille <= 1_000:
        raise InvalidInput(
            f"rules.plan_fill_permille is {instance.rules.plan_fill_permille}; expected 1 to 1000"
        )


def _unique(field: str, ids: Iterable[str]) -> None:
    twice = sorted(one for one, count in Counter(ids).items() if count > 1)
    if twice:
        raise InvalidInput(f"{field}: {twice[0]!r} stands there twice; each may stand once")


def _aware(field: str, instant: datetime) -> None:
    if instant.tzinfo is None:
        raise InvalidInput(f"{field} is {instant.isoformat()}; expected an instant with its zone")


def _positive(field: str, value: int) -> None:
    if value <= 0:
        raise InvalidInput(f"{field} is {value}; expected at least 1")
