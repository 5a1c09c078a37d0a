"""Outputs: what an aggregate publishes, as a function of its state before and after. Pure.

`Aggregate.outputs(state)` lists all that others must know now, by output id, and `changes` compares
two such lists. Each publication decides which messages go out when it is new or differs, and which
message takes it back when it is gone. A message can be taken back because it is a snapshot with a
revision (the highest wins), or because its event class names its opposite (`Event.withdrawal`).
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
    """A stored fact of the aggregate, to publish again under another aggregate's key."""

    fact_id: str
    to_key: str

    def readdress(self, fact: Fact, kind: AggregateKind) -> Fact:
        """Return the fact for the other aggregate, with the same source, event id and times."""
        return msgspec.structs.replace(
            fact, key=self.to_key, data=fact.data.addressed_to(self.to_key), relayed_by=kind
        )


Message: TypeAlias = Change | Forward


class Publication(Protocol):
    """A thing that others must know now. Publications compare by value."""

    def messages(self, output_id: str, before: Any, at: datetime) -> Iterator[Message]:
        """Yield the messages for this in place of `before` (None: it is new)."""
        ...

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Yield the messages that take it back at that instant."""
        ...


class Output(NamedTuple):
    """An event that holds now, and since when (the derived fact's `occurred_at`)."""

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
    """A stored fact that another aggregate must get."""

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
        """Yield nothing: the other aggregate gets the corrections of the fact as well."""
        return iter(())


def changes(
    before: Mapping[str, Publication],
    after: Mapping[str, Publication],
    *,
    state: State,
    at: datetime,
) -> list[Message]:
    """List the messages that turn `before` into `after`.

    `at` is when a publication that is gone ended. Snapshots get the state's revision.
    """
    messages: list[Message] = []
    for output_id, output in after.items():
        known = before.get(output_id)
        if known is not output and known != output:
            messages += output.messages(output_id, known, at)
    for output_id, output in before.items():
        if output_id not in after:
            messages += output.withdrawal(output_id, at)
    return [_with_revision(message, state.revision) for message in messages]


def _with_revision(message: Message, revision: int) -> Message:
    if isinstance(message, Forward) or "revision" not in message.event.__struct_fields__:
        return message
    event = msgspec.structs.replace(message.event, revision=revision)
    return message._replace(event=event)


def change_id(kind: AggregateKind, key: str, change: Change, revision: int) -> str:
    """Return the event id of a change, which follows from its content and the state's revision."""
    content = msgspec.json.encode(change.event).decode()
    name = f"{kind}\0{key}\0{change.output_id}\0{revision}\0{change.event.name}\0{content}"
    return blake2b(name.encode(), digest_size=16).hexdigest()
