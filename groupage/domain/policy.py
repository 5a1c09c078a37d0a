"""The hub's policy: tolerances, prices, deadlines and the truck fleet.

A TOML file may replace any value (`groupage.domain.policy_file`). Prices are US cents.
docs/trade.md has the sources of the figures; a figure without a public source is marked as an
assumption: set your own.
"""

from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from groupage.domain.carton_limits import CartonLimits
from groupage.domain.events.base import Place
from groupage.domain.instance import (
    DriverHours,
    RoadModel,
    Rules,
    Truck,
    Weights,
)
from groupage.domain.places import canonical_place
from groupage.domain.working_days import WorkingDays

CheckDigitPolicy = Literal["reject", "quarantine", "warn"]


class FleetType(msgspec.Struct, frozen=True, kw_only=True):
    """A truck type, with `count` trucks for each of its lanes.

    The planner plans lanes separately and in parallel. So that no two plans send the same truck to
    two places, a truck belongs to a single lane, which its id names. A hub that owns three lorries
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
    """Lanes with `count` trucks each; empty: every lane."""

    def serves(self, lane_id: str) -> bool:
        """Whether the lane has trucks of this type."""
        return not self.lanes or lane_id in self.lanes

    def trucks(
        self,
        lane_id: str,
        *,
        start_place_id: str,
        available_from_at: datetime,
        available_until_at: datetime,
    ) -> tuple[Truck, ...]:
        """List the lane's trucks of this type."""
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


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a hub may decide for itself.

    Adopted policies lie in the log for ever: a field may be added or removed, but what it means
    does not change, and a new field's default is what the hub did without it.
    """

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
            place_id="CNYIU",
            name="Yiwu West rail terminal",
            latitude_udeg=29_290_000,
            longitude_udeg=119_990_000,
        ),
    )
    """Where trucks deliver full containers, by UN/LOCODE of the port of loading."""
    check_digits: CheckDigitPolicy = "quarantine"
    """Most container numbers in DCSA's own examples fail ISO 6346 (docs/trade.md): 'reject'
    would reject the standard's examples."""
    measure_tolerance_permille: int = 50
    """How far measured volume or mass may exceed the declared one before the consignment is rated
    again. Assumption: 5 %, as China's VGM tolerance."""
    calibrated_only: bool = False
    """Whether only measurements that name their device's calibration count; EPCIS has none."""
    dead_freight_notice_s: int = 30 * 3_600
    """Without `working_days`, the dead-freight threshold comes this long before the LCO."""
    dead_freight_time_s: int = 11 * 3_600
    """With `working_days`, the threshold comes this long after midnight of the last working day
    before the LCO: 11:00 (docs/trade.md)."""
    working_days: WorkingDays | None = None
    """The calendar. A policy file that names neither it nor `dead_freight_notice_s` gets China's
    (`groupage.domain.working_days_of_china`)."""
    release_before_stuffing: bool = True
    """Customs must have released a consignment before it is loaded; false: declared is enough."""
    vgm_tolerance_permille: int = 50
    vgm_tolerance_g: int = 1_000_000
    """5 % or 1 t, whichever is smaller (docs/trade.md)."""
    haul_s: int = 4 * 3_600
    """Hub to terminal, Yiwu to Ningbo (docs/trade.md)."""
    at_risk_before_s: int = 4 * 3_600
    """How long before a deadline an unmet condition is at risk. Assumption."""
    auto_approve: bool = True
    """Whether certified plans are published at once; false: a dispatcher accepts them first."""
    replan_debounce_s: int = 300
    """How long (hub clock) a lane collects replan triggers, so that many events cost one plan."""
    replan_urgent_s: int = 30
    """The same for an urgent replan trigger."""
    urgent_causes: tuple[str, ...] = (
        "hold_placed",
        "hold_released",
        "customs",
        "carrier",
        "container",
        "command",
    )
    """Causes of urgent replan triggers."""
    request_timeout_s: int = 3_600
    """After this time (hub clock) without an answer, a lane publishes its plan request again."""
    door_close_before_gate_in_s: int = 5 * 3_600
    """Stuffing ends this long before the terminal's deadline: haul plus an hour at the gate."""
    clock_tolerance_s: int = 300
    """How far a tick may be ahead of Kafka's own time, and how far the clock process's time may
    differ from it. Five minutes, as Kerberos tolerates between two hosts (RFC 4120, 8.2)."""
    event_ahead_s: int = 24 * 3_600
    """How far into the future an event may be dated. A sender that writes local time as UTC is at
    most 14 hours ahead; more is a wrong date. Plans and estimates (PLN, EST, REQ) have no limit."""
    cartons: CartonLimits = CartonLimits()
    """What a carton in a packing list can be: a reading of a list that goes beyond is wrong, or
    somebody confirms it. Readers of lists ask; no state depends on it."""
    weights: Weights = Weights(
        # 25 USD a day and m³: about a tenth of an LCL freight of 80 USD/m³ a day, three times over.
        # Assumption.
        late_per_m3_day=2_500,
        # Twelve days of lateness; must-go cargo five times that. With 8,000 for each empty m³ below
        # the planning standard, cargo opens a 20' container at 1,900 USD from some 11 m³ on,
        # must-go cargo from 2.6 m³ on; below that it waits for more cargo. Assumptions.
        left_out_per_m3=30_000,
        left_out_must_go_per_m3=150_000,
        # The LCL freight of 80 USD/m³ that empty space does not earn. Assumption.
        dead_freight_per_m3=8_000,
        # People must be informed, and labels change. Assumption.
        change=1_500,
        # A manifest amendment costs some 50 USD in Chinese ports and affects every consignment in
        # the container; a move affects two containers. Assumption.
        change_at_cutoff=10_000,
        # Stuffing, seal and weighing of one container. Assumption.
        container_handling=15_000,
        # Floor space of the hub, 3 USD a day and m³. Assumption.
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
        allow_dangerous=False,  # general LCL containers exclude it (docs/trade.md)
        freeze_before_lco_s=24 * 3_600,  # docs/trade.md
    )
    road: RoadModel = RoadModel(far_speed_m_per_s=19)
    """68 km/h outside towns, so that Yiwu to Ningbo takes about the four hours of `haul_s`."""
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


def policy_json(policy: Policy) -> bytes:
    """Encode a policy with all its values, those at their default, too."""
    return msgspec.json.encode(in_full(policy), order="deterministic")


def policy_digest(policy: Policy) -> str:
    """Return the name of a policy: a digest of its content, terminals by their one code."""
    return blake2b(policy_json(_with_canonical_terminals(policy)), digest_size=8).hexdigest()


def is_same_policy(first: Policy, second: Policy) -> bool:
    """Tell whether two policies mean the same: a terminal may have any code of its place."""
    return _with_canonical_terminals(first) == _with_canonical_terminals(second)


def _with_canonical_terminals(policy: Policy) -> Policy:
    terminals = tuple(
        msgspec.structs.replace(each, place_id=canonical_place(each.place_id))
        for each in policy.terminals
    )
    return msgspec.structs.replace(policy, terminals=terminals)


def in_full(value: Any) -> Any:
    """Return structs as mappings with all their fields; msgspec leaves defaults out."""
    if isinstance(value, msgspec.Struct):
        return {name: in_full(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return [in_full(item) for item in value]
    return value
