"""When all cartons of a consignment were in the container, also before some were taken out again.

The consolidation judges by that whether the container could leave, perhaps after it has learned
what happened later: that cartons were unloaded, weighed or repacked at the destination, or that
another carton of the consignment was found at the dock.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from groupage.domain.events.consolidation import InsideSpan
from groupage.domain.state.consignment import ConsignmentState, LoadMove, UnitPart


class Stay(NamedTuple):
    """A unit in a container, from a legal loading until an unloading; None: it is there."""

    into: LoadMove
    out_at: datetime | None


class _Step(NamedTuple):
    """A change of what is in the container, and of what is outside."""

    at: datetime
    inside: int
    outside: int
    gross_g: int


def find_earlier_spans(
    state: ConsignmentState, ended_stays: Mapping[str, Sequence[Stay]]
) -> tuple[InsideSpan, ...]:
    """Return the spans that have ended in which all received units were in the container.

    `ended_stays`: those of units that were taken out again, oldest first.
    """
    steps: list[_Step] = []
    for unit_id, part in state.units.items():
        stays = list(ended_stays.get(unit_id, ()))
        if part.loaded_in:
            stays.append(Stay(part.moves[part.loading], None))
        steps += _steps(part, stays)
    steps.sort()
    spans = []
    inside = outside = gross_g = 0
    since_at: datetime | None = None
    for number, step in enumerate(steps):
        before_g = gross_g
        inside, outside = inside + step.inside, outside + step.outside
        gross_g += step.gross_g
        if number + 1 < len(steps) and steps[number + 1].at == step.at:
            continue
        whole = inside > 0 and outside == 0
        if whole:
            since_at = step.at if since_at is None else since_at
        elif since_at is not None:
            spans.append(InsideSpan(since_at=since_at, until_at=step.at, gross_g=before_g))
            since_at = None
    return tuple(spans)


def _steps(part: UnitPart, stays: Sequence[Stay]) -> Iterator[_Step]:
    if part.received_at is None:
        return
    yield _Step(part.received_at, 0, 1, 0)
    for stay in stays:
        yield _Step(stay.into.at, 1, -1, stay.into.gross_g)
        if stay.out_at is not None:
            yield _Step(stay.out_at, -1, 1, -stay.into.gross_g)
    if part.gone_at is not None and (not stays or stays[-1].out_at is not None):
        yield _Step(part.gone_at, 0, -1, 0)
