"""The next events of a subscription: from each partition in the order of the log."""

import heapq
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from groupage.store.captured_events import StoredCapture
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import CaptureFilter, CapturePage
from groupage.store.readers.captured_log import LogPlace, ends_of_log, find_recorded
from groupage.store.subscriptions import Places

BEGINNING = LogPlace(-1)


class NextEvents(NamedTuple):
    """Events that a subscription has not delivered, and where it is behind them."""

    captures: Sequence[StoredCapture]
    places: Places
    more: bool
    """Others follow."""


class _Partition(NamedTuple):
    name: tuple[str, int]
    end: LogPlace
    page: CapturePage


async def find_next(
    connection: Connection,
    wanted: CaptureFilter,
    places: Places,
    *,
    limit: int,
    bytes_max: int,
) -> NextEvents:
    """Read the next events: up to `limit`, or to that which brings them to `bytes_max`.

    Events of one partition stand in the order of the log, those of several by the time of their
    recording. None is skipped: a worker stores each partition in the order of its offsets, and the
    ends are read before the events.
    """
    partitions = [
        _Partition(
            name,
            end,
            await find_recorded(
                connection,
                wanted,
                name,
                places.get(name, BEGINNING),
                end,
                limit=limit,
                bytes_max=bytes_max,
            ),
        )
        for name, end in sorted((await ends_of_log(connection)).items())
        if places.get(name, BEGINNING) < end
    ]
    captures = _merge([each.page for each in partitions], limit=limit, bytes_max=bytes_max)
    following, more = dict(places), False
    for partition in partitions:
        page = partition.page
        taken = [each for each in captures if _partition_of(each) == partition.name]
        if len(taken) == len(page.captures) and not page.more:
            following[partition.name] = partition.end
            continue
        more = True
        if taken:
            last = taken[-1]
            following[partition.name] = LogPlace(last.position.offset, last.event.captured_id)
    return NextEvents(captures, following, more)


def with_bound(wanted: CaptureFilter, since: datetime) -> CaptureFilter:
    """Return the filter without the events that were recorded before `since`."""
    if wanted.recorded_since is not None and wanted.recorded_since >= since:
        return wanted
    return msgspec.structs.replace(wanted, recorded_since=since)


def _merge(pages: Sequence[CapturePage], *, limit: int, bytes_max: int) -> list[StoredCapture]:
    captures: list[StoredCapture] = []
    size = 0
    for capture in heapq.merge(
        *(page.captures for page in pages), key=lambda each: each.event.recorded_at
    ):
        if len(captures) == limit or size >= bytes_max:
            break
        captures.append(capture)
        size += len(capture.event.body) + len(capture.event.context or b"")
    return captures


def _partition_of(capture: StoredCapture) -> tuple[str, int]:
    return capture.position.topic, capture.position.partition
