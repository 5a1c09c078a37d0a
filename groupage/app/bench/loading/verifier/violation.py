"""A rule that a load plan breaks, and where."""

from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Kind(StrEnum):
    """The rule that is broken."""

    UNKNOWN_TYPE = "unknown_type"
    COUNT = "count"
    SIZE = "size"
    ORIENTATION = "orientation"
    WALLS = "walls"
    OVERLAP = "overlap"
    FLOATING = "floating"
    PART_SUPPORTED = "part_supported"
    SEQUENCE = "sequence"
    UNLOADING = "unloading"
    TOP_LOAD = "top_load"
    TOP_PRESSURE = "top_pressure"
    LAYERS = "layers"
    STACK_CLASS = "stack_class"
    PAYLOAD = "payload"
    BALANCE_LENGTH = "balance_length"
    BALANCE_WIDTH = "balance_width"
    BALANCE_HEIGHT = "balance_height"
    HALF_MASS = "half_mass"


class Violation(NamedTuple):
    """A broken rule. `box` is the index of the box in its plan; None: the whole plan."""

    kind: Kind
    box: int | None
    text: str


Violations: TypeAlias = list[Violation]
