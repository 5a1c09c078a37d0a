"""Events of a logistic unit and of a container, by business step."""

from collections.abc import Callable
from typing import Literal

from groupage.domain.events.base import Event
from groupage.domain.events.equipment import (
    ContainerGatedIn,
    ContainerGatedOut,
    ContainerInspected,
    ContainerMoved,
    ContainerOnBoard,
    ContainerPickedUp,
    ContainerWeighed,
    VgmVerified,
)
from groupage.domain.events.unit import (
    UnitMeasured,
    UnitMoved,
    UnitReceived,
    UnitShipped,
    UnitStaged,
    UnitStored,
    UnitUnpacked,
)
from producers.dead_letters import QuarantineCode
from producers.epcis.observation import Observation
from producers.epcis.unmapped import Unmapped

Condition = Literal["good", "damaged", "wet", "wrong_marks"]
_CONDITIONS: dict[str, Condition] = {
    "damaged": "damaged",
    "destroyed": "damaged",
    "mismatch_class": "wrong_marks",
    "mismatch_instance": "wrong_marks",
}
_FIT = frozenset(("conformant", "available", "container_open", "active"))
_UNFIT = frozenset(("non_conformant", "damaged", "needs_replacement", "unavailable", "destroyed"))


def unit_event(seen: Observation, unit_id: str) -> Event:
    """Map the business step to an event of a unit. Raises Unmapped."""
    return _find_step(_UNIT_STEPS, seen)(seen, unit_id)


def container_event(seen: Observation, equipment_ref: str) -> Event:
    """Map the business step to an event of a container. Raises Unmapped."""
    return _find_step(_CONTAINER_STEPS, seen)(seen, equipment_ref)


_Step = Callable[[Observation, str], Event]


def _find_step(steps: dict[str, _Step], seen: Observation) -> _Step:
    if not seen.step:
        raise Unmapped(
            QuarantineCode.NO_BUSINESS_STEP,
            f"a {seen.kind} without bizStep says nothing that the hub acts on",
        )
    try:
        return steps[seen.step]
    except KeyError:
        known = ", ".join(sorted(steps))
        raise Unmapped(
            QuarantineCode.STEP_NOT_OF_A_HUB,
            f"the hub does not act on bizStep {seen.step!r}; it acts on {known}",
        ) from None


def _unit_received(seen: Observation, unit_id: str) -> Event:
    return UnitReceived(
        unit_id=unit_id,
        consignment_id=seen.consignment_id,
        condition=_CONDITIONS.get(seen.disposition, "good"),
        dock=seen.place,
        visit_id=seen.own_ids.get("visit"),
    )


def _unit_measured(seen: Observation, unit_id: str) -> Event:
    size, gross_g = seen.measurement.size, seen.measurement.gross_g
    if size is None or gross_g is None:
        if not seen.measurement.any_report:
            raise Unmapped(
                QuarantineCode.NO_DIMENSIONS, f"{seen.step} without a report of size or mass"
            )
        raise Unmapped(
            QuarantineCode.MEASURE_INCOMPLETE, f"missing: {', '.join(seen.measurement.missing)}"
        )
    return UnitMeasured(
        unit_id=unit_id,
        consignment_id=seen.consignment_id,
        size=size,
        gross_g=gross_g,
        device=seen.measurement.device,
    )


def _unit_stored(seen: Observation, unit_id: str) -> Event:
    return UnitStored(unit_id=unit_id, consignment_id=seen.consignment_id, location=seen.place)


def _unit_moved(seen: Observation, unit_id: str) -> Event:
    return UnitMoved(unit_id=unit_id, consignment_id=seen.consignment_id, location=seen.place)


def _unit_staged(seen: Observation, unit_id: str) -> Event:
    return UnitStaged(unit_id=unit_id, consignment_id=seen.consignment_id, door=seen.place)


def _unit_shipped(seen: Observation, unit_id: str) -> Event:
    return UnitShipped(unit_id=unit_id, consignment_id=seen.consignment_id, place=seen.place)


