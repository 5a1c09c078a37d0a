"""The policy as an event: what a hub decides for itself, who decided it, and why."""

from typing import ClassVar

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import Id, Text
from groupage.domain.policy import Policy


class PolicyAdopted(Event, frozen=True, kw_only=True):
    """From the event's time on the hub judges by this policy; the first one judges all before, too.

    The policy is there in full, so that defaults of a later version change nothing.
    """

    name: ClassVar[str] = "policy.adopted"
    kind: ClassVar[AggregateKind] = "policy"
    key_field: ClassVar[str] = "hub_id"
    internal: ClassVar[bool] = True

    hub_id: Id = "hub"
    digest: Id
    """BLAKE2b of the policy's JSON, in hex: the name of the policy."""
    policy: Policy
    by: Id
    reason: Text
