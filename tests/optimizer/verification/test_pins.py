"""The verifier and pins: what it passes although a pinned consignment is left out."""

import pytest

from groupage.domain.codes import LeftOutCode
from optimizer.verification import pins
from optimizer.verification.context import Context
from tests.optimizer.verification.broken_containers import (
    PIN_OTHERS,
    TWO_SMALL,
    leave_out_pinned,
)
from tests.optimizer.verification.changes import Change, combine, demand, voyage
from tests.optimizer.world import CLOCK_AT, DAY, group, instance, plan_of

FULL, UNLOADED = LeftOutCode.NO_CAPACITY, LeftOutCode.DID_NOT_FIT
SOLD_OUT = voyage("V2", offers=TWO_SMALL)


def codes(*changes: Change) -> list[str]:
    """Return what the check finds in the plan by hand after these changes."""
    case = instance()
    return [v.code for v in pins.check(Context(*combine(*changes)(case, plan_of(case))))]


def test_a_full_voyage_passes() -> None:
    """Both containers of V2 have another pinned consignment, and no further one is on offer."""
    assert codes(leave_out_pinned(FULL), SOLD_OUT) == ["pin_left_out"]
    assert codes(leave_out_pinned(FULL), PIN_OTHERS, SOLD_OUT) == []


def test_what_the_loader_found_is_believed() -> None:
    """An offer does not prove that its cartons find room in the container."""
    assert codes(leave_out_pinned(UNLOADED)) == []


@pytest.mark.parametrize(
    "change",
    [
        demand("N1", blocked=True),
        demand("N1", customs="REJECTED"),
        demand("N1", dg_classes=("3",)),
        demand("N1", available_at=CLOCK_AT + 12 * DAY),
        demand("N1", forbidden_voyage_ids=("V2",)),
        demand("N1", mode="9999"),
        demand("N1", mode="1039", value_usd_cents=15_000_001),
        demand("N1", mode="1039", value_usd_cents=None),
        demand("N1", gross_g=32_000_000),
        demand("N1", volume_cm3=70_000_000),
        demand("N1", cartons=(group("N1", 1, (13_000, 400, 400)),)),
        demand("N1", pinned_voyage_id="V9"),
        demand("N1", pinned_consolidation_id="GONE"),
        demand("N1", pinned_consolidation_id="SLUSHY"),  # which goes with V1
        voyage("V2", lco_at=CLOCK_AT - DAY),
    ],
)
def test_what_no_container_of_the_voyage_can_take_passes(change: Change) -> None:
    """Each of these alone is a reason, although containers are on offer."""
    assert codes(leave_out_pinned(FULL)) == ["pin_left_out"]
    assert codes(leave_out_pinned(FULL), change) == []


def test_committed_cargo_and_filed_manifests_make_no_way() -> None:
    """V1 has a frozen and a locked container, and one with committed cargo."""
    to_first = demand("N1", pinned_voyage_id="V1")
    none = voyage("V1", offers=())
    assert codes(leave_out_pinned(FULL), to_first, none) == ["pin_left_out"]
    stays = demand("S1", committed=True)
    assert codes(leave_out_pinned(FULL), to_first, none, stays) == []
