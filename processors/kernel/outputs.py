"""Outputs: what an aggregate publishes, as a function of its state before and after. Pure.

`Aggregate.outputs(state)` lists all that others must know now, by output id, and `changes` compares
two such lists. Each publication decides which messages go out when it is new or differs, and which
message takes it back when it is gone. There are three ways, and the class of the event says which:

- It names its opposite (`Event.withdrawal`): snapshots with a revision, alerts.
- It acts once (`Event.acts_once` says why), so nothing takes it back.
- All other events form a series (`processors.kernel.series`): nobody needs to code their opposite.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from groupage.contracts.encoding import fact_digest
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.ids import series_of_output
from groupage.domain.state.base import State
from processors.kernel.series import message_id


class Change(NamedTuple):
    """An event to publish: new, changed, or the opposite of one that no longer holds."""

    output_id: str
    event: Event
    at: datetime
    step: Literal["", "begun", "changed", "withdrawn"] = ""
    """Its place in the series of the output; empty: it is in none."""

    def fact(self, kind: AggregateKind, key: str, *, revision: int, recorded_at: datetime) -> Fact:
        """Return the fact that the aggregate publishes at that revision of its state."""
        event_id, correction_of = _content_id(kind, key, self, revision), None
        if self.step:
            series = series_of_output(kind, key, self.output_id)
            withdrawn = self.step == "withdrawn"
            event_id = message_id(series, revision, self.event, withdrawn=withdrawn)
            correction_of = None if self.step == "begun" else series
        return Fact(
            event_id=event_id,
            source=f"/groupage/{kind}",
            key=self.event.key,
            occurred_at=self.at,
            recorded_at=recorded_at,
            correction_of=correction_of,
            retracted=self.step == "withdrawn",
            data=self.event,
            relayed_by=kind,
        )


class Forward(NamedTuple):
    """A stored fact of the aggregate, to publish under another aggregate's key, or to withdraw."""

    fact_id: str
    to_key: str
    step: Literal["", "again", "withdrawn"] = ""
    """Empty: the copy itself; `again`: the copy counts again, if it was withdrawn."""

    def fact(
        self, fact: Fact, kind: AggregateKind, *, revision: int, recorded_at: datetime
    ) -> Fact:
        """Return the message: the fact with its source, event id and times, or a note about it."""
        copy = self.readdress(fact, kind)
        if not self.step:
            return copy
        series = fact_digest(copy, copy.data.aggregate_kind).hex()
        withdrawn = self.step == "withdrawn"
        return msgspec.structs.replace(
            copy,
            event_id=message_id(series, revision, copy.data, withdrawn=withdrawn),
            source=f"/groupage/{kind}",
            recorded_at=recorded_at,
            correction_of=series,
            retracted=withdrawn,
            original=None,
        )

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

    def messages(self, output_id: str, before: "Output | None", at: datetime) -> Iterator[Message]:
        """Yield the event; if only the time differs, not outside a series, unless it is dated."""
        replaced = before is not None and _must_end(before.event, self.event)
        if before is not None and replaced:
            yield from before.withdrawal(output_id, at)
        if not forms_series(self.event):
            differs = before is None or before.event != self.event
            if differs or (self.event.dated and before != self):
                yield Change(output_id, self.event, self.at)
        elif before is None or replaced:
            yield Change(output_id, self.event, self.at, "begun")
        elif before != self:
            yield Change(output_id, self.event, self.at, "changed")

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Yield the event that takes it back, unless it acts once."""
        opposite = self.event.withdrawal()
        if opposite is not None:
            yield Change(output_id, opposite, at)
        elif forms_series(self.event):
            yield Change(output_id, self.event, at, "withdrawn")


class Once(NamedTuple):
    """An event that acts once, of a class whose events others take back."""

    event: Event
    at: datetime

    def messages(
        self,
        output_id: str,
        before: "Once | None",
        at: datetime,  # noqa: ARG002
    ) -> Iterator[Message]:
        """Yield the event, unless only the time differs."""
        if before is None or before.event != self.event:
            yield Change(output_id, self.event, self.at)

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:  # noqa: ARG002
        """Yield nothing."""
        return iter(())


class ForwardedFact(NamedTuple):
    """A stored fact that another aggregate must get."""

    fact_id: str
    to_key: str
    may_return: bool = False
    """The copy may have been withdrawn before."""

    def messages(
        self,
        output_id: str,  # noqa: ARG002
        before: "ForwardedFact | None",
        at: datetime,  # noqa: ARG002
    ) -> Iterator[Message]:
        """Yield the fact once. The other aggregate gets the corrections of the fact as well."""
        if before is None:
            yield Forward(self.fact_id, self.to_key)
            if self.may_return:
                yield Forward(self.fact_id, self.to_key, "again")

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:  # noqa: ARG002
        """Yield the end of the copy, whatever the sender of the fact does."""
        yield Forward(self.fact_id, self.to_key, "withdrawn")


def forms_series(event: Event) -> bool:
    """Tell whether messages about such an event form a series."""
    return not event.acts_once and type(event).withdrawal is Event.withdrawal


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
    messages = list(compare(before, after, at=at))
    return [_with_revision(message, state.revision) for message in messages]


def compare(
    before: Mapping[str, Publication],
    after: Mapping[str, Publication],
    *,
    at: datetime,
    is_forgotten: Callable[[str], bool] = lambda _output_id: False,
) -> Iterator[Message]:
    """Yield the messages that turn `before` into `after`, without revisions.

    A publication that `is_forgotten` is gone only because the state is bounded: it still holds.
    """
    for output_id, output in after.items():
        known = before.get(output_id)
        if known is not output and known != output:
            yield from output.messages(output_id, known, at)
    for output_id, output in before.items():
        if output_id not in after and not is_forgotten(output_id):
            yield from output.withdrawal(output_id, at)


def _must_end(before: Event, event: Event) -> bool:
    """Tell whether the next event of an output does not take the place of the one before."""
    return _receiver(before) != _receiver(event) or forms_series(before) != forms_series(event)


def _receiver(event: Event) -> tuple[AggregateKind, str]:
    return event.aggregate_kind, event.key


def _with_revision(message: Message, revision: int) -> Message:
    if (
        isinstance(message, Forward)
        or message.step
        or "revision" not in message.event.__struct_fields__
    ):
        return message
    event = msgspec.structs.replace(message.event, revision=revision)
    return message._replace(event=event)


def _content_id(kind: AggregateKind, key: str, change: Change, revision: int) -> str:
    """Return the event id of a change, which follows from its content and the state's revision."""
    content = msgspec.json.encode(change.event).decode()
    name = f"{kind}\0{key}\0{change.output_id}\0{revision}\0{change.event.name}\0{content}"
    return blake2b(name.encode(), digest_size=16).hexdigest()
