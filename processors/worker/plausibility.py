"""Times that cannot be right: ticks and events too far in the future are dead letters.

Kafka stamps each record with its own time (``LogAppendTime``). A tick of a wall clock that is later
than this stamp by more than the policy's tolerance would end the hub: the clock never goes back.
An event that is dated years ahead would sort behind everything that happens until then.

Where the hub has an external clock (a simulator, a recording), Kafka's time says nothing about the
hub's. There every tick is believed (`groupage clock void` takes a wrong one back), and an event
comes from the future if it is ahead of both Kafka's time and the partition's last tick.

The stamps and ticks are in the log, so a rebuild finds the same dead letters. A policy with other
tolerances counts for records that Kafka stamped some minutes after it: by then every worker has
read it, and no record was judged otherwise.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from groupage.domain.codes import TimeCode
from groupage.domain.fact import Fact
from groupage.domain.policy import CheckDigitPolicy, Policy
from groupage.domain.policy_history import Adoption, PolicyHistory
from groupage.domain.state.base import RejectedEvent
from groupage.domain.words import when
from groupage.settings import ClockSource
from groupage.store.writers import DeadLetterRow
from processors.worker import dead_letters
from processors.worker.batch import IncomingFact, PartitionBatch

_KNOWN_AFTER = timedelta(minutes=5)
"""Kafka's time from an adoption until it counts here. A worker reads it within a second; one that
cannot reach Kafka reads no records either."""
_LOG_APPEND_TIME = 1
"""Kafka's number of that timestamp type."""


class TimeRules(msgspec.Struct, frozen=True, kw_only=True):
    """How far ahead of the present time ticks and events may be, and whether digits must fit."""

    wall: bool = True
    """The hub's clock is the time of day, so Kafka's time limits it."""
    tick_ahead: timedelta = timedelta(seconds=Policy().clock_tolerance_s)
    event_ahead: timedelta = timedelta(seconds=Policy().event_ahead_s)
    check_digits: CheckDigitPolicy = Policy().check_digits
    changes: tuple[tuple[datetime, timedelta, timedelta, CheckDigitPolicy], ...] = ()
    """Later `tick_ahead`, `event_ahead` and `check_digits`, each with Kafka's time from which they
    count."""

    @classmethod
    def of(cls, policies: PolicyHistory, source: ClockSource) -> "TimeRules":
        """Return the rules of these policies for a hub with that clock."""
        wall = source == "wall"
        first = policies.first
        return cls(
            wall=wall,
            tick_ahead=timedelta(seconds=first.clock_tolerance_s),
            event_ahead=timedelta(seconds=first.event_ahead_s),
            check_digits=first.check_digits,
            changes=tuple(
                (
                    _counts_from(adoption, wall=wall),
                    timedelta(seconds=adoption.policy.clock_tolerance_s),
                    timedelta(seconds=adoption.policy.event_ahead_s),
                    adoption.policy.check_digits,
                )
                for adoption in policies.adoptions[1:]
            ),
        )

    def following(self, policies: PolicyHistory) -> "TimeRules":
        """Return the rules under these policies for the same clock; the same without adoptions."""
        if not policies.adoptions:
            return self
        return self.of(policies, "wall" if self.wall else "external")

    def tolerances(self, stamped_at: datetime) -> tuple[timedelta, timedelta]:
        """Return how far ahead of that time of Kafka a tick and an event may be."""
        tolerances = self.tick_ahead, self.event_ahead
        for since, tick_ahead, event_ahead, _ in self.changes:
            if since <= stamped_at:
                tolerances = tick_ahead, event_ahead
        return tolerances

    def refuses_wrong_digits(self, stamped_at: datetime) -> bool:
        """Tell whether an event that Kafka stamped then must have right check digits."""
        policy = self.check_digits
        for since, _, _, check_digits in self.changes:
            if since <= stamped_at:
                policy = check_digits
        return policy != "warn"

    def doubt_tick(self, at: datetime, record: Any, stamped_at: datetime, source: str) -> str:
        """Say why a tick in that record cannot be right; empty: it is believed."""
        if not self.wall:
            return ""
        if record.timestamp_type != _LOG_APPEND_TIME:
            return (
                f"{source} says that it is {when(at)}, and Kafka did not stamp the record with its "
                "own time, so nothing confirms that: set message.timestamp.type of the topic to "
                "LogAppendTime (`groupage topics` shows it)"
            )
        if at <= stamped_at + self.tolerances(stamped_at)[0]:
            return ""
        return (
            f"{source} says that it is {when(at)}, and Kafka's time was {when(stamped_at)}: the "
            "hub's clock did not follow it. Correct the clock of that host, or stop whoever sends "
            f"such ticks; then confirm: `groupage clock void {at.isoformat()} --reason WHY`"
        )


def _counts_from(adoption: Adoption, *, wall: bool) -> datetime:
    """Return Kafka's time from which an adopted policy counts for times of records."""
    known_at = adoption.adopted_at + _KNOWN_AFTER
    return max(known_at, adoption.effective_at) if wall else known_at


DEFAULT_RULES = TimeRules()
"""Those of a hub with the time of day and the default policy."""


def explain_future(fact: Fact, now: datetime, whose: str) -> str:
    """Say why an event cannot have happened then."""
    return (
        f"{fact.source} dates {fact.type} of {fact.subject} to {when(fact.occurred_at)}, and "
        f"{whose} time was {when(now)}: nothing happens so far ahead. Send it again with the right "
        "time and an id of its own, without correctionof; or, if the date is right, replay this "
        "dead letter when it has come"
    )


def quarantine_events_ahead(part: PartitionBatch, clock_at: datetime | None) -> None:
    """Take events out of the part that are too far ahead of an external clock, too.

    `clock_at` is the partition's last tick before the part; before the first one all pass.
    """
    for segment in part.segments:
        if clock_at is not None:
            for key, facts in segment.facts.items():
                ahead = [
                    incoming
                    for incoming in facts
                    if (event_ahead := part.ahead.get(incoming.offset)) is not None
                    and incoming.fact.occurred_at > clock_at + event_ahead
                ]
                if ahead:
                    part.dead_letters += [_dead_letter(each, clock_at) for each in ahead]
                    segment.facts[key] = [each for each in facts if each not in ahead]
        if segment.tick_at is not None:
            ahead_of_clock = clock_at is None or segment.tick_at > clock_at
            if ahead_of_clock != segment.resets:
                clock_at = segment.tick_at


def _dead_letter(incoming: IncomingFact, clock_at: datetime) -> DeadLetterRow:
    fact = incoming.fact
    rejected = RejectedEvent(
        code=TimeCode.FROM_THE_FUTURE,
        reason=explain_future(fact, clock_at, "the hub's"),
        type=fact.type,
        subject=fact.subject,
        at=fact.occurred_at,
    )
    return dead_letters.from_rejection(dead_letters.rejected_record(incoming), rejected)
