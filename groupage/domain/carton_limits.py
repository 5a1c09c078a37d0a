"""Limits of what a carton, crate or pallet in a container can be, for readers of packing lists.

A reading of a list in which cartons are beyond these limits is wrong, or somebody must say that it
is right. The limits are wide: between two readings that both lie within them, a person decides.
"""

import msgspec

from groupage.domain.containers import SPECS

_LARGEST = SPECS["45G1"]


class CartonLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Edges in mm, masses in g, densities in kg/m³ (grams per litre). docs/trade.md has sources."""

    longest_edge_min_mm: int = 90
    """The smallest packet of the Universal Postal Union is 90 × 140 mm. Of 32,945
    products that a Brazilian marketplace sent in parcels (Olist, 2018), one is shorter."""
    edge_min_mm: int = 5
    """A flat parcel. The thinnest of Olist's products is 20 mm."""
    edge_max_mm: int = _LARGEST.length_mm
    """The inner length of a 40' container (ISO 1496-1)."""
    door_width_mm: int = _LARGEST.door_width_mm
    door_height_mm: int = _LARGEST.door_height_mm
    """The door of a 40' high cube: ISO 668 wants at least 2,286 × 2,566 mm, and carriers name
    2,340 × 2,585. A carton's two shorter edges have to pass through it."""
    gross_max_g: int = 28_000_000
    """The payload of a container with a gross mass of 30,480 kg (ISO 668) and a tare of 2.3 t."""
    density_min_g_per_l: int = 10
    """Expanded polystyrene begins at 10 kg/m³ (EN 13163: EPS 30 has some 10 to 12). Of Olist's
    products, one in 200 is below 9.5, mostly by wrong entries."""
    density_max_g_per_l: int = 4_000
    """Steel products stow at 0.3 to 0.6 m³/t, up to 3,300 kg/m³ (Wärtsilä, Encyclopedia of Marine
    Technology, "stowage factor"). Solid iron has 7,870, but fills no carton."""
