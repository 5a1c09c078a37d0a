"""Take wrong ticks back: ``groupage clock void``.

1. Read all ticks of the log, and choose those that are wrong.
2. Publish `clock.voided` to each partition that has some. Its worker sets the clock back to the
   latest tick that stands, and derives the states that the clock had changed: missed cut-offs,
   alerts. The event stays in the log, so that a rebuild gives the same states.
3. Correct the facts of lanes that had requested plans at wrong ticks: the request gets the time of
   the clock that stands, its plan is retracted, it has failed, and the lane wants another plan.

Whoever repeats it changes nothing, and finishes what was interrupted.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import asyncpg
import msgspec

from groupage.contracts.instants import EARLIEST
from groupage.domain.errors import NotFound
from groupage.domain.events.clock import ClockVoided
from groupage.domain.fact import Fact
from groupage.domain.sender_alerts import CLOCK_ID
from groupage.domain.words import when
from groupage.store.trust import read_trust
from processors.operations.hub_link import HubLink, open_link
from processors.operations.ticks import PartitionTicks, Tick, read_ticks
from processors.operations.void_requests import VoidRequests
from processors.worker.app import WorkerSettings
from processors.worker.assignment import Partition
from processors.worker.plausibility import TimeRules

_NAMED_TICKS_MAX = 5


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which ticks are wrong: those named, and all that are later than an instant."""

    ticks: tuple[datetime, ...] = ()
    later_than: datetime | None = None
    by: str
    reason: str

    def covers(self, tick: Tick) -> bool:
        """Tell whether the tick is one of them."""
        return tick.at in self.ticks or (self.later_than is not None and tick.at > self.later_than)


class VoidReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result: counts of records."""

    ticks: int
    """Ticks that are void now and were believed before."""
    partitions: int
    """Partitions whose clock they had moved."""
    refused: int
    """Ticks that no worker had believed; their dead letters are settled."""
    void_before: int
    """Ticks that were void already."""
    clock_at: datetime | None
    """The latest tick that stands; None: there is none."""
    requests: int
    """Requests for plans of wrong ticks that were taken back, with their plans."""
    done: bool
    """Workers have taken it all in; else none ran: repeat the command then."""


class _Reading:
    """All ticks of the log, and those of them that are chosen."""

    def __init__(self, log_ticks: Mapping[Partition, PartitionTicks], choice: Choice) -> None:
        self.log_ticks = log_ticks
        self.chosen = {
            partition: [tick for tick in each.ticks if choice.covers(tick)]
            for partition, each in log_ticks.items()
        }
        self.new = {
            partition: [tick for tick in ticks if not tick.is_void]
            for partition, ticks in self.chosen.items()
        }
        self.times = sorted({tick.at for ticks in self.chosen.values() for tick in ticks})

    def require(self, choice: Choice) -> None:
        """Raise NotFound unless each named tick exists, or one is later than the instant."""
        all_times = sorted({tick.at for each in self.log_ticks.values() for tick in each.ticks})
        latest = ", ".join(at.isoformat() for at in all_times[-_NAMED_TICKS_MAX:]) or "none"
        if missing := [at.isoformat() for at in choice.ticks if at not in self.times]:
            raise NotFound(
                f"the log has no tick at {', '.join(missing)}; its latest ticks are {latest}"
            )
        if not self.times:
            raise NotFound(
                f"the log has no tick later than {when(choice.later_than)}; its latest ticks are "
                f"{latest}"
            )

    def standing(self, partition: Partition) -> datetime | None:
        """Return the partition's latest tick without the chosen ones."""
        return self.log_ticks[partition].latest(without=self.chosen[partition])

    def clock_at(self) -> datetime | None:
        """Return the latest tick of all partitions without the chosen ones."""
        stand = [self.standing(partition) for partition in self.log_ticks]
        return max((at for at in stand if at is not None), default=None)

    def report(self, *, requests: int, done: bool) -> VoidReport:
        """Count."""
        believed = {
            partition: [tick for tick in ticks if not tick.doubt]
            for partition, ticks in self.new.items()
        }
        return VoidReport(
            ticks=sum(map(len, believed.values())),
            partitions=sum(1 for ticks in believed.values() if ticks),
            refused=sum(1 for ticks in self.new.values() for tick in ticks if tick.doubt),
            void_before=sum(1 for ticks in self.chosen.values() for tick in ticks if tick.is_void),
            clock_at=self.clock_at(),
            requests=requests,
            done=done,
        )


async def void_ticks(
    settings: WorkerSettings,
    pool: asyncpg.Pool,
    choice: Choice,
    *,
    rules: TimeRules,
    patience_s: float,
) -> VoidReport:
    """Void the chosen ticks, and wait up to `patience_s` until the workers have taken that in.

    Raises NotFound, before anything is sent, when the log has no such tick.
    """
    trust, prefix = await read_trust(pool, settings.hub_key()), settings.topics.prefix
    read = partial(read_ticks, settings.kafka, prefix, trust, rules)
    reading = _Reading(await read(), choice)
    reading.require(choice)
    deadline_s = time.monotonic() + patience_s
    async with open_link(settings, pool) as link:
        ends = {
            partition: await _publish(link, partition, choice, reading.standing(partition))
            for partition, ticks in reading.new.items()
            if ticks
        }
        if ends:
            begin = {partition: reading.log_ticks[partition].end for partition in ends}
            await _send_again(link, await read(begin=begin), ends, choice)
        requests, done = 0, await link.until_read(ends, deadline_s)
        if done:
            requests, done = await VoidRequests(link).take_back(
                reading.times, reading.clock_at() or EARLIEST, deadline_s
            )
    return reading.report(requests=requests, done=done)


async def _publish(
    link: HubLink, partition: Partition, choice: Choice, standing: datetime | None
) -> int:
    """Publish that ticks of the partition are void; return the offset behind that record."""
    topic, number = partition
    now = datetime.now(UTC)
    event = ClockVoided(
        clock_id=CLOCK_ID,
        at=standing or EARLIEST,
        ticks=choice.ticks,
        later_than=choice.later_than,
        by=choice.by,
        reason=choice.reason,
    )
    fact = Fact(
        event_id=f"void-{now.isoformat()}-{topic}-{number}",
        source="/groupage/clock",
        key=CLOCK_ID,
        occurred_at=now,
        recorded_at=now,
        data=event,
        relayed_by="clock",
    )
    _, end = await link.send(fact, topic=topic, partition=number)
    return end


async def _send_again(
    link: HubLink,
    between: Mapping[Partition, PartitionTicks],
    ends: Mapping[Partition, int],
    choice: Choice,
) -> None:
    """Send right ticks again that came between the reading and the event."""
    for partition, end in ends.items():
        for tick in between[partition].ticks:
            if tick.offset < end and not tick.doubt and not choice.covers(tick):
                await link.send_again(tick.record)
