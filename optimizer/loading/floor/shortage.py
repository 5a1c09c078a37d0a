"""The proof that a consignment has no place on the floor, in figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FloorShortage:
    """A consignment that no floor layout places beside the loaded cargo."""

    consignment_id: str
    needed_mm2: int
    """Floor that its pieces take."""
    free_mm2: int
    """Floor that is left beside the loaded cargo. It may be more than needed: no layout uses it."""
