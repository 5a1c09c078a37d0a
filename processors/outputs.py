"""What owners tell others: outputs are levels (what is so now); differences are published."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import ClassVar, NamedTuple
from uuid import UUID, uuid5

import msgspec

from groupage.contracts.partitioning import partition_of
from groupage.domain.events.alerts import AlertCleared, AlertRaised, Severity
from groupage.domain.events.base import Event, Kind
from groupage.domain.events.consignment import CustomsStatusChanged
from groupage.domain.events.consolidation import ConsignmentPositionChanged
from groupage.domain.events.unit import UnitAnnounced
from groupage.domain.state.base import Refusal, State
from groupage.domain.words import when

_UNIT_TOPIC = "hub.unit.v1"
_NAMED = 3
_TEXT_MAX = 2_000
_NAMESPACE = UUID("5a3c1f0e-6d0b-5f6e-9a53-2f7d1c9b8e41")


class Said(NamedTuple):
    """What others must know now, and since when it is so (the derived fact's `occurred_at`)."""

    event: Event
    at: datetime


class HandOver(Event, frozen=True, kw_only=True):
    """No event for the log: the shell sends the stored fact on to its consignment.

    The copy keeps source, event id and times (`processors.unit.core.handed`).
    """

    name: ClassVar[str] = "unit.handed_over"
    kind: ClassVar[Kind] = "unit"
    key_field: ClassVar[str] = "owner_id"

    fact_id: str
    owner_id: str


class Announcements(Event, frozen=True, kw_only=True):
    """No event for the log: stands for `unit.announced` to each unit, compared as a whole."""

    name: ClassVar[str] = "unit.announcements"
    kind: ClassVar[Kind] = "unit"
    key_field: ClassVar[str] = "owner_id"

    owner_id: str
    announced_at: datetime
    units: tuple[str, ...]

    def each(self) -> Iterator[UnitAnnounced]:
        """The events that it stands for: one to the units of each partition."""
        partitions: dict[int, list[str]] = {}
        for unit_id in self.units:
            partitions.setdefault(partition_of(unit_id, _UNIT_TOPIC), []).append(unit_id)
        for first, *others in partitions.values():
            yield UnitAnnounced(
                unit_id=first,
                owner_id=self.owner_id,
                announced_at=self.announced_at,
                others=tuple(others),
            )


class Change(NamedTuple):
    """Something to publish: new, changed, or taken back."""

    output_id: str
    event: Event
    at: datetime


def alert(
    kind: Kind,
    state: State,
    code: str,
    message: str,
    *,
    severity: Severity = "warning",
    part: str = "",
    due_at: datetime | None = None,
) -> AlertRaised:
    """An alert about a state. `part` tells apart several of the same code."""
    return AlertRaised(
        alert_id=f"{kind}/{state.key}/{code}" + (f"/{part}" if part else ""),
        about=state.key,
        about_kind=kind,
        code=code,
        severity=severity,
        message=message,
        due_at=due_at,
    )


def refusal_alerts(kind: Kind, state: State) -> dict[str, Said]:
    """One alert for all facts refused for the same reason: a hold stops every carton."""
    by_code: dict[str, list[tuple[datetime, str, Refusal]]] = {}
    for fact_id, refused in state.refused.items():
        by_code.setdefault(refused.code, []).append((refused.at, fact_id, refused))
    said: dict[str, Said] = {}
    for code, facts in by_code.items():
        in_order = [refused for _, _, refused in sorted(facts, key=itemgetter(0, 1))]
        text = _refusals(code, in_order)[:_TEXT_MAX]
        said[f"alert:refused:{code}"] = Said(
            alert(kind, state, "illegal_transition", text, part=code), in_order[0].at
        )
    return said


def _refusals(code: str, refused: Sequence[Refusal]) -> str:
    """How many, the first few and the latest."""
    *others, latest = refused
    about = f"{latest.type} of {latest.subject}"
    if not others:
        return f"{about} was refused: {latest.reason}"
    named = [f"{one.type} of {one.subject}" for one in others[:_NAMED]]
    if len(others) > _NAMED:
        named.append(f"{len(others) - _NAMED:,} more")
    return (
        f"{len(refused):,} facts were refused ({code}): {', '.join(named)}, "
        f"and the latest at {when(latest.at)}, {about}: {latest.reason}"
    )


def changes(
    before: Mapping[str, Said], after: Mapping[str, Said], *, state: State, at: datetime
) -> list[Change]:
    """What must be published to go from `before` to `after`; `at` is when what vanished ended."""
    changed: list[Change] = []
    for output_id, said in after.items():
        known = before.get(output_id)
        if known is not None and known.event == said.event:
            continue
        if isinstance(said.event, Announcements):
            changed += [
                Change(f"announce:{event.subject}", event, said.at) for event in said.event.each()
            ]
        else:
            changed.append(Change(output_id, _stamped(said.event, state.revision), said.at))
    for output_id, said in before.items():
        if output_id not in after:
            taken_back = _taken_back(said.event)
            if taken_back is not None:
                changed.append(Change(output_id, _stamped(taken_back, state.revision), at))
    return changed


def change_id(kind: Kind, key: str, change: Change, revision: int) -> str:
    """Event id of a change: the same facts say the same thing under the same id."""
    content = msgspec.json.encode(change.event).decode()
    name = f"{kind}\0{key}\0{change.output_id}\0{revision}\0{change.event.name}\0{content}"
    return str(uuid5(_NAMESPACE, name))


def _stamped(event: Event, revision: int) -> Event:
    if "revision" not in event.__struct_fields__:
        return event
    return msgspec.structs.replace(event, revision=revision)


def _taken_back(event: Event) -> Event | None:
    match event:
        case AlertRaised():
            return AlertCleared(
                alert_id=event.alert_id,
                about=event.about,
                about_kind=event.about_kind,
                code=event.code,
            )
        case ConsignmentPositionChanged():
            return msgspec.structs.replace(event, member=False)
        case CustomsStatusChanged():
            return msgspec.structs.replace(event, status="NONE")
        case _:
            return None
