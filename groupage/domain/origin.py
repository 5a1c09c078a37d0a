"""How a plan came about: by which solver, within which limits, from how much of the log.

Plain data beside `groupage.domain.plan`. With these one can make the plan again, and say why
another one came out.
"""

import msgspec


class Solver(msgspec.Struct, frozen=True, kw_only=True):
    """What solved, and what it was given. The limits are those of the instance (`Limits`)."""

    name: str
    version: str
    """Of the product and of its engine: ``0.1.0, OR-Tools 9.15.6755``. Another one may find
    another plan."""
    seed: int
    allocation_work: float
    loading_rounds: int
    loading_passes: int
    routing_solutions: int


class LogPosition(msgspec.Struct, frozen=True, kw_only=True):
    """How far one topic was taken in when the states were read that the plan was made from.

    States and positions are read at one instant, and each batch of records changes them in one
    transaction. So the plan knows every record before these offsets, and none from them on: a hub
    whose log ends there has the same states.
    """

    topic: str
    """Without the prefix of the installation."""
    next_offsets: tuple[int, ...]
    """The first record not taken in, of partition 0, 1, 2 … 0: nothing of it was."""
