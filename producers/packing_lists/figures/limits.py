"""Sizes and masses that no carton has, by the limits of the policy."""

from decimal import Decimal

import msgspec

from groupage.domain.carton_limits import CartonLimits


class Size(msgspec.Struct, frozen=True):
    """Edges of one carton in whole millimetres, rounded up."""

    length_mm: int
    width_mm: int
    height_mm: int

    @property
    def edges(self) -> tuple[int, int, int]:
        """All three."""
        return self.length_mm, self.width_mm, self.height_mm


def describe_excess(size: Size, lightest_g: int, heaviest_g: int, limits: CartonLimits) -> str:
    """Say which limit a carton is beyond under every mass that it may have; empty: none."""
    return excess_of_edges(size, limits) or _excess_of_mass(size, lightest_g, heaviest_g, limits)


def excess_of_edges(size: Size, limits: CartonLimits) -> str:
    """Say which limit of edges a carton is beyond; empty: none."""
    edges = sorted(size.edges)
    door = sorted((limits.door_width_mm, limits.door_height_mm))
    if edges[2] > limits.edge_max_mm:
        return f"an edge of {edges[2]:,} mm, and a container is {limits.edge_max_mm:,} mm long"
    if edges[0] > door[0] or edges[1] > door[1]:
        return f"{edges[0]:,} × {edges[1]:,} mm do not pass a door of {door[0]:,} × {door[1]:,} mm"
    if edges[2] < limits.longest_edge_min_mm or edges[0] < limits.edge_min_mm:
        return (
            f"edges of {edges[0]} to {edges[2]} mm: the longest edge of a carton has at least "
            f"{limits.longest_edge_min_mm} mm, the shortest {limits.edge_min_mm} mm"
        )
    return ""


def _excess_of_mass(size: Size, lightest_g: int, heaviest_g: int, limits: CartonLimits) -> str:
    if lightest_g > limits.gross_max_g:
        most = limits.gross_max_g / 1_000
        return f"{lightest_g / 1_000:,.0f} kg, and {most:,.0f} kg is the limit"
    litres = Decimal(size.length_mm * size.width_mm * size.height_mm) / 10**6
    if lightest_g and lightest_g > limits.density_max_g_per_l * litres:
        return f"{lightest_g / litres:,.0f} kg/m³, and {limits.density_max_g_per_l:,} is the limit"
    if heaviest_g and heaviest_g < limits.density_min_g_per_l * litres:
        return f"{heaviest_g / litres:,.1f} kg/m³, and {limits.density_min_g_per_l} is the least"
    return ""
