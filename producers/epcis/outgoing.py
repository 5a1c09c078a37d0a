"""A fact of the hub as EPCIS 2.0 events. Pure.

`own_meanings.py` has what each event says; here is what all have: identity, times, the hub's place.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from groupage.domain.fact import Fact
from groupage.domain.own_urns import own_urn
from producers.epcis.own_meanings import MEANINGS
from producers.epcis.own_parts import Around, Members, place_id

SOURCE_OF_CAPTURES = "/epcis"
"""Facts of this source came as EPCIS events, and go out as these."""
EPCS_MAX = 2_000
"""Of an event: with more than 256 KiB no hub would take it. A longer list makes several events."""
_OFFSET = re.compile(r"[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00")
_AT_HUB = frozenset(
    name for name in MEANINGS if name.startswith("unit.") and name != "unit.shipped"
) | {
    "container.gated_in",
    "container.inspected",
    "container.sealed",
    "receipt.discrepancy",
    "stuffing.completed",
    "stuffing.started",
    "tally.completed",
    "truck.arrived",
}
"""Events after which things are at the hub."""


class HubPlace:
    """Where and by which clock the hub works."""

    def __init__(self, place: str, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        found = place_id(place)
        self.id = found if found.startswith("https://") else own_urn("hub", place)

    def local_times(self, at: datetime) -> tuple[str, str]:
        """Return an instant and its offset from UTC as texts, both by the hub's clock.

        In UTC where the zone's offset is none of EPCIS: those of before 1901 have seconds.
        """
        local = at.astimezone(self._zone)
        offset = local.isoformat()[-6:]
        whole = local.utcoffset()
        if whole is None or whole.seconds % 60 or not _OFFSET.fullmatch(offset):
            local, offset = at.astimezone(UTC), "+00:00"
        return local.isoformat(), offset


def event_id_of(fact_id: str, *, again: str = "", part: int = 1) -> str:
    """Return the eventID of a fact; `again`: the fact that made it count once more."""
    parts = [fact_id, *([again] if again else []), *([str(part)] if part > 1 else [])]
    return own_urn("event", ":".join(parts))


def has_meaning(fact: Fact) -> bool:
    """Tell whether a fact may become EPCIS events: it states what happened, and came otherwise."""
    is_captured = fact.source == SOURCE_OF_CAPTURES
    return (
        fact.classifier == "ACT"
        and not fact.retracted
        and not is_captured
        and fact.type in MEANINGS
    )


def events_of(fact: Fact, hub: HubPlace, around: Around) -> list[Members]:
    """Return the EPCIS events of a fact, without eventID; none if EPCIS has no place for it."""
    members = MEANINGS[fact.type](fact.data, around) if has_meaning(fact) else None
    if members is None:
        return []
    at, offset = hub.local_times(fact.occurred_at)
    head = {"type": members.pop("type"), "eventTime": at, "eventTimeZoneOffset": offset}
    if fact.type in _AT_HUB:
        members["bizLocation"] = {"id": hub.id}
    if "epcList" in members:
        members["epcList"] = list(dict.fromkeys(members["epcList"]))
    if "quantityList" in members and not members["epcList"]:
        del members["epcList"]
    return [head | part for part in _split(members)]


def _split(members: Members) -> list[Members]:
    """Divide an event about very many things."""
    epcs = members.get("epcList", ())
    if len(epcs) <= EPCS_MAX:
        return [members]
    rest = {name: value for name, value in members.items() if name != "quantityList"}
    return [
        {**(rest if begin else members), "epcList": epcs[begin : begin + EPCS_MAX]}
        for begin in range(0, len(epcs), EPCS_MAX)
    ]


def instant_text(at: datetime) -> str:
    """Return an instant in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
