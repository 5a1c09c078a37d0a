"""The lane's books: one publication for all consolidations and assignments of its plans.

`consolidation.opened`, `consolidation.planned`, `consignment.allocated`, `…deallocated` and
`…rolled` are outputs like others, each with a series of its own. They are many, and a lane changes
often, so they are made only for the consolidations and consignments whose entry differs.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentAllocated,
    ConsignmentDeallocated,
    ConsignmentRolled,
)
from groupage.domain.events.consolidation import ConsolidationOpened, ConsolidationPlanned
from groupage.domain.state.lane import (
    ClosedConsolidation,
    EarlierAssignment,
    EarlierList,
    LaneState,
    OpenedConsolidation,
    PublishedAssignment,
)
from processors.kernel.outputs import Message, Output, Publication, compare

_BookEntry = OpenedConsolidation | PublishedAssignment


class _Origin(NamedTuple):
    """The entry that an output was made of."""

    consolidation_id: str
    entry_id: tuple[str, str]
    at: datetime


class LaneBooks:
    """The entries of a lane at one moment; its structs are never changed, only replaced."""

    def __init__(self, state: LaneState) -> None:
        self._state = state
        self._assignments: dict[str, PublishedAssignment] = state.assignments.copy()
        self._opened: dict[str, OpenedConsolidation] = state.open_consolidations.copy()
        self._closed: dict[str, ClosedConsolidation] = state.closed.copy()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LaneBooks)
            and self._assignments == other._assignments
            and self._opened == other._opened
            and self._closed == other._closed
        )

    __hash__ = None  # type: ignore[assignment]

    def messages(
        self,
        output_id: str,  # noqa: ARG002
        before: "LaneBooks | None",
        at: datetime,
    ) -> Iterator[Message]:
        """Yield the messages about entries that are new, differ or are gone."""
        old = {} if before is None else before.entries()
        new = self.entries()
        same = {name for name in old.keys() & new.keys() if old[name] is new[name]}
        outputs_before: dict[str, Output] = {}
        outputs: dict[str, Output] = {}
        origins: dict[str, _Origin] = {}
        for entries, made in ((old, outputs_before), (new, outputs)):
            for name in entries.keys() - same:
                made.update(self._outputs(name, entries[name], origins))

        def is_forgotten(gone: str) -> bool:
            return self._is_forgotten(origins[gone], new)

        yield from compare(
            _by_time(outputs_before), _by_time(outputs), at=at, is_forgotten=is_forgotten
        )

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Yield nothing: each lane publishes its books, even if they are empty."""
        del output_id, at
        return iter(())

    def entries(self) -> dict[tuple[str, str], _BookEntry]:
        """Return all entries, those of closed consolidations included, by kind and id."""
        entries: dict[tuple[str, str], _BookEntry] = {}
        for name, closed in self._closed.items():
            if closed.opened is not None:
                entries["open", name] = closed.opened
            for consignment_id, assignment in closed.assignments.items():
                entries[name, consignment_id] = assignment
        for name, opened in self._opened.items():
            entries["open", name] = opened
        for consignment_id, assignment in self._assignments.items():
            entries[assignment.home_id, consignment_id] = assignment
        return entries

    def _outputs(
        self, entry_id: tuple[str, str], entry: _BookEntry, origins: dict[str, _Origin]
    ) -> Iterator[tuple[str, Output]]:
        if isinstance(entry, OpenedConsolidation):
            home, made = entry_id[1], _of_consolidation(self._state.key, entry_id[1], entry)
        else:
            home, made = entry.home_id, _of_consignment(entry_id[1], entry)
        for output_id, output in made:
            origins[output_id] = _Origin(home, entry_id, output.at)
            yield output_id, output

    def _is_forgotten(self, origin: _Origin, entries: Mapping[tuple[str, str], _BookEntry]) -> bool:
        state, name = self._state, origin.consolidation_id
        if name in state.closed_at and state.forgotten_until is not None:
            return (state.closed_at[name], name) <= state.forgotten_until
        entry = entries.get(origin.entry_id)
        return (
            entry is not None
            and entry.forgotten_until is not None
            and origin.at <= entry.forgotten_until
        )


def _by_time(outputs: Mapping[str, Output]) -> dict[str, Publication]:
    in_order = sorted(outputs, key=lambda output_id: (outputs[output_id].at, output_id))
    return {output_id: outputs[output_id] for output_id in in_order}


def _of_consolidation(
    lane_id: str, name: str, entry: OpenedConsolidation
) -> Iterator[tuple[str, Output]]:
    opened = ConsolidationOpened(
        consolidation_id=name,
        lane_id=lane_id,
        voyage_id=entry.voyage_id,
        iso_type=entry.iso_type,
        policy=entry.policy,
    )
    yield f"open:{name}", Output(opened, entry.opened_at)
    now = EarlierList(
        plan_id=entry.plan_id,
        at=entry.planned_at,
        consignment_ids=entry.consignment_ids,
        volume_cm3=entry.volume_cm3,
        gross_g=entry.gross_g,
    )
    for each in (*entry.earlier, now):
        planned = ConsolidationPlanned(
            consolidation_id=name,
            plan_id=each.plan_id,
            consignment_ids=each.consignment_ids,
            planned_volume_cm3=each.volume_cm3,
            planned_gross_g=each.gross_g,
            revision=0,
        )
        yield f"plan:{name}:{each.plan_id}", Output(planned, each.at)


def _of_consignment(name: str, entry: PublishedAssignment) -> Iterator[tuple[str, Output]]:
    now = EarlierAssignment(
        consolidation_id=entry.consolidation_id,
        voyage_id=entry.voyage_id,
        plan_id=entry.plan_id,
        at=entry.at,
        reason_code=entry.reason_code,
        from_consolidation_id=entry.from_consolidation_id,
    )
    for each in (*entry.earlier, now):
        yield from _of_assignment(name, each)


def _of_assignment(name: str, assignment: EarlierAssignment) -> Iterator[tuple[str, Output]]:
    at = assignment.at
    rolled = assignment.from_consolidation_id and assignment.reason_code.startswith("roll")
    if rolled:
        event: Event = ConsignmentRolled(
            consignment_id=name,
            from_consolidation_id=assignment.from_consolidation_id,
            to_consolidation_id=assignment.consolidation_id or None,
            plan_id=assignment.plan_id,
            reason_code=assignment.reason_code,
        )
        yield f"rolled:{name}:{at.isoformat()}", Output(event, at)
    if assignment.consolidation_id:
        event = ConsignmentAllocated(
            consignment_id=name,
            consolidation_id=assignment.consolidation_id,
            voyage_id=assignment.voyage_id,
            plan_id=assignment.plan_id,
            from_consolidation_id=assignment.from_consolidation_id or None,
            reason_code=assignment.reason_code,
        )
    elif not rolled:
        event = ConsignmentDeallocated(
            consignment_id=name,
            consolidation_id=assignment.from_consolidation_id,
            plan_id=assignment.plan_id,
            reason_code=assignment.reason_code,
        )
    else:
        return
    yield f"assignment:{name}:{at.isoformat()}", Output(event, at)
