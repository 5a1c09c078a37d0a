"""What happened stays so: on a hub without mistakes, no later event undoes it.

If a message took it away, both hubs of a story would lose it alike, and comparing them would not
show it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tests.processors.aggregates.minihub import MiniHub


class Happened(NamedTuple):
    """Something that happened to a thing, in which of its uses or versions, and when."""

    what: str
    key: str
    part: str
    at: datetime


Lasting = frozenset[Happened]


def find_lasting(hub: MiniHub) -> Lasting:
    """Return the receipts, filed manifests, starts of stuffing and departures of the hub."""
    return frozenset(_find(hub))


def undone(before: Lasting, after: Lasting, hub: MiniHub, now: datetime) -> list[str]:
    """List what happened before that time and is gone, each as a line of text."""
    return [
        f"{each.what} of {each.key} ({each.part}) at {each.at:%d %H:%M} is gone"
        for each in sorted(before - after)
        if each.at < now and not _was_ended(each, hub)
    ]


def _find(hub: MiniHub) -> Iterator[Happened]:
    for (kind, key), state in hub.states.items():
        if kind == "consignment":
            for unit_id, part in state.units.items():
                if part.received_at is not None:
                    yield Happened("receipt", key, unit_id, part.received_at)
        elif kind == "consolidation" and state.manifest is not None:
            manifest, container = state.manifest, state.container
            yield Happened("manifest", key, str(state.unfreeze_count), manifest.filed_at)
            if state.stuffing_started_at is not None:
                yield Happened("stuffing", key, manifest.equipment_ref, state.stuffing_started_at)
            if container is not None and container.gated_out_at is not None:
                yield Happened("departure", key, manifest.equipment_ref, container.gated_out_at)


def _was_ended(happened: Happened, hub: MiniHub) -> bool:
    """Tell whether an event ended it on purpose."""
    state = hub.state("consolidation", happened.key)
    if happened.what == "manifest":
        return bool(state.unfreeze_count > int(happened.part))
    if happened.what == "departure":  # unless the container came back for the same consolidation
        container = hub.state("container", happened.part)
        return bool(
            state.equipment_ref != happened.part or container.consolidation_id == happened.key
        )
    return False
