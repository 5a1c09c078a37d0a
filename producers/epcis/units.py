"""What a business step means for one logistic unit, and for one container."""

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


def of_unit(seen: Observation, unit_id: str) -> Event:
    """The event of one unit. Raises Unmapped."""
    return _meaning(_UNIT_STEPS, seen)(seen, unit_id)


def of_container(seen: Observation, equipment_ref: str) -> Event:
    """The event of one container. Raises Unmapped."""
    return _meaning(_CONTAINER_STEPS, seen)(seen, equipment_ref)


_Step = Callable[[Observation, str], Event]


def _meaning(steps: dict[str, _Step], seen: Observation) -> _Step:
    if not seen.step:
        raise Unmapped("no_business_step", f"a {seen.kind} without bizStep only says it was seen")
    try:
        return steps[seen.step]
    except KeyError:
        known = ", ".join(sorted(steps))
        raise Unmapped(
            "step_not_of_a_hub",
            f"bizStep {seen.step!r} changes nothing here; these do: {known}",
        ) from None


def _received(seen: Observation, unit_id: str) -> Event:
    return UnitReceived(
        unit_id=unit_id,
        consignment_id=seen.consignment_id,
        condition=_CONDITIONS.get(seen.disposition, "good"),
        dock=seen.place,
    )


def _measured(seen: Observation, unit_id: str) -> Event:
    size, gross_g = seen.measured.size, seen.measured.gross_g
    if size is None or gross_g is None:
        if not seen.measured.seen:
            raise Unmapped("no_dimensions", f"{seen.step} without a report of size or mass")
        raise Unmapped("measure_incomplete", f"missing: {', '.join(seen.measured.missing)}")
    return UnitMeasured(
        unit_id=unit_id,
        consignment_id=seen.consignment_id,
        size=size,
        gross_g=gross_g,
        device=seen.measured.device,
    )


def _stored(seen: Observation, unit_id: str) -> Event:
    return UnitStored(unit_id=unit_id, consignment_id=seen.consignment_id, location=seen.place)


def _moved(seen: Observation, unit_id: str) -> Event:
    return UnitMoved(unit_id=unit_id, consignment_id=seen.consignment_id, location=seen.place)


def _staged(seen: Observation, unit_id: str) -> Event:
    return UnitStaged(unit_id=unit_id, consignment_id=seen.consignment_id, door=seen.place)


def _shipped(seen: Observation, unit_id: str) -> Event:
    return UnitShipped(unit_id=unit_id, consignment_id=seen.consignment_id, place=seen.place)


def _unpacked(seen: Observation, unit_id: str) -> Event:
    return UnitUnpacked(unit_id=unit_id, consignment_id=seen.consignment_id)


def _needs_parent(seen: Observation, unit_id: str) -> Event:
    raise Unmapped(
        "no_parent",
        f"{seen.step} of {unit_id} does not say into or out of what; send an AggregationEvent",
    )


def _picked_up(_: Observation, ref: str) -> Event:
    return ContainerPickedUp(equipment_ref=ref)


def _gated_in(seen: Observation, ref: str) -> Event:
    return ContainerGatedIn(equipment_ref=ref, place=seen.place)


def _gated_out(_: Observation, ref: str) -> Event:
    return ContainerGatedOut(equipment_ref=ref)


def _yard_move(seen: Observation, ref: str) -> Event:
    return ContainerMoved(equipment_ref=ref, place=seen.place)


def _on_board(_: Observation, ref: str) -> Event:
    return ContainerOnBoard(equipment_ref=ref)


def _inspected(seen: Observation, ref: str) -> Event:
    if seen.measured.gross_g is not None:
        return _weighed(seen, ref)
    if seen.disposition in _FIT:
        return ContainerInspected(equipment_ref=ref, result="fit")
    if seen.disposition in _UNFIT:
        return ContainerInspected(equipment_ref=ref, result="unfit", defects=seen.disposition)
    raise Unmapped(
        "inspection_without_result",
        f"inspecting {ref}: neither a mass nor a disposition that tells fit from unfit",
    )


def _weighed(seen: Observation, ref: str) -> Event:
    """With a certificate it is the verified gross mass; without one only a weight."""
    gross_g = seen.measured.gross_g
    if gross_g is None:
        raise Unmapped("no_dimensions", f"{seen.step} of {ref} without a report of mass")
    if seen.certified:
        return VgmVerified(
            equipment_ref=ref, gross_g=gross_g, method="SM1", device=seen.measured.device
        )
    return ContainerWeighed(equipment_ref=ref, gross_g=gross_g)


_UNIT_STEPS: dict[str, _Step] = {
    "receiving": _received,
    "accepting": _received,
    "commissioning": _stored,  # first seen: it has an id and stands where it got it
    "storing": _stored,
    "stocking": _stored,
    "arriving": _moved,
    "collecting": _moved,
    "entering_exiting": _moved,
    "picking": _moved,
    "transporting": _moved,
    "inspecting": _measured,
    "sensor_reporting": _measured,
    "staging_outbound": _staged,
    "consigning": _shipped,
    "departing": _shipped,
    "shipping": _shipped,
    "unpacking": _unpacked,
    "packing": _needs_parent,
    "repackaging": _needs_parent,
    "loading": _needs_parent,
    "unloading": _needs_parent,
}
_CONTAINER_STEPS: dict[str, _Step] = {
    "collecting": _picked_up,
    "picking": _picked_up,
    "accepting": _gated_in,
    "arriving": _gated_in,
    "receiving": _gated_in,
    "inspecting": _inspected,
    "sensor_reporting": _weighed,
    "entering_exiting": _yard_move,
    "staging_outbound": _yard_move,
    "stocking": _yard_move,
    "storing": _yard_move,
    "transporting": _yard_move,
    "loading": _on_board,
    "consigning": _gated_out,
    "departing": _gated_out,
    "shipping": _gated_out,
}
