"""What owners tell others: outputs are levels (what is so now); differences are published."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import ClassVar, NamedTuple, TypeVar

import msgspec

from groupage.contracts.partitioning import partition_of
from groupage.domain.events.alerts import AlertCleared, AlertRaised, Severity
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.consignment import CustomsStatusChanged
from groupage.domain.events.consolidation import ConsignmentPositionChanged
from groupage.domain.events.unit import UnitAnnounced
from groupage.domain.state.base import RejectedEvent, State
from groupage.domain.words import when

E = TypeVar("E", bound=Event)
_UNIT_TOPIC = "hub.unit.v1"
_NAMED = 3
_TEXT_MAX = 2_000


class Output(NamedTuple):
    """What others must know now, and since when it is so (the derived fact's `occurred_at`)."""

    event: Event
    at: datetime


class HandOver(Event, frozen=True, kw_only=True):
    """No event for the log: the shell sends the stored fact on to its consignment.

    The copy keeps source, event id and times (`processors.aggregates.unit.aggregate.handed`).
    """

    name: ClassVar[str] = "unit.handed_over"
    kind: ClassVar[AggregateKind] = "unit"
    key_field: ClassVar[str] = "owner_id"

    fact_id: str
    owner_id: str


class Announcements(Event, frozen=True, kw_only=True):
    """No event for the log: stands for `unit.announced` to each unit, compared as a whole."""

    name: ClassVar[str] = "unit.announcements"
    kind: ClassVar[AggregateKind] = "unit"
    key_field: ClassVar[str] = "owner_id"

    owner_id: str
    notes: tuple[tuple[datetime, tuple[str, ...]], ...]
    """Since when it claims which units."""
    over: bool = False
    """It does not any more: it left the ordinary way."""
    missing: tuple[str, ...] = ()
    """Units that never came, and are not awaited."""
    revision: int = 0

    def each(self, before: "Announcements | None" = None) -> Iterator[UnitAnnounced]:
        """The events that it stands for: what differs, one to the units of each partition."""
        told = {} if before is None else before.claims()
        claims = self.claims()
        for unit_id in told.keys() - claims.keys():
            claims[unit_id] = (told[unit_id][0], True)
        groups: dict[tuple[datetime, bool, int], list[str]] = {}
        for unit_id, claim in sorted(claims.items()):
            if told.get(unit_id) != claim:
                place = partition_of(unit_id, _UNIT_TOPIC)
                groups.setdefault((*claim, place), []).append(unit_id)
        for (at, ended, _), (first, *others) in groups.items():
            yield UnitAnnounced(
                unit_id=first,
                owner_id=self.owner_id,
                announced_at=at,
                others=tuple(others),
                revision=self.revision,
                ended=ended,
            )

    def claims(self) -> dict[str, tuple[datetime, bool]]:
        """Since when, and whether it ended, by unit."""
        claims: dict[str, tuple[datetime, bool]] = {}
        for at, units in self.notes:
            claims.update(dict.fromkeys(units, (at, self.over)))
        for unit_id in self.missing:
            claims[unit_id] = (claims[unit_id][0], True)
        return claims


class Change(NamedTuple):
    """Something to publish: new, changed, or taken back."""

    output_id: str
    event: Event
    at: datetime


def alert(
    kind: AggregateKind,
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


def refusal_alerts(kind: AggregateKind, state: State) -> dict[str, Output]:
    """One alert for all facts refused for the same reason: a hold stops every carton."""
    by_code: dict[str, list[tuple[datetime, str, RejectedEvent]]] = {}
    for fact_id, refused in state.refused.items():
        by_code.setdefault(refused.code, []).append((refused.at, fact_id, refused))
    said: dict[str, Output] = {}
    for code, facts in by_code.items():
        in_order = [refused for _, _, refused in sorted(facts, key=itemgetter(0, 1))]
        text = _refusals(code, in_order)[:_TEXT_MAX]
        said[f"alert:refused:{code}"] = Output(
            alert(kind, state, "illegal_transition", text, part=code), in_order[0].at
        )
    return said


def _refusals(code: str, refused: Sequence[RejectedEvent]) -> str:
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
    before: Mapping[str, Output], after: Mapping[str, Output], *, state: State, at: datetime
) -> list[Change]:
    """What must be published to go from `before` to `after`; `at` is when what vanished ended."""
    changed: list[Change] = []
    for output_id, said in after.items():
        known = before.get(output_id)
        if known is not None and known.event == said.event:
            continue
        event = _stamped(said.event, state.revision)
        if isinstance(event, Announcements):
            changed += _announced(event, None if known is None else known.event, at)
        else:
            changed.append(Change(output_id, event, said.at))
    for output_id, said in before.items():
        if output_id in after:
            continue
        if isinstance(said.event, Announcements):
            nothing = msgspec.structs.replace(said.event, notes=(), missing=())
            changed += _announced(_stamped(nothing, state.revision), said.event, at)
        else:
            taken_back = _taken_back(said.event)
            if taken_back is not None:
                changed.append(Change(output_id, _stamped(taken_back, state.revision), at))
    return changed


def _announced(now: Announcements, before: Event | None, at: datetime) -> Iterator[Change]:
    assert before is None or isinstance(before, Announcements)
    for event in now.each(before):
        since = at if event.ended else event.announced_at
        yield Change(f"announce:{event.subject}", event, since)


def change_id(kind: AggregateKind, key: str, change: Change, revision: int) -> str:
    """Event id of a change: the same facts say the same thing under the same id."""
    content = msgspec.json.encode(change.event).decode()
    name = f"{kind}\0{key}\0{change.output_id}\0{revision}\0{change.event.name}\0{content}"
    return blake2b(name.encode(), digest_size=16).hexdigest()


def _stamped(event: E, revision: int) -> E:
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
