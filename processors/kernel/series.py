"""Series: the messages about an output of an aggregate, of which the newest counts. Pure.

An aggregate publishes an output, changes it, takes it back, and may publish it again. All these
messages form a series. The id of each holds the series and the sender's revision, so a receiver
knows which is the newest in whatever order they arrive:

    begun        event id <series>.<revision>.<digest>
    changed      the same, and correction_of is <series>
    withdrawn    the same, and retracted

Only the newest message of a series is effective; if it withdraws, none is. Handlers know nothing of
this: the kernel folds the facts of the receiver again. A receiver remembers only the series that
were changed or withdrawn (`State.revised_series`), and these are few.

A fact that an aggregate forwards keeps its source and id. Its series is named by the fact id of the
copy, and has messages only when the copy is withdrawn, or counts again.
"""

from hashlib import blake2b

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.ids import SERIES_LENGTH

_OWN_SOURCES = "/groupage/"


def message_id(series: str, revision: int, event: Event, *, withdrawn: bool) -> str:
    """Return the event id of a message, which follows from its content and place in the series."""
    content = msgspec.json.encode((withdrawn, event))
    return f"{series}.{revision}.{blake2b(content, digest_size=4).hexdigest()}"


def is_in_series(fact: Fact) -> bool:
    """Tell whether a fact is a message with a place in a series."""
    return (
        fact.relayed_by is not None
        and fact.event_id[SERIES_LENGTH : SERIES_LENGTH + 1] == "."
        and fact.source.startswith(_OWN_SOURCES)
    )


def series_of(fact: Fact, fact_id: str) -> str:
    """Return the series of a message; of any other fact, the series that a forwarded copy has."""
    return fact.event_id[:SERIES_LENGTH] if is_in_series(fact) else fact_id


def revision_of(fact: Fact) -> int:
    """Return the revision that the sender of a message in a series had."""
    revision = fact.event_id.split(".")[1]
    return int(revision) if revision.isdecimal() else 0
