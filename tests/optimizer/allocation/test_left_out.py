"""Whoever is left out of an allocation is told what binds, and nothing else."""

from typing import Any

import pytest

from optimizer.allocation.api import Allocation, allocate
from tests.optimizer.allocation.lanes import lane, offers, opened, well_filled
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, group


def left(found: Allocation, one: str) -> tuple[str, str]:
    """Code and words of one that is left out."""
    return next((x.code, x.reason) for x in found.left_out if x.consignment_id == one)


def test_whoever_misses_every_cutoff_is_told_which() -> None:
    """The reason names when it comes and what it misses."""
    late = demand("L", available_at=CLOCK_AT + 40 * DAY)
    code, reason = left(allocate(well_filled(late)), "L")
    assert code == "not_available_before_cutoff"
    assert reason == "available 2026-04-11 08:00Z, LCO of V2 is 2026-03-17 08:00Z"


def test_whoever_misses_the_first_cutoff_is_told_what_the_next_costs() -> None:
    """One m³ alone in a container on the next sailing costs more than it is worth."""
    late = demand("L", group("L", 10), available_at=CLOCK_AT + 9 * DAY)
    found = allocate(well_filled(late))
    code, reason = left(found, "L")
    assert code == "not_available_before_cutoff"
    assert reason.startswith(
        "available 2026-03-11 08:00Z, LCO of V1 is 2026-03-10 08:00Z; next departure V2 costs +"
    )
    assert found.left_out[0].next_voyage_id == "V2"


def test_whoever_would_need_a_container_alone_waits() -> None:
    """Costs more than waiting, and how much."""
    found = allocate(lane(demand("A", group("A", 10))))
    code, reason = left(found, "A")
    assert code == "costs_more_than_waiting"
    assert "another 22G1 on V1 would cost" in reason


def test_whoever_finds_everything_full_is_told_so() -> None:
    """No capacity: all containers full and none on offer."""
    big = [demand(f"B{n}", group(f"B{n}", 200), priority="must_go") for n in range(3)]  # 19 m³ each
    found = allocate(lane(*big, departures=(departure("V1", 10, offers=offers(g22=2)),)))
    assert len(found.left_out) == 1
    assert found.left_out[0].code == "no_capacity"


@pytest.mark.parametrize("containers", [(), offers(g22=0)], ids=["no types", "sold out"])
def test_without_a_container_on_offer_everybody_is_told_so(containers: Any) -> None:
    """Departures there are, but nothing to load."""
    found = allocate(lane(demand("A"), departures=(departure("V1", 10, offers=containers),)))
    assert left(found, "A") == ("no_capacity", "no departure has a container on offer")


@pytest.mark.parametrize(
    ("wish", "code", "reason"),
    [
        (
            {"pinned_voyage_id": "V1", "available_at": CLOCK_AT + 9 * DAY},
            "not_available_before_cutoff",
            "available 2026-03-11 08:00Z, LCO of V1 is 2026-03-10 08:00Z; pinned to V1",
        ),
        (
            {"pinned_voyage_id": "V1", "forbidden_voyage_ids": ("V1",)},
            "forbidden",
            "pinned to voyage V1, which is forbidden for it",
        ),
        (
            {"pinned_voyage_id": "V9"},
            "forbidden",
            "pinned to voyage V9, which cannot be planned",
        ),
        ({"pinned_consolidation_id": "X"}, "forbidden", "pinned to X, which cannot be planned"),
        (
            {"pinned_voyage_id": "V3"},
            "no_capacity",
            "V3 has no container on offer; pinned to V3",
        ),
        (
            {"pinned_consolidation_id": "SHUT"},
            "no_capacity",
            "SHUT is closed to changes (manifest filed); pinned to SHUT",
        ),
        (
            {"gross_g": 27_000_000, "volume_cm3": 40_000_000},
            "heavier_than_container",
            "27000 kg is more than a 42G1 carries (26540 kg); split it",
        ),
    ],
)
def test_what_binds_is_said_and_not_what_else_is_so(
    wish: dict[str, Any], code: str, reason: str
) -> None:
    """A pin is no reason where something else keeps it from the pinned place."""
    voyages = (
        departure("V1", 10, offers=offers(g22=1, g42=1)),
        departure("V2", 17, offers=offers(g22=1)),
        departure("V3", 24, offers=()),
    )
    shut = opened("SHUT", stage="frozen")
    found = allocate(lane(demand("A", **wish), departures=voyages, consolidations=(shut,)))
    assert left(found, "A") == (code, reason)


def test_the_cap_is_named_when_it_binds() -> None:
    """Room there is, but the consignee's declaration is full."""
    capped = [
        demand(
            f"M{n}", group(f"M{n}", 60), mode="1039", consignee="AMAL",
            value_usd_cents=9_000_000, priority="must_go",
        )
        for n in range(2)
    ]  # fmt: skip
    found = allocate(lane(*capped, departures=(departure("V1", 10, offers=offers(g22=1)),)))
    assert [one.code for one in found.left_out] == ["declaration_cap"]
