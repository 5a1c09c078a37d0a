"""Sentences about consignments that the loader found no place for."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.words import square_metres
from optimizer.allocation.problem import NoGoods, Rejection
from optimizer.loading.floor.shortage import FloorShortage

LOADER_CODES = frozenset({LeftOutCode.DID_NOT_FIT, LeftOutCode.FLOOR_AREA})
"""Codes of what did not load in the containers that the allocation chose."""


def describe_shortage(shortage: FloorShortage) -> str:
    """Return the figures of a proof: the floor that a consignment needs, and what is left."""
    needed, free = square_metres(shortage.needed_mm2), square_metres(shortage.free_mm2)
    if shortage.needed_mm2 > shortage.free_mm2:
        return f"needs {needed}, {free} left"
    return f"needs {needed}, no layout has them beside the rest, {free} left"


def misfit(
    consignment_id: str, no_goods: NoGoods, ending: str, *, container: str | None = None
) -> Rejection:
    """Return code and sentence for a consignment that found no room in `container`, or in any.

    The code is that of the floor where a shortage of floor is proven for each container tried.
    """
    tried = sorted(key for c, key in no_goods.forbidden if c == consignment_id)
    if container is not None:
        tried = [container]
    shortages = [no_goods.shortages.get((consignment_id, key)) for key in tried]
    if not tried or None in shortages:
        names = ", ".join(tried)
        reason = f"its cartons found no room in {names}{ending}"
        return Rejection(code=LeftOutCode.DID_NOT_FIT, reason=reason)
    names = ", ".join(f"{key} ({text})" for key, text in zip(tried, shortages, strict=True))
    reason = f"its cartons found no floor in {names}{ending}"
    return Rejection(code=LeftOutCode.FLOOR_AREA, reason=reason)