def _unit_unpacked(seen: Observation, unit_id: str) -> Event:
    return UnitUnpacked(unit_id=unit_id, consignment_id=seen.consignment_id)


def _require_parent(seen: Observation, unit_id: str) -> Event:
    raise Unmapped(
        QuarantineCode.NO_PARENT,
        f"{seen.step} of {unit_id} names no parent; send an AggregationEvent",
    )


def _container_picked_up(_: Observation, ref: str) -> Event:
    return ContainerPickedUp(equipment_ref=ref)


def _container_gated_in(seen: Observation, ref: str) -> Event:
    return ContainerGatedIn(equipment_ref=ref, place=seen.place)


def _container_gated_out(seen: Observation, ref: str) -> Event:
    return ContainerGatedOut(equipment_ref=ref, consolidation_id=seen.own_ids.get("consolidation"))


def _container_moved(seen: Observation, ref: str) -> Event:
    return ContainerMoved(equipment_ref=ref, place=seen.place)


def _container_on_board(seen: Observation, ref: str) -> Event:
    return ContainerOnBoard(equipment_ref=ref, voyage_id=seen.own_ids.get("voyage"))


def _container_inspected(seen: Observation, ref: str) -> Event:
    if seen.measurement.gross_g is not None:
        return _container_weighed(seen, ref)
    if seen.disposition in _FIT:
        return ContainerInspected(equipment_ref=ref, result="fit")
    if seen.disposition in _UNFIT:
        return ContainerInspected(equipment_ref=ref, result="unfit", defects=seen.disposition)
    raise Unmapped(
        QuarantineCode.INSPECTION_WITHOUT_RESULT,
        f"inspecting {ref}: neither a mass nor a disposition that says fit or unfit",
    )


def _container_weighed(seen: Observation, ref: str) -> Event:
    """Map to a verified gross mass if there is a certificate, else to a weight."""
    gross_g = seen.measurement.gross_g
    if gross_g is None:
        raise Unmapped(
            QuarantineCode.NO_DIMENSIONS, f"{seen.step} of {ref} without a report of mass"
        )
    if seen.certified:
        return VgmVerified(
            equipment_ref=ref,
            gross_g=gross_g,
            method="SM1",
            device=seen.measurement.device,
            consolidation_id=seen.own_ids.get("consolidation"),
        )
    return ContainerWeighed(equipment_ref=ref, gross_g=gross_g)


_UNIT_STEPS: dict[str, _Step] = {
    "receiving": _unit_received,
    "accepting": _unit_received,
    "commissioning": _unit_stored,  # the unit gets its id where it stands
    "storing": _unit_stored,
    "stocking": _unit_stored,
    "arriving": _unit_moved,
    "collecting": _unit_moved,
    "entering_exiting": _unit_moved,
    "picking": _unit_moved,
    "transporting": _unit_moved,
    "inspecting": _unit_measured,
    "sensor_reporting": _unit_measured,
    "staging_outbound": _unit_staged,
    "consigning": _unit_shipped,
    "departing": _unit_shipped,
    "shipping": _unit_shipped,
    "unpacking": _unit_unpacked,
    "packing": _require_parent,
    "repackaging": _require_parent,
    "loading": _require_parent,
    "unloading": _require_parent,
}
_CONTAINER_STEPS: dict[str, _Step] = {
    "collecting": _container_picked_up,
    "picking": _container_picked_up,
    "accepting": _container_gated_in,
    "arriving": _container_gated_in,
    "receiving": _container_gated_in,
    "inspecting": _container_inspected,
    "sensor_reporting": _container_weighed,
    "entering_exiting": _container_moved,
    "staging_outbound": _container_moved,
    "stocking": _container_moved,
    "storing": _container_moved,
    "transporting": _container_moved,
    "loading": _container_on_board,
    "consigning": _container_gated_out,
    "departing": _container_gated_out,
    "shipping": _container_gated_out,
}
