"""From when on space that is given up costs dead freight (docs/trade.md). Pure.

The policy in force when the space was given up decides how the threshold is found. Holidays are no
decision of the hub: where its calendar does not know the days, the threshold is provisional, until
the hub adopts a policy whose calendar knows them.
"""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.words import when

_REMEMBERED_MAX = 10_000
"""LCOs whose thresholds a history remembers: finding a threshold takes some 30 us."""


class Threshold(NamedTuple):
    """The last instant at which space can be given up without dead freight."""

    at: datetime
    why_provisional: str = ""
    """The calendar does not know the days between threshold and cut-off; empty: it does."""

    def __str__(self) -> str:
        """``2026-02-14 03:00Z``, and whether that is provisional."""
        why = f" (provisional: {self.why_provisional})" if self.why_provisional else ""
        return when(self.at) + why


def threshold_of(policies: PolicyHistory, lco_at: datetime, *, given_up_at: datetime) -> Threshold:
    """Return the threshold for space that was given up then."""
    return _threshold_under(policies, policies.at(given_up_at), lco_at)


def threshold_ahead(policies: PolicyHistory, lco_at: datetime) -> Threshold:
    """Return the threshold by the policies known now: who gives up space after it pays."""
    found: Threshold | None = policies.thresholds.get(lco_at)
    if found is None:
        at = policies.first_instant(lambda policy: _threshold_under(policies, policy, lco_at).at)
        found = _threshold_under(policies, policies.at(at), lco_at)._replace(at=at)
        if len(policies.thresholds) >= _REMEMBERED_MAX:
            policies.thresholds.clear()
        policies.thresholds[lco_at] = found
    return found


def _threshold_under(policies: PolicyHistory, policy: Policy, lco_at: datetime) -> Threshold:
    if policy.working_days is None:
        return Threshold(lco_at - timedelta(seconds=policy.dead_freight_notice_s))
    for calendar in (policy.working_days, *policies.calendars):
        day = calendar.day_of_deadline(lco_at)
        before = calendar.last_before(day)
        if calendar.knows(before, day - timedelta(days=1)):
            return Threshold(_local(before, policy.working_days.utc_offset_s, policy))
    calendar = policy.working_days
    before = calendar.last_before(calendar.day_of_deadline(lco_at))
    at = _local(before, calendar.utc_offset_s, policy)
    known = f"holidays are known from {calendar.known_from} to {calendar.known_until}"
    return Threshold(at, why_provisional=known)


def _local(day: date, utc_offset_s: int, policy: Policy) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(seconds=policy.dead_freight_time_s - utc_offset_s)
