"""The policy: the hub's own tolerances, prices and deadlines.

A TOML file may replace any of them. Each figure has a source (docs/trade.md) or is marked as an
assumption: set your own. Prices are US cents.
"""

import tomllib
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Literal

import msgspec

from groupage.domain.errors import Misconfigured
from groupage.domain.events.base import Place
from groupage.domain.instance import (
    DriverHours,
    RoadModel,
    Rules,
    Truck,
    Weights,
)

CheckDigitPolicy = Literal["reject", "quarantine", "warn"]


class FleetType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of trucks, of which each lane that hires it has `count`.

    Planners plan lanes independently and at the same time. So each truck belongs to one lane, which
    its id names: two plans cannot send the same truck to two places. A hub that owns three lorries
    names the lanes that use them.
    """

    name: str
    count: int
    payload_g: int
    volume_cm3: int
    fixed_usd_cents: int
    usd_cents_per_km: int
    role: Literal["pickup", "drayage"]
    lanes: tuple[str, ...] = ()
    """Lanes that have `count` trucks each; empty: all lanes."""

    def serves(self, lane_id: str) -> bool:
        """Tell whether the lane hires trucks of this type."""
        return not self.lanes or lane_id in self.lanes

    def trucks(
        self,
        lane_id: str,
        *,
        start_place_id: str,
        available_from_at: datetime,
        available_until_at: datetime,
    ) -> tuple[Truck, ...]:
        """Return the lane's trucks of this type."""
        return tuple(
            Truck(
                truck_id=f"{lane_id}/{self.name}-{number:02d}",
                payload_g=self.payload_g,
                volume_cm3=self.volume_cm3,
                start_place_id=start_place_id,
                available_from_at=available_from_at,
                available_until_at=available_until_at,
                fixed_usd_cents=self.fixed_usd_cents,
                usd_cents_per_km=self.usd_cents_per_km,
                role=self.role,
            )
            for number in range(1, (self.count if self.serves(lane_id) else 0) + 1)
        )


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figures that the hub decides for itself."""

    hub: Place = Place(
        place_id="hub", name="Yiwu hub", latitude_udeg=29_306_000, longitude_udeg=120_075_000
    )
    terminals: tuple[Place, ...] = (
        Place(
            place_id="CNNGB",
            name="Ningbo-Zhoushan",
            latitude_udeg=29_933_000,
            longitude_udeg=121_850_000,
        ),
        Place(
            place_id="CNSHA", name="Shanghai", latitude_udeg=30_626_000, longitude_udeg=122_065_000
        ),
        Place(
            place_id="CNYIW",
            name="Yiwu West rail terminal",
            latitude_udeg=29_290_000,
            longitude_udeg=119_990_000,
        ),
    )
    """Where full containers are delivered, by UN/LOCODE of the port of loading."""
    check_digits: CheckDigitPolicy = "quarantine"
    """`reject` would reject most container numbers in DCSA's own examples, which fail ISO 6346
    (docs/trade.md)."""
    measure_tolerance_permille: int = 50
    """Measured volume or mass above declared by more than this needs a re-rate. Assumption: 5 %, as
    China's VGM tolerance."""
    calibrated_only: bool = False
    """Accept only measurements that name their device's calibration. Foreign data never does."""
    dead_freight_notice_s: int = 30 * 3_600
    """11:00 on the day before a 17:00 cut-off (docs/trade.md)."""
    release_before_stuffing: bool = True
    """Require the customs release before a consignment is loaded; false: the declaration."""
    vgm_tolerance_permille: int = 50
    vgm_tolerance_g: int = 1_000_000
    """5 % or 1 t, the smaller one (docs/trade.md)."""
    haul_s: int = 4 * 3_600
    """Hub to terminal, Yiwu to Ningbo (docs/trade.md)."""
    at_risk_before_s: int = 4 * 3_600
    """How long before a cut-off an unmet one is at risk. Assumption."""
    auto_approve: bool = True
    """Publish certified plans at once; false: a dispatcher must accept them."""
    replan_debounce_s: int = 300
    """How long (hub clock) a lane collects replan triggers before it requests a plan."""
    replan_urgent_s: int = 30
    """The same for a trigger with an urgent cause."""
    urgent_causes: tuple[str, ...] = (
        "hold_placed",
        "hold_released",
        "customs",
        "carrier",
        "container",
        "command",
    )
    """Causes that are urgent."""
    request_timeout_s: int = 3_600
    """How long (hub clock) a lane waits for an answer before it requests again."""
    door_close_before_gate_in_s: int = 5 * 3_600
    """Stuffing ends this long before the terminal's cut-off: the haul and an hour at the gate."""
    weights: Weights = Weights(
        # 25 USD a day and m³: about a tenth of an LCL freight of 80 USD/m³ a day, three times over.
        # Assumption.
        late_per_m3_day=2_500,
        # Twelve days of lateness; must-go cargo five times that. With 8,000 for each empty m³ below
        # the planning standard, cargo opens a 20' at 1,900 USD from some 11 m³ on, must-go cargo
        # from 2.6 m³ on: below that it waits for other cargo. Assumptions.
        left_out_per_m3=30_000,
        left_out_must_go_per_m3=150_000,
        # The LCL freight of 80 USD/m³ that empty space does not earn. Assumption.
        dead_freight_per_m3=8_000,
        # People must be informed, and labels change. Assumption.
        change=1_500,
        # A manifest amendment costs some 50 USD in Chinese ports and delays all cargo in the
        # container; a move concerns two containers. Assumption.
        change_at_cutoff=10_000,
        # Stuffing, seal and weighing of one container. Assumption.
        container_handling=15_000,
        # Floor of the hub, 3 USD a day and m³. Assumption.
        wait_per_m3_day=300,
    )
    rules: Rules = Rules(
        declaration_cap_usd_cents=15_000_000,  # GACC 2014 no. 54, 2019 no. 221 (docs/trade.md)
        plan_fill_permille=830,
        mode_mix=(
            ("1039",),
            ("0110", "9710", "9810"),
            ("9610", "1210"),
            ("1039", "0110", "9710", "9810"),
        ),
        allow_dangerous=False,  # general LCL containers do not take it (docs/trade.md)
        freeze_before_lco_s=24 * 3_600,  # docs/trade.md
    )
    road: RoadModel = RoadModel(far_speed_m_per_s=19)
    """68 km/h out of town, so that Yiwu to Ningbo takes about the four hours of `haul_s`."""
    hours: DriverHours = DriverHours()
    fleet: tuple[FleetType, ...] = (
        FleetType(
            name="van",
            count=12,
            payload_g=1_500_000,
            volume_cm3=9_000_000,
            fixed_usd_cents=2_000,
            usd_cents_per_km=40,
            role="pickup",
        ),
        FleetType(
            name="lorry",
            count=8,
            payload_g=8_000_000,
            volume_cm3=42_000_000,
            fixed_usd_cents=6_000,
            usd_cents_per_km=90,
            role="pickup",
        ),
        FleetType(
            name="tractor",
            count=60,
            payload_g=28_000_000,
            volume_cm3=90_000_000,
            fixed_usd_cents=12_000,
            usd_cents_per_km=110,
            role="drayage",
        ),
    )


def load_policy(path: Path | None) -> Policy:
    """Read the policy of a TOML file; without one, the defaults. Raises Misconfigured."""
    if path is None:
        return Policy()
    try:
        policy = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Policy)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        msg = f"policy file {path}: {error}"
        raise Misconfigured(msg) from error
    for first, second in combinations(policy.fleet, 2):
        overlap = not (first.lanes and second.lanes) or set(first.lanes) & set(second.lanes)
        if first.name == second.name and overlap:
            msg = f"policy file {path}: fleet: a lane would have two types named {first.name!r}"
            raise Misconfigured(msg)
    return policy
