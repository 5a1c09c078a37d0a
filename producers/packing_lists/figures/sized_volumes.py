"""A size with its volume in one cell: ``50*40*30=0.06``, ``60*40*35cm/0.084cbm``.

The volume says in which unit the edges are. A volume that is not that of these edges in any unit,
such as one of all cartons of the row, leaves the cell unread.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.model import Unit

_SIZE_AND_VOLUME = re.compile(
    r"(?P<edges>[^=/]*[0-9][^=/]*?)\s*[=/]\s*(?P<volume>[0-9]*[.,]?[0-9]+)\s*"
    r"(?:m3|m³|cbm|cum|立方米?|方)?"
)
_MM3_PER_M3 = Decimal(10) ** 9
_TOLERANCE = Decimal("0.03")


def split_volume(text: str) -> tuple[str, Decimal, Decimal] | None:
    """Return the text of the edges, the volume in m³, and by how much it may be rounded."""
    match = _SIZE_AND_VOLUME.fullmatch(text)
    if match is None:
        return None
    volume = Decimal(match["volume"].replace(",", "."))
    step = Decimal(1).scaleb(int(volume.as_tuple().exponent))
    return match["edges"], volume, step / 2


def unit_by_volume(
    edges: Sequence[Decimal], volume: Decimal, rounding: Decimal, lengths: dict[Unit, Decimal]
) -> Unit | None:
    """Return the only unit in which edges give a volume; None if there is none, or several."""
    product = Decimal(1)
    for edge in edges:
        product *= edge
    fitting = [
        unit
        for unit, factor in lengths.items()
        if abs(product * factor**3 / _MM3_PER_M3 - volume)
        <= max(volume * _TOLERANCE, min(rounding, volume / 4))
    ]
    return fitting[0] if len(fitting) == 1 else None
