"""Other stream processors for `groupage bench stream`, each in a process of its own.

All run the hub's consignment aggregate on the same topic.
``python -m groupage.app.bench.rivals NAME EVENTS`` prints a JSON line: seconds from the first event
to the last, and the number of events.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import Any

import faust
import msgspec
from faust.app.base import BootStrategy

from groupage.contracts.decoding import decode
from groupage.contracts.encoding import fact_id
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import ConsignmentState
from groupage.settings import KafkaSettings, TopicSettings

TOPIC = "hub.consignment.v1"
_CHECKPOINT_EVENTS = 5_000


class _Meter:
    """Measures the time from the first event to the last."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.seen = 0
        self._first_s = 0.0

    def count(self) -> bool:
        """Count an event; return whether it was the last."""
        if not self.seen:
            self._first_s = time.perf_counter()
        self.seen += 1
        return self.seen >= self.events

    def print_result(self) -> None:
        """Print the result, for the parent process."""
        seconds = time.perf_counter() - self._first_s
        sys.stdout.write(json.dumps({"events": self.seen, "seconds": seconds}) + "\n")
        sys.stdout.flush()


class _Fold:
    """The hub's fold of a fact into a consignment's state, and the state as JSON."""

    def __init__(self) -> None:
        # Imported here because only this process needs the processors.
        from processors.aggregates.consignment.aggregate import ConsignmentAggregate  # noqa: PLC0415
        from processors.kernel.corrections import Entry  # noqa: PLC0415
        from processors.kernel.fold import advance, encode_state  # noqa: PLC0415

        self._aggregate = ConsignmentAggregate(Policy())
        self._advance, self._encode, self._entry = advance, encode_state, Entry
        self._states = msgspec.json.Decoder(ConsignmentState)

    def entry(self, headers: Any, key: bytes, value: bytes, timestamp_ms: int) -> Any:
        """Decode a record."""
        at = datetime.fromtimestamp(timestamp_ms / 1_000, UTC)
        fact = decode(headers, key, value, recorded_at=at)
        return self._entry(fact_id(fact).hex, fact)

    def advance(self, state: ConsignmentState, entry: Any) -> ConsignmentState:
        """Fold a fact into a state."""
        after: ConsignmentState = self._advance(self._aggregate, state, [entry], list).state
        return after

    def new(self, key: str) -> ConsignmentState:
        """Return the state without facts."""
        return self._aggregate.new(key)

    def load(self, text: str) -> ConsignmentState:
        """Decode a stored state."""
        return self._states.decode(text)

    def dump(self, state: ConsignmentState) -> str:
        """Encode a state."""
        return self._encode(state).decode()


def quix(events: int, *, whole: bool) -> None:
    """Run Quix Streams: exactly-once, state in RocksDB with a changelog topic.

    `whole`: keep the consignment's state; else two counters, the least that a fold can do.
    """
    from quixstreams import Application  # noqa: PLC0415 - only the extra `bench` has it

    meter, fold = _Meter(events), _Fold()
    prefix = TopicSettings().prefix

    def fold_record(value: bytes, key: bytes, timestamp_ms: int, headers: Any, state: Any) -> None:
        entry = fold.entry(headers, key, value, timestamp_ms)
        if whole:
            stored = state.get("state")
            consignment = fold.load(stored) if stored else fold.new(entry.fact.key)
            state.set("state", fold.dump(fold.advance(consignment, entry)))
        else:
            counts = state.get("counts") or [0, 0]
            state.set("counts", [counts[0] + 1, counts[1] + len(value)])
        meter.count()

    with tempfile.TemporaryDirectory(prefix="groupage-quix-") as folder:
        app = Application(
            broker_address=KafkaSettings().bootstrap_servers,
            consumer_group=f"{prefix}quix-{whole}",
            processing_guarantee="exactly-once",
            auto_offset_reset="earliest",
            commit_every=_CHECKPOINT_EVENTS,
            state_dir=folder,
            loglevel="ERROR",
        )
        topic = app.topic(prefix + TOPIC, value_deserializer="bytes", key_deserializer="bytes")
        frame = app.dataframe(topic)
        frame.update(fold_record, stateful=True, metadata=True)
        # Returns after the checkpoint that makes the last event's state durable.
        app.run(count=events, timeout=60.0)
        meter.print_result()


class _TopicAgentsOnly(BootStrategy):
    enable_web = False


class _TopicApp(faust.App):
    BootStrategy = _TopicAgentsOnly


def faust_agent(events: int) -> None:
    """Run a Faust agent on the topic, with states in memory and without durability."""
    asyncio.run(_faust_agent(events))


async def _faust_agent(events: int) -> None:
    meter, fold = _Meter(events), _Fold()
    prefix = TopicSettings().prefix
    states: dict[str, ConsignmentState] = {}
    done = asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="groupage-faust-") as folder:
        app = _TopicApp(
            id=f"{prefix}faust",
            broker=f"kafka://{KafkaSettings().bootstrap_servers}",
            store="memory://",
            autodiscover=False,
            web_enabled=False,
            datadir=folder,
            topic_replication_factor=1,
            topic_partitions=8,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=2 * 2**20,
            stream_wait_empty=False,
        )
        source = app.topic(prefix + TOPIC, value_serializer="raw", key_serializer="raw")

        @app.agent(source, name="fold")
        async def _fold(stream: Any) -> None:
            async for event in stream.events():
                message = event.message
                entry = fold.entry(
                    dict(message.headers).items(),
                    message.key,
                    message.value,
                    int(message.timestamp * 1_000),
                )
                key = entry.fact.key
                states[key] = fold.advance(states.get(key) or fold.new(key), entry)
                if meter.count():
                    done.set()

        app.finalize()
        await app.start()
        await done.wait()
        meter.print_result()
        # Faust takes up to a minute to stop, and the parent has its result.
        os._exit(0)


def main() -> None:
    """Run the rival named on the command line."""
    name, events = sys.argv[1], int(sys.argv[2])
    match name:
        case "quix":
            quix(events, whole=True)
        case "quix-counters":
            quix(events, whole=False)
        case "faust":
            faust_agent(events)
        case _:
            sys.exit(f"no rival {name!r}")


if __name__ == "__main__":
    main()
