"""Refuse input that makes no sense, naming the item and the field."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from groupage.domain.containers import ContainerSpec
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import CartonGroup, FixedStanding, Rules

CARTONS_MAX = 20_000
"""More than this in one container is a mistake in the data: a 45' box holds 86 m³."""


class _Lot(Protocol):
    @property
    def consignment_id(self) -> str: ...
    @property
    def cartons(self) -> tuple[CartonGroup, ...]: ...


def _positive(item: str, value: object, fields: Iterable[str], *, at_least: int = 1) -> None:
    for field in fields:
        number = getattr(value, field)
        if number < at_least:
            msg = f"{item}: {field} is {number}, must be at least {at_least}"
            raise InvalidInput(msg)


def _check_group(item: str, group: CartonGroup) -> None:
    if not group.unit_ids:
        msg = f"{item}: unit_ids is empty, must name each carton"
        raise InvalidInput(msg)
    _positive(item, group, ("length_mm", "width_mm", "height_mm", "gross_g"))
    if group.max_top_load_g is not None:
        _positive(item, group, ("max_top_load_g",), at_least=0)


def _check_lots(lots: Sequence[_Lot]) -> None:
    consignments: set[str] = set()
    units: dict[str, str] = {}
    for lot in lots:
        name = f"consignment {lot.consignment_id}"
        if lot.consignment_id in consignments:
            msg = f"{name}: consignment_id stands twice, must be unique in a container"
            raise InvalidInput(msg)
        consignments.add(lot.consignment_id)
        if not lot.cartons:
            msg = f"{name}: cartons is empty, must have at least one group"
            raise InvalidInput(msg)
        for number, group in enumerate(lot.cartons, start=1):
            _check_group(f"{name}, carton group {number}", group)
            for unit_id in group.unit_ids:
                if unit_id in units:
                    msg = f"{name}: unit_ids names {unit_id} again (first in {units[unit_id]})"
                    raise InvalidInput(msg)
                units[unit_id] = name
    if len(units) > CARTONS_MAX:
        msg = f"lots: {len(units)} cartons for one container, must be at most {CARTONS_MAX}"
        raise InvalidInput(msg)


def _check_fixed(spec: ContainerSpec, fixed: Sequence[FixedStanding]) -> None:
    seen: set[str] = set()
    for box in fixed:
        item = f"standing carton {box.unit_id}"
        _positive(item, box, ("dx_mm", "dy_mm", "dz_mm"))
        _positive(item, box, ("x_mm", "y_mm", "z_mm"), at_least=0)
        if box.unit_id in seen:
            msg = f"{item}: unit_id stands twice"
            raise InvalidInput(msg)
        seen.add(box.unit_id)
        for axis, end, limit in (
            ("x_mm", box.x_mm + box.dx_mm, spec.length_mm),
            ("y_mm", box.y_mm + box.dy_mm, spec.width_mm),
            ("z_mm", box.z_mm + box.dz_mm, spec.height_mm),
        ):
            if end > limit:
                msg = f"{item}: {axis} + size is {end}, must be at most {limit}"
                raise InvalidInput(msg)


def check_input(
    spec: ContainerSpec,
    lots: Sequence[_Lot],
    fixed: Sequence[FixedStanding],
    rules: Rules,
    *,
    effort: int,
) -> None:
    """Raise InvalidInput for the first thing that makes no sense."""
    item = f"container {spec.iso_type}"
    _positive(item, spec, ("length_mm", "width_mm", "height_mm", "door_width_mm", "door_height_mm"))
    _positive(item, spec, ("payload_g",))
    _positive("rules", rules, ("wall_margin_mm", "door_margin_mm"), at_least=0)
    free_mm = (
        spec.length_mm - rules.wall_margin_mm - rules.door_margin_mm,
        spec.width_mm - 2 * rules.wall_margin_mm,
    )
    if min(free_mm) < 1:
        msg = (
            f"rules: wall_margin_mm {rules.wall_margin_mm} and door_margin_mm "
            f"{rules.door_margin_mm} leave no room in {item}"
        )
        raise InvalidInput(msg)
    if effort < 1:
        msg = f"effort is {effort}, must be at least 1"
        raise InvalidInput(msg)
    _check_lots(lots)
    _check_fixed(spec, fixed)
