"""Entry point of the search core: which boxes go into a container, and where.

The search is anytime: it can be stopped at each moment and returns the best loading so far. With a
work limit, the same input and seed give the same loading on every machine. numba and the compiled
functions are imported at the first call, not with this module.
"""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from groupage.domain.errors import InvalidInput

EDGE_MAX = 30_000
"""Longest edge of a container, in whatever unit: 30 m in millimetres."""
BOXES_MAX = 20_000
"""Boxes in one search at most."""
TYPES_MAX = 5_000
GRAMS_MAX = 10**9


class Support(StrEnum):
    """How much of each box's base must stand on the floor or on other boxes."""

    FULL = "full"
    NONE = "none"


class BoxType(msgspec.Struct, frozen=True):
    """Boxes of one size."""

    edges: tuple[int, int, int]
    vertical: tuple[bool, bool, bool]
    """Which of the edges may stand vertical."""
    quantity: int
    grams: int = 0
    """Of one box."""


class Cuboid(NamedTuple):
    """A part of the container that is taken: corner nearest to the origin, and its edges."""

    x: int
    y: int
    z: int
    dx: int
    dy: int
    dz: int


class Box(NamedTuple):
    """A box in its place: type, corner nearest to the origin, and length, width, height."""

    type: int
    x: int
    y: int
    z: int
    dx: int
    dy: int
    dz: int


class Loading(msgspec.Struct, frozen=True):
    """Boxes in a loading sequence: each stands on boxes that come before it."""

    boxes: list[Box]
    volume: int
    work: int
    """Blocks that the search placed until this loading was found or the search ended."""


def fill(  # the limits and listeners are independent of one another
    container: tuple[int, int, int],
    types: Sequence[BoxType],
    *,
    support: Support,
    seconds: float | None,
    work: int | None,
    seed: int = 0,
    payload_g: int | None = None,
    fixed: Sequence[Cuboid] = (),
    on_better: Callable[[Loading], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Loading:
    """Return the loading of the largest volume that the search finds.

    Args:
        container: Inner length, width and height.
        types: The boxes that may be loaded.
        support: Whether each base must be supported whole.
        seconds: CPU seconds of this process after which the search ends. A process's first search
            takes up to a second longer, in which it loads the compiled functions.
        work: Placed blocks after which the search ends; machine-independent.
        seed: Another seed searches in another order.
        payload_g: Grams that the boxes may have together.
        fixed: What is loaded already, and obstacles. Boxes may stand upon them; with full
            support, a gap below them stays empty.
        on_better: Called with each better loading.
        stop: Asked every few milliseconds; the search ends when it says so.
    """
    if seconds is None and work is None and stop is None:
        raise InvalidInput("seconds, work and stop are all None: the search would never end")
    _check(container, types)
    _check_fixed(container, fixed)
    from optimizer.loading.kernel.search import Search  # noqa: PLC0415 # imports numba
    from optimizer.loading.kernel.warm_up import ensure_compiled  # noqa: PLC0415 # the same

    ensure_compiled()
    began_s = time.process_time()

    def must_stop(work_done: int) -> bool:
        return (
            (seconds is not None and time.process_time() - began_s >= seconds)
            or (work is not None and work_done >= work)
            or (stop is not None and stop())
        )

    return Search(
        container,
        types,
        full_support=support is Support.FULL,
        payload_g=payload_g,
        fixed=fixed,
        seed=seed,
        on_better=on_better,
    ).run(must_stop)


def _check(container: tuple[int, int, int], types: Sequence[BoxType]) -> None:
    for axis, length in zip(("length", "width", "height"), container, strict=True):
        if not 0 < length <= EDGE_MAX:
            raise InvalidInput(f"container {axis} is {length}, must be 1 to {EDGE_MAX}")
    if len(types) > TYPES_MAX:
        raise InvalidInput(f"{len(types)} box types, at most {TYPES_MAX} can be loaded at once")
    total = 0
    for index, box_type in enumerate(types):
        if not 0 < min(box_type.edges) <= max(box_type.edges) <= EDGE_MAX:
            raise InvalidInput(
                f"types[{index}].edges is {box_type.edges}, each must be 1 to {EDGE_MAX}"
            )
        if not any(box_type.vertical):
            raise InvalidInput(f"types[{index}].vertical allows no edge to stand vertical")
        if box_type.quantity < 0:
            raise InvalidInput(f"types[{index}].quantity is {box_type.quantity}, must be 0 or more")
        if not 0 <= box_type.grams <= GRAMS_MAX:
            raise InvalidInput(f"types[{index}].grams is {box_type.grams}, at most {GRAMS_MAX}")
        total += box_type.quantity
        if total > BOXES_MAX:
            raise InvalidInput(
                f"types[{index}].quantity {box_type.quantity} makes more than {BOXES_MAX} boxes"
            )


def _check_fixed(container: tuple[int, int, int], fixed: Sequence[Cuboid]) -> None:
    if len(fixed) > BOXES_MAX:
        raise InvalidInput(f"{len(fixed)} fixed cuboids, at most {BOXES_MAX} can be kept")
    for index, cuboid in enumerate(fixed):
        if (
            min(cuboid) < 0
            or min(cuboid[3:]) == 0
            or any(cuboid[axis] + cuboid[axis + 3] > container[axis] for axis in range(3))
        ):
            raise InvalidInput(f"fixed[{index}] is {cuboid}, must be inside of {container}")
