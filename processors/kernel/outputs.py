"""What an aggregate publishes: a function of its state, compared before and after. Pure.

`Aggregate.outputs(state)` lists all that others must know now, by output id. `changes` compares two
such lists. Each publication says for itself what a difference means: which messages go out when it
is new or other than before, and which one takes it back when it is gone. A message can be taken
back because it is a snapshot with a revision (the highest wins), or because its event class names
its opposite (`Event.withdrawal`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import msgspec

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.state.base import State

E = TypeVar("E", bound=Event)


class Change(NamedTuple):
    """An event to publish: new, changed, or the opposite of one that no longer holds."""

    output_id: str
    event: Event
    at: datetime


class Forward(NamedTuple):
    """A stored fact of the aggregate to send on under another aggregate's key."""

    fact_id: str
    to_key: str

    def readdressed(self, fact: Fact, kind: AggregateKind) -> Fact:
        """Return the fact as its new aggregate gets it: same source, event id and times."""
        return msgspec.structs.replace(
            fact, key=self.to_key, data=fact.data.addressed_to(self.to_key), relayed_by=kind
        )


Message: TypeAlias = Change | Forward


class Publication(Protocol):
    """Something that others must know now. Publications compare by value."""

    def messages(self, output_id: str, before: Any, at: datetime) -> Iterator[Message]:
        """Yield what goes out now that this stands in place of `before` (None: it is new)."""
        ...

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Yield what takes it back at that instant."""
        ...


class Output(NamedTuple):
    """One event that holds now, and since when (the derived fact's `occurred_at`)."""

    event: Event
    at: datetime

    def messages(
        self,
        output_id: str,
        before: "Output | None",
        at: datetime,  # noqa: ARG002
    ) -> Iterator[Message]:
        """Yield the event, unless only the time differs."""
        if before is None or before.event != self.event:
            yield Change(output_id, self.event, self.at)

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Yield the opposite, if its event class has one."""
        opposite = self.event.withdrawal()
        if opposite is not None:
            yield Change(output_id, opposite, at)


class ForwardedFact(NamedTuple):
    """A stored fact that belongs to another aggregate, which must get it."""

    fact_id: str
    to_key: str

    def messages(
        self,
        output_id: str,  # noqa: ARG002
        before: "ForwardedFact | None",
        at: datetime,  # noqa: ARG002
    ) -> Iterator[Message]:
        """Yield the fact once."""
        if before != self:
            yield Forward(self.fact_id, self.to_key)

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:  # noqa: ARG002
        """Yield nothing: the other aggregate judges the fact and its corrections for itself."""
        return iter(())


def changes(
    before: Mapping[str, Publication],
    after: Mapping[str, Publication],
    *,
    state: State,
    at: datetime,
) -> list[Message]:
    """List what must be published to go from `before` to `after`.

    `at` is when what is gone ended. Snapshots get the state's revision.
    """
    found: list[Message] = []
    for output_id, output in after.items():
        known = before.get(output_id)
        if known is not output and known != output:
            found += output.messages(output_id, known, at)
    for output_id, output in before.items():
        if output_id not in after:
            found += output.withdrawal(output_id, at)
    return [_stamped(message, state.revision) for message in found]


def _stamped(message: Message, revision: int) -> Message:
    if isinstance(message, Forward) or "revision" not in message.event.__struct_fields__:
        return message
    event = msgspec.structs.replace(message.event, revision=revision)
    return message._replace(event=event)


def change_id(kind: AggregateKind, key: str, change: Change, revision: int) -> str:
    """Return the event id of a change: the same facts publish the same under the same id."""
    content = msgspec.json.encode(change.event).decode()
    name = f"{kind}\0{key}\0{change.output_id}\0{revision}\0{change.event.name}\0{content}"
    return blake2b(name.encode(), digest_size=16).hexdigest()
