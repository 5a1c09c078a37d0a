"""Take surplus boxes out of loadings without taking the support of others."""

from collections.abc import Sequence

from optimizer.loading.kernel.api import Box, Loading, Support


def trim(loadings: Sequence[Loading], surplus: list[int], support: Support) -> list[Loading]:
    """Return the loadings without `surplus` boxes of each type; count those down.

    A box that bears others stays and is not counted down. Boxes leave the emptiest containers
    first.
    """
    trimmed = list(loadings)
    for index in sorted(range(len(trimmed)), key=lambda i: (trimmed[i].volume, i)):
        if any(surplus):
            trimmed[index] = _trim_container(trimmed[index], surplus, support)
    return trimmed


def _trim_container(loading: Loading, surplus: list[int], support: Support) -> Loading:
    """Take out what is surplus and bears nothing, from above; count it down."""
    boxes = list(loading.boxes)
    # What stands on a box has a higher base: it has its turn before.
    for box in sorted(boxes, key=lambda box: -box.z):
        if not surplus[box.type]:
            continue
        if support is Support.FULL and any(_bears(box, other) for other in boxes):
            continue
        boxes.remove(box)
        surplus[box.type] -= 1
    volume = sum(box.dx * box.dy * box.dz for box in boxes)
    return Loading(boxes, volume, loading.work)


def _bears(box: Box, other: Box) -> bool:
    return (
        other.z == box.z + box.dz
        and box.x < other.x + other.dx
        and other.x < box.x + box.dx
        and box.y < other.y + other.dy
        and other.y < box.y + box.dy
    )
