"""The policies of a hub by time: each thing is judged by the policy that was in force then. Pure.

The log of adoptions gives the history (`groupage.domain.events.policy`). The first policy counts
from the beginning of time, because nothing else could judge what happened before it was adopted.
A later one counts from its `effective_at` on, and replaces those that would take effect later.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.policy import Policy, is_same_policy


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that the hub adopted."""

    event: PolicyAdopted
    event_json: bytes
    """The event as it lies in the log."""
    effective_at: datetime
    adopted_at: datetime

    @property
    def policy(self) -> Policy:
        """The policy."""
        return self.event.policy

    @property
    def digest(self) -> str:
        """The policy's name."""
        return self.event.digest


class PolicyHistory:
    """All policies that a hub adopted, in the order of the log."""

    __slots__ = (
        "_in_force",
        "_since",
        "adoptions",
        "at",
        "calendars",
        "first",
        "first_instant",
        "number",
        "only",
        "thresholds",
    )

    def __init__(self, first: Policy, adoptions: Sequence[Adoption] = ()) -> None:
        """Make the history of these adoptions; `first` counts while there is none."""
        self.adoptions = tuple(adoptions)
        self.number = max(0, len(self.adoptions) - 1)
        """How often the policy has changed. States are derived under a history of this number."""
        self.first = self.adoptions[0].policy if self.adoptions else first
        """The policy that counts from the beginning of time."""
        self._in_force: list[Policy] = [self.first]
        self._since: list[datetime] = []
        """Since when each policy but the first has been in force."""
        for adoption in self.adoptions[1:]:
            kept = bisect_right(self._since, adoption.effective_at)
            if kept and self._since[kept - 1] == adoption.effective_at:
                kept -= 1
            self._since[kept:] = [adoption.effective_at]
            self._in_force[kept + 1 :] = [adoption.policy]
        self.calendars = tuple(
            dict.fromkeys(each.working_days for each in self._in_force if each.working_days)
        )
        """The calendars of working days of all policies. One completes another."""
        self.thresholds: dict[datetime, Any] = {}
        """Dead-freight thresholds found so far, by LCO (`groupage.domain.dead_freight`)."""
        only = self.first
        self.only = None if self._since else only
        """The policy, if it has never changed. For speed, callers on a hot path look here first."""
        self.at: Callable[[datetime], Policy] = self._find if self._since else lambda _at: only
        """Return the policy in force at that instant."""
        self.first_instant: Callable[[Callable[[Policy], datetime]], datetime] = (
            self._find_first_instant if self._since else lambda instant_under: instant_under(only)
        )
        """Return the first instant that lies behind `instant_under(policy)` of its own policy.

        A deadline that depends on the policy comes then: at any instant before it, the policy in
        force at that instant says that it is still ahead.
        """

    @property
    def newest(self) -> Policy:
        """The policy that counts last."""
        return self._in_force[-1]

    def extended(self, adoptions: Sequence[Adoption]) -> "PolicyHistory":
        """Return the history of the log, of which this is a beginning."""
        return PolicyHistory(self.first, adoptions)

    def up_to(self, number: int) -> "PolicyHistory":
        """Return the history when the policy had changed `number` times."""
        if number >= self.number:
            return self
        return PolicyHistory(self.first, self.adoptions[: number + 1])

    def adoption_at(self, instant: datetime) -> Adoption | None:
        """Return the adoption whose policy was in force at that instant; None: of the assumed."""
        in_force = self.adoptions[:1]
        for adoption in self.adoptions[1:]:
            if adoption.effective_at <= instant:
                in_force = (adoption,)
        return in_force[0] if in_force else None

    def has_adopted(self, policy: Policy) -> bool:
        """Tell whether the hub has ever adopted that policy."""
        return any(is_same_policy(adoption.policy, policy) for adoption in self.adoptions)

    def _find(self, instant: datetime) -> Policy:
        return self._in_force[bisect_right(self._since, instant)]

    def _find_first_instant(self, instant_under: Callable[[Policy], datetime]) -> datetime:
        for index, policy in enumerate(self._in_force):
            instant = instant_under(policy)
            if index:
                instant = max(instant, self._since[index - 1])
            if index == len(self._since) or instant < self._since[index]:
                return instant
        raise AssertionError("the last policy has no end")
