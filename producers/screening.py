"""Check digits of container numbers and SSCCs in an event, its time, and the policy on both."""

from datetime import datetime, timedelta

import msgspec

from groupage.contracts.digits import find_digit_problems
from groupage.domain.checkdigits import DigitProblem, Fate, fate_of
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.policy import CheckDigitPolicy, Policy
from groupage.domain.words import when
from producers.problems import FieldProblem

_SEVERITY: dict[Fate, int] = {"accept": 0, "warn": 1, "quarantine": 2, "reject": 3}


class CheckDigitRules(msgspec.Struct, frozen=True, kw_only=True):
    """The policy for wrong check digits of container numbers and of SSCCs."""

    containers: CheckDigitPolicy = "quarantine"
    units: CheckDigitPolicy = "quarantine"
    free_names: bool = False
    """Equipment may have any name; only names in the form of a container number are checked."""


class TimeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How far ahead of this host's time an event may be dated."""

    warned: timedelta = timedelta(seconds=Policy().clock_tolerance_s)
    """Hosts' clocks differ by less."""
    quarantined: timedelta = timedelta(seconds=Policy().event_ahead_s)
    """Beyond this the workers quarantine the event."""

    @classmethod
    def of(cls, policy: Policy) -> "TimeLimits":
        """Return the limits of a policy."""
        return cls(
            warned=timedelta(seconds=policy.clock_tolerance_s),
            quarantined=timedelta(seconds=policy.event_ahead_s),
        )

    def warning(self, fact: Fact, now: datetime) -> FieldProblem | None:
        """Return a warning if the event is dated ahead; plans and estimates may be."""
        if fact.occurred_at <= now + self.warned or not fact.states_when:
            return None
        expected = f"a time that has come (it is {when(now)}); a plan has classifier PLN or EST"
        if fact.occurred_at > now + self.quarantined:
            expected += (
                "; the hub quarantines this event as from_the_future: send it again with the "
                "right time and another id"
            )
        return FieldProblem(field="time", value=fact.occurred_at.isoformat(), expected=expected)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A wrong check digit in a field, and its fate under the policy."""

    field: str
    problem: DigitProblem
    fate: Fate


def find_wrong_digits(event: Event, rules: CheckDigitRules) -> list[Finding]:
    """Find every wrong check digit of the event's container numbers and SSCCs."""
    return [
        Finding(
            field=field,
            problem=problem,
            fate=fate_of(problem, rules.units if problem.scheme == "GS1" else rules.containers),
        )
        for field, problem in find_digit_problems(event, free_names=rules.free_names)
    ]


def worst_fate(findings: list[Finding]) -> Fate:
    """Return the most severe fate among the findings; ``accept`` without any."""
    return max((finding.fate for finding in findings), key=_SEVERITY.__getitem__, default="accept")
