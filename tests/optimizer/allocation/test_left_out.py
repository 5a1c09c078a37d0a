"""The reason for a consignment that is left out names what binds, and nothing else."""

from typing import Any

import pytest

from optimizer.allocation.api import Allocation, allocate
from tests.optimizer.allocation.lanes import lane, offers, opened, well_filled
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, group


def reason_of(allocation: Allocation, consignment_id: str) -> tuple[str, str]:
    """Return code and sentence of a consignment that is left out."""
    return next(
        (left.code, left.reason)
        for left in allocation.left_out
        if left.consignment_id == consignment_id
    )


def test_missing_every_cutoff_names_the_last_one() -> None:
    """The reason has the date of the cargo and of the cut-off."""
    late = demand("L", available_at=CLOCK_AT + 40 * DAY)
    code, reason = reason_of(allocate(well_filled(late)), "L")
    assert code == "not_available_before_cutoff"
    assert reason == "available 2026-04-11 08:00Z, LCO of V2 is 2026-03-17 08:00Z"


def test_missing_the_first_cutoff_names_the_cost_of_the_next_departure() -> None:
    """One m³ alone in a container on the next sailing costs more than it is worth."""
    late = demand("L", group("L", 10), available_at=CLOCK_AT + 9 * DAY)
    allocation = allocate(well_filled(late))
    code, reason = reason_of(allocation, "L")
    assert code == "not_available_before_cutoff"
    assert reason.startswith(
        "available 2026-03-11 08:00Z, LCO of V1 is 2026-03-10 08:00Z; "
        "another 22G1 on V2 would cost up to "
    )
    assert allocation.left_out[0].next_voyage_id == "V2"


def test_a_small_consignment_alone_waits() -> None:
    """A container of its own would cost more than waiting; the reason says how much."""
    allocation = allocate(lane(demand("A", group("A", 10))))
    code, reason = reason_of(allocation, "A")
    assert code == "costs_more_than_waiting"
    assert reason.startswith("another 22G1 on V1 would cost up to ")
    assert reason.endswith(" USD more than waiting, before its haulage")


def test_with_all_containers_full_there_is_no_capacity() -> None:
    """All containers are full and no further one is on offer."""
    big = [demand(f"B{n}", group(f"B{n}", 200), priority="must_go") for n in range(3)]  # 19 m³ each
    allocation = allocate(lane(*big, departures=(departure("V1", 10, offers=offers(g22=2)),)))
    assert len(allocation.left_out) == 1
    assert allocation.left_out[0].code == "no_capacity"


@pytest.mark.parametrize("containers", [(), offers(g22=0)], ids=["no types", "sold out"])
def test_without_a_container_on_offer_there_is_no_capacity(containers: Any) -> None:
    """The departure offers no types, or has sold them."""
    allocation = allocate(lane(demand("A"), departures=(departure("V1", 10, offers=containers),)))
    assert reason_of(allocation, "A") == ("no_capacity", "no departure has a container on offer")


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        (
            {"pinned_voyage_id": "V1", "available_at": CLOCK_AT + 9 * DAY},
            "not_available_before_cutoff",
            (
                "pinned to voyage V1, does not fit because "
                "available 2026-03-11 08:00Z, LCO of V1 is 2026-03-10 08:00Z"
            ),
        ),
        (
            {"pinned_voyage_id": "V1", "forbidden_voyage_ids": ("V1",)},
            "pinned",
            "pinned to voyage V1, does not fit because voyage V1 is forbidden for it",
        ),
        (
            {"pinned_voyage_id": "V9"},
            "pinned",
            "pinned to voyage V9, does not fit because voyage V9 cannot be planned",
        ),
        (
            {"pinned_consolidation_id": "X", "pinned_by": "Wang"},
            "pinned",
            "pinned to X by Wang, does not fit because X cannot be planned",
        ),
        (
            {"pinned_consolidation_id": "SHUT", "pinned_voyage_id": "V2"},
            "pinned",
            "pinned to SHUT, does not fit because SHUT goes with V1, not with V2",
        ),
        (
            {"pinned_voyage_id": "V1", "blocked": True},
            "blocked_by_hold",
            (
                "pinned to voyage V1, does not fit because a hold stands: it keeps a place it has "
                "but gets no new one"
            ),
        ),
        (
            {"pinned_voyage_id": "V3"},
            "no_capacity",
            "pinned to voyage V3, does not fit because V3 has no container on offer",
        ),
        (
            {"pinned_consolidation_id": "SHUT"},
            "closed_to_changes",
            "pinned to SHUT, does not fit because SHUT is closed to changes (manifest filed)",
        ),
        (
            {"gross_g": 27_000_000, "volume_cm3": 40_000_000},
            "heavier_than_container",
            "27000 kg is more than a 42G1 carries (26540 kg); split it",
        ),
    ],
)
def test_the_reason_at_the_pin_is_named(command: dict[str, Any], code: str, reason: str) -> None:
    """A pin binds only where nothing else keeps the consignment from the pinned container."""
    voyages = (
        departure("V1", 10, offers=offers(g22=1, g42=1)),
        departure("V2", 17, offers=offers(g22=1)),
        departure("V3", 24, offers=()),
    )
    shut = opened("SHUT", stage="frozen")
    allocation = allocate(lane(demand("A", **command), departures=voyages, consolidations=(shut,)))
    assert reason_of(allocation, "A") == (code, reason)


def test_the_cap_is_named_when_it_binds() -> None:
    """The container has room, but the consignee's declaration is full."""
    capped = [
        demand(
            f"M{n}", group(f"M{n}", 60), mode="1039", consignee="AMAL",
            value_usd_cents=9_000_000, priority="must_go",
        )
        for n in range(2)
    ]  # fmt: skip
    allocation = allocate(lane(*capped, departures=(departure("V1", 10, offers=offers(g22=1)),)))
    assert [left.code for left in allocation.left_out] == ["declaration_cap"]
