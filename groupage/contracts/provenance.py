"""Which facts only the hub's own processes may state; from anybody else they are `not_yours`."""

from groupage.contracts.topics import INTERNAL_TOPIC_OF, PUBLIC_KINDS, TOPIC_OF, Topic
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact

OWN_SOURCES = "/groupage/"
"""The sources of the hub's own processes begin with it."""
OWN_EVENTS: frozenset[type[Event]] = frozenset(
    event for event in EVENTS.values() if event.internal or event.kind not in PUBLIC_KINDS
)


def is_own(fact: Fact) -> bool:
    """Tell whether only a process of the hub may state the fact."""
    return (
        fact.relayed_by is not None
        or type(fact.data) in OWN_EVENTS
        or fact.source.startswith(OWN_SOURCES)
    )


def topic_of_fact(fact: Fact) -> Topic:
    """Return the topic of a fact: what the hub's own processes state lies on the internal ones."""
    topics = INTERNAL_TOPIC_OF if is_own(fact) else TOPIC_OF
    return topics[fact.data.aggregate_kind]


def own_reason(fact: Fact) -> str:
    """Say why only a process of the hub may state the fact."""
    if type(fact.data) in OWN_EVENTS:
        return f"only the hub's own processes send {fact.type}"
    if fact.source.startswith(OWN_SOURCES):
        return (
            f"source is {fact.source[:100]!r}; sources that begin with {OWN_SOURCES} are the hub's "
            "own, name your system"
        )
    return "only the hub's own processes set relayedby; leave it out"


def require_foreign(fact: Fact) -> None:
    """Raise InvalidInput for a fact that only a process of the hub may state."""
    if is_own(fact):
        raise InvalidInput(own_reason(fact))
