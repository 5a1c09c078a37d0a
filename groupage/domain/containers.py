"""Dry containers: inner sizes, doors, masses. The plate of a container overrides these."""

import msgspec

from groupage.domain.errors import InvalidInput


class ContainerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Inner size in mm (length from far wall to door), door opening in mm, masses in g."""

    iso_type: str
    length_mm: int
    width_mm: int
    height_mm: int
    door_width_mm: int
    door_height_mm: int
    tare_g: int
    max_gross_g: int

    @property
    def payload_g(self) -> int:
        """Mass of the cargo that it may hold."""
        return self.max_gross_g - self.tare_g

    @property
    def volume_cm3(self) -> int:
        """Inner volume, rounded down."""
        return self.length_mm * self.width_mm * self.height_mm // 1_000


SPECS: dict[str, ContainerSpec] = {
    # ISO 668 / ISO 1496-1 minimum inner sizes and doors as published by fredoniainc; the heaviest
    # usual tare (docs/trade.md).
    "22G1": ContainerSpec(
        iso_type="22G1",
        length_mm=5_867,
        width_mm=2_330,
        height_mm=2_350,
        door_width_mm=2_286,
        door_height_mm=2_261,
        tare_g=2_300_000,
        max_gross_g=30_480_000,
    ),
    "42G1": ContainerSpec(
        iso_type="42G1",
        length_mm=11_998,
        width_mm=2_330,
        height_mm=2_350,
        door_width_mm=2_286,
        door_height_mm=2_261,
        tare_g=3_940_000,
        max_gross_g=30_480_000,
    ),
    "45G1": ContainerSpec(
        iso_type="45G1",
        length_mm=11_998,
        width_mm=2_330,
        height_mm=2_655,
        door_width_mm=2_286,
        door_height_mm=2_566,
        tare_g=4_120_000,
        max_gross_g=30_480_000,
    ),
    # 45' high cube: typical sizes less 10 mm per edge for tolerance; we found no ISO minimum
    # (docs/trade.md).
    "L5G1": ContainerSpec(
        iso_type="L5G1",
        length_mm=13_546,
        width_mm=2_340,
        height_mm=2_680,
        door_width_mm=2_330,
        door_height_mm=2_575,
        tare_g=4_820_000,
        max_gross_g=30_480_000,
    ),
}
"""By ISO 6346 size-type code."""

PLANNING_STANDARD_CM3 = {
    "22G1": 25_000_000,
    "42G1": 50_000_000,
    "45G1": 60_000_000,
    "L5G1": 68_000_000,
}
"""The volume to which forwarders plan and on which they charge dead freight (docs/trade.md)."""


def spec_of(iso_type: str) -> ContainerSpec:
    """Return the standard sizes of a type. Raises InvalidInput for an unknown type."""
    try:
        return SPECS[iso_type]
    except KeyError:
        known = ", ".join(sorted(SPECS))
        msg = f"iso_type {iso_type!r} is not a container type that plans can use; known: {known}"
        raise InvalidInput(msg) from None
