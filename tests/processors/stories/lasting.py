"""What happened stays so: on a hub without mistakes, no later event undoes it.

If a message took it away, both hubs of a story would lose it alike, and comparing them would not
show it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from groupage.domain.state.consignment import ConsignmentState, UnitPart
from tests.processors.aggregates.minihub import MiniHub


class Happened(NamedTuple):
    """Something that happened to an aggregate."""

    what: str
    key: str
    part: str
    """The unit, container or number of the manifest."""


Lasting = Mapping[Happened, datetime]
"""What has happened, and when."""


def find_lasting(hub: MiniHub) -> Lasting:
    """Return receipts, loadings, filed manifests, starts of stuffing, departures of both kinds."""
    return dict(_find(hub))


def undone(before: Lasting, after: Lasting, hub: MiniHub, now: datetime) -> list[str]:
    """List what happened before that time and is gone, each as a line of text.

    An older fact may reach an aggregate late, so that something happened earlier than it knew.
    """
    return [
        f"{each.what} of {each.key} ({each.part}) at {at:%d %H:%M} is gone"
        for each, at in before.items()
        if at < now
        and (each not in after or (after[each] > at and not _was_made(each, after[each], hub)))
        and not _was_ended(each, at, hub)
    ]


def _find(hub: MiniHub) -> Iterator[tuple[Happened, datetime]]:
    for (kind, key), state in hub.states.items():
        if kind == "consignment":
            for unit_id, part in state.units.items():
                if part.received_at is not None:
                    yield Happened("receipt", key, unit_id), part.received_at
                if part.loaded_in:
                    yield Happened("loading", key, unit_id), _loaded_at(state, part)
            if state.departed_at is not None:
                yield Happened("leaving", key, ""), state.departed_at
        elif kind == "consolidation" and state.manifest is not None:
            manifest, container = state.manifest, state.container
            ref = manifest.equipment_ref
            yield Happened("manifest", key, str(state.unfreeze_count)), manifest.filed_at
            if state.stuffing_started_at is not None:
                yield Happened("stuffing", key, ref), state.stuffing_started_at
            if container is not None and container.gated_out_at is not None:
                yield Happened("departure", key, ref), container.gated_out_at


def _loaded_at(state: ConsignmentState, part: UnitPart) -> datetime:
    return max(move.at for move in part.moves if move.into and move.fact_id not in state.rejected)


def _was_ended(happened: Happened, happened_at: datetime, hub: MiniHub) -> bool:
    """Tell whether an event ended it on purpose."""
    if happened.what in ("receipt", "loading"):
        return _had_left(happened, happened_at, hub) or _was_taken_out(happened, hub)
    if happened.what == "leaving":
        moves = [
            move
            for part in hub.state("consignment", happened.key).units.values()
            for move in part.moves
        ]
        return any(_came_back(hub, move.equipment_ref) for move in moves)
    state = hub.state("consolidation", happened.key)
    if happened.what == "manifest":
        return bool(state.unfreeze_count > int(happened.part))
    if happened.what == "departure":  # unless the container came back for the same consolidation
        container = hub.state("container", happened.part)
        return bool(
            state.equipment_ref != happened.part or container.consolidation_id == happened.key
        )
    return False


def _was_made(happened: Happened, at: datetime, hub: MiniHub) -> bool:
    """Tell whether a repack made the unit then, which a clock that ran behind had scanned before.

    A receipt that the hub learns of later may make the repack legal.
    """
    units = hub.state("consignment", happened.key).units if happened.what == "receipt" else {}
    return any(part.gone_at == at for part in units.values())


def _had_left(happened: Happened, happened_at: datetime, hub: MiniHub) -> bool:
    """Tell whether its consignment had left before.

    An older fact about a carton that it claims late may make a cancellation or rejection legal.
    """
    consignment = hub.state("consignment", happened.key)
    leaving = consignment.settled_exit or consignment.exit
    return leaving is not None and leaving.at < happened_at


def _was_taken_out(happened: Happened, hub: MiniHub) -> bool:
    consignment = hub.state("consignment", happened.key)
    if happened.what != "loading" or happened.part not in consignment.units:
        return False
    moves = consignment.units[happened.part].moves
    taken_out = (not each.into and each.fact_id not in consignment.rejected for each in moves)
    return any(taken_out) or any(_came_back(hub, each.equipment_ref) for each in moves)


def _came_back(hub: MiniHub, equipment_ref: str) -> bool:
    """Tell whether a container was released again for the consolidation that it had left with."""
    container = hub.state("container", equipment_ref)
    return container.consolidation_id in container.earlier_uses
