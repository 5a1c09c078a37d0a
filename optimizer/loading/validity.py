"""Reject invalid input with an error that names the item and the field."""

from collections.abc import Iterable, Sequence

from groupage.domain.containers import ContainerSpec
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import CartonGroup, PreloadedCarton, Rules
from optimizer.loading.stock import Cargo

CARTONS_MAX = 20_000
"""More than this in one container is an error in the data: a 45-foot container holds 86 m³."""


def _require_minimum(item: str, value: object, fields: Iterable[str], *, at_least: int = 1) -> None:
    for field in fields:
        number = getattr(value, field)
        if number < at_least:
            msg = f"{item}: {field} is {number}, must be at least {at_least}"
            raise InvalidInput(msg)


def _check_group(item: str, group: CartonGroup) -> None:
    if not group.unit_ids:
        msg = f"{item}: unit_ids is empty, must name each carton"
        raise InvalidInput(msg)
    _require_minimum(item, group, ("length_mm", "width_mm", "height_mm", "gross_g"))
    if group.max_top_load_g is not None:
        _require_minimum(item, group, ("max_top_load_g",), at_least=0)


def _check_cargo(cargo: Sequence[Cargo]) -> None:
    consignments: set[str] = set()
    units: dict[str, str] = {}
    for consignment in cargo:
        name = f"consignment {consignment.consignment_id}"
        if consignment.consignment_id in consignments:
            msg = f"{name}: consignment_id occurs twice, must be unique in a container"
            raise InvalidInput(msg)
        consignments.add(consignment.consignment_id)
        if not consignment.cartons:
            msg = f"{name}: cartons is empty, must have at least one group"
            raise InvalidInput(msg)
        for number, group in enumerate(consignment.cartons, start=1):
            _check_group(f"{name}, carton group {number}", group)
            for unit_id in group.unit_ids:
                if unit_id in units:
                    msg = f"{name}: unit_ids names {unit_id} again (first in {units[unit_id]})"
                    raise InvalidInput(msg)
                units[unit_id] = name
    if len(units) > CARTONS_MAX:
        msg = f"cargo: {len(units)} cartons for one container, must be at most {CARTONS_MAX}"
        raise InvalidInput(msg)


def _check_preloaded(spec: ContainerSpec, preloaded: Sequence[PreloadedCarton]) -> None:
    seen: set[str] = set()
    for carton in preloaded:
        item = f"preloaded carton {carton.unit_id}"
        _require_minimum(item, carton, ("dx_mm", "dy_mm", "dz_mm"))
        _require_minimum(item, carton, ("x_mm", "y_mm", "z_mm"), at_least=0)
        if carton.unit_id in seen:
            msg = f"{item}: unit_id occurs twice"
            raise InvalidInput(msg)
        seen.add(carton.unit_id)
        for axis, end, limit in (
            ("x_mm", carton.x_mm + carton.dx_mm, spec.length_mm),
            ("y_mm", carton.y_mm + carton.dy_mm, spec.width_mm),
            ("z_mm", carton.z_mm + carton.dz_mm, spec.height_mm),
        ):
            if end > limit:
                msg = f"{item}: {axis} + size is {end}, must be at most {limit}"
                raise InvalidInput(msg)


def check_input(
    spec: ContainerSpec,
    cargo: Sequence[Cargo],
    preloaded: Sequence[PreloadedCarton],
    rules: Rules,
    *,
    effort: int,
) -> None:
    """Raise InvalidInput for the first invalid value."""
    item = f"container {spec.iso_type}"
    _require_minimum(
        item, spec, ("length_mm", "width_mm", "height_mm", "door_width_mm", "door_height_mm")
    )
    _require_minimum(item, spec, ("payload_g",))
    _require_minimum("rules", rules, ("wall_margin_mm", "door_margin_mm"), at_least=0)
    free_mm = (
        spec.length_mm - rules.wall_margin_mm - rules.door_margin_mm,
        spec.width_mm - 2 * rules.wall_margin_mm,
    )
    if min(free_mm) < 1:
        msg = (
            f"rules: wall_margin_mm {rules.wall_margin_mm} and door_margin_mm "
            f"{rules.door_margin_mm} leave no space in {item}"
        )
        raise InvalidInput(msg)
    if effort < 1:
        msg = f"effort is {effort}, must be at least 1"
        raise InvalidInput(msg)
    _check_cargo(cargo)
    _check_preloaded(spec, preloaded)
