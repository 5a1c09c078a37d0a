"""Publish the entries of an import in chunks; Kafka confirms each chunk before the next is read."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from groupage.domain.errors import InvalidInput
from producers.entries import Entry, Summary, split_for_kafka
from producers.publisher import Publisher

CHUNK_ENTRIES = 1_000

Progress = Callable[[Summary], None]


async def deliver(
    entries: Iterable[Entry], publisher: Publisher | None, *, progress: Progress | None = None
) -> Summary:
    """Publish the facts and dead letters of all entries; without a publisher only count (dry run).

    Raises the first failure of Kafka. Earlier chunks stay: the same import run again completes the
    rest, and workers skip the events that they have, because ids are deterministic.
    """
    summary = Summary()
    for chunk in _chunks(iter(entries)):
        if publisher is not None:
            await _publish(chunk, publisher)
        for entry in chunk:
            summary.count(entry)
        if progress is not None:
            progress(summary)
    return summary


def _chunks(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(entries, CHUNK_ENTRIES)):
        yield chunk


async def _publish(chunk: list[Entry], publisher: Publisher) -> None:
    """Publish captured events, facts, which their import has checked, and dead letters."""
    captured, facts, dead_letters = split_for_kafka(chunk)
    if captured:
        await publisher.capture(captured)
    for outcome in await publisher.publish_many(facts, checked=True):
        if isinstance(outcome.error, InvalidInput):
            raise InvalidInput(f"event {outcome.event_id}: {outcome.error}") from outcome.error
        if outcome.error is not None:
            raise outcome.error
    if dead_letters:
        await publisher.quarantine(dead_letters)
