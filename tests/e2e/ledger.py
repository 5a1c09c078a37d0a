"""Everything that an idle hub has stored, to be compared with what was sent to it."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.decoding import decode
from groupage.contracts.topics import BY_NAME, COUNTERPARTS
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.planning import PlanRequested
from groupage.domain.fact import Fact
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.store.facts import stored_fact
from groupage.store.state_codec import unpack
from optimizer.verification.api import verify
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import encode_state, fold
from processors.kernel.outputs import Change, Forward, Message
from processors.worker.timers import owner_topic
from tests.e2e.honest import FactId

_REQUESTS = "hub.planrequest.v1"
_PLAN = msgspec.json.Decoder(Plan)
_INSTANCE = msgspec.json.Decoder(Instance)
AggregateId = tuple[AggregateKind, str]
_AT = datetime.min.replace(tzinfo=UTC)


class Ledger:
    """The hub's facts, states, alerts and plans. Use :meth:`read`."""

    def __init__(self, cores: Mapping[AggregateKind, Aggregate[Any]]) -> None:
        self._cores = cores
        self.entries: dict[AggregateId, list[Entry]] = defaultdict(list)
        self.bodies: dict[AggregateId, bytes] = {}
        self.partitions: dict[AggregateId, int] = {}
        self.clocks: dict[tuple[str, int], datetime | None] = {}
        self.alerts_open: set[str] = set()
        self.dead_letters: Counter[str] = Counter()
        """By code."""
        self.standing_letters: set[tuple[str, str]] = set()
        """Facts with an open dead letter, and its code."""
        self.requests: dict[str, list[PlanRequested]] = defaultdict(list)
        self.request_rows: dict[str, str] = {}
        """The state in which each request ended."""
        self.plans: list[tuple[str, Plan, Instance]] = []
        """Request id, plan, and the instance that was solved."""

    @classmethod
    async def read(
        cls, pool: asyncpg.Pool, kafka: str, cores: Mapping[AggregateKind, Aggregate[Any]]
    ) -> "Ledger":
        """Read the hub with this database and this Kafka."""
        ledger = cls(cores)
        await ledger._read_facts(pool)
        await ledger._read_states(pool)
        await ledger._read_plans(pool)
        await ledger._read_requests(kafka)
        return ledger

    async def _read_facts(self, pool: asyncpg.Pool) -> None:
        for row in await pool.fetch("select * from fact"):
            stored = stored_fact(row)
            self.entries[stored.kind, stored.fact.key].append(Entry(stored.fact_id, stored.fact))

    async def _read_states(self, pool: asyncpg.Pool) -> None:
        for kind in self._cores:
            for row in await pool.fetch(f"select key, partition, body from {kind}"):
                self.bodies[kind, row["key"]] = unpack(row["body"])
                self.partitions[kind, row["key"]] = row["partition"]
        for row in await pool.fetch("select topic, partition, clock_at from intake_offset"):
            self.clocks[row["topic"], row["partition"]] = row["clock_at"]
        rows = await pool.fetch("select alert_id from alert where cleared_at is null")
        self.alerts_open = {row["alert_id"] for row in rows}
        rows = await pool.fetch("select code, fact_id from dead_letter where settled_at is null")
        self.dead_letters = Counter(row["code"] for row in rows)
        self.standing_letters = {
            (row["fact_id"].hex, row["code"]) for row in rows if row["fact_id"]
        }

    async def _read_plans(self, pool: asyncpg.Pool) -> None:
        rows = await pool.fetch("select request_id, state from plan_request")
        self.request_rows = {row["request_id"]: row["state"] for row in rows}
        for row in await pool.fetch("select request_id, body, instance from plan"):
            plan = _PLAN.decode(zlib.decompress(row["body"]))
            instance = _INSTANCE.decode(zlib.decompress(row["instance"]))
            self.plans.append((row["request_id"], plan, instance))

    async def _read_requests(self, kafka: str) -> None:
        """Read every request that was ever published, repetitions included."""
        now = datetime.now(UTC)
        for record in await log_of(kafka, _REQUESTS):
            fact = decode(record.headers, record.key, record.value, recorded_at=now)
            assert isinstance(fact.data, PlanRequested)
            self.requests[fact.data.request_id].append(fact.data)

    # --- facts --------------------------------------------------------------------------------

    def facts(self) -> Iterator[Fact]:
        """Iterate over all facts."""
        return (entry.fact for entries in self.entries.values() for entry in entries)

    def from_outside(self) -> dict[FactId, list[Fact]]:
        """Group the facts from outside by identity, without copies that aggregates forwarded."""
        found: dict[FactId, list[Fact]] = defaultdict(list)
        for fact in self.facts():
            if fact.relayed_by is None:
                found[fact.source, fact.event_id].append(fact)
        return found

    def derived(self) -> Counter[FactId]:
        """Count the facts that aggregates and planners published, by identity."""
        return Counter(
            (fact.source, fact.event_id)
            for fact in self.facts()
            if fact.source.startswith("/groupage/")
        )

    # --- states -------------------------------------------------------------------------------

    def folded(self) -> dict[AggregateId, Any]:
        """Fold the facts of each aggregate by the pure cores alone."""
        states = {}
        for (kind, key), entries in self.entries.items():
            partition = self.partitions.get((kind, key), -1)
            clock_at = self._clock_of(kind, partition)
            states[kind, key] = fold(self._cores[kind], key, entries, clock_at=clock_at)
        return states

    def _clock_of(self, kind: AggregateKind, partition: int) -> datetime | None:
        """Return the last tick for the aggregates of a partition, on either of their topics."""
        topic = owner_topic(kind).name
        names = {topic, COUNTERPARTS.get(topic, topic)}
        ticks = [self.clocks.get((name, partition)) for name in names]
        return max((at for at in ticks if at is not None), default=None)

    def wrong_states(self, folded: Mapping[AggregateId, Any]) -> list[str]:
        """List the aggregates whose stored state is not the fold of their facts."""
        wrong = [f"{owner} has no facts" for owner in self.bodies if owner not in folded]
        for owner, state in folded.items():
            stored, right = self.bodies.get(owner), encode_state(state)
            if stored != right:
                wrong.append(f"{owner}: {_difference(stored, right)}")
        return wrong

    def undelivered(self, folded: Mapping[AggregateId, Any]) -> list[str]:
        """List the messages that an aggregate publishes now and their addressee never received."""
        received = {_content(owner[0], fact.data) for owner, fact in self._received()}
        received |= {
            _content("request", request)
            for requests in self.requests.values()
            for request in requests
        }
        return [
            f"{owner} publishes to {kind} {event}"
            for owner, kind, event in self._published(folded)
            if _content(kind, event) not in received
        ]

    def alerts_raised(self, folded: Mapping[AggregateId, Any]) -> set[str]:
        """Return the ids of the alerts that the states raise now."""
        return {
            message.event.alert_id
            for _, message in self._messages(folded)
            if isinstance(message, Change) and isinstance(message.event, AlertRaised)
        }

    def wrong_dead_letters(self, folded: Mapping[AggregateId, Any]) -> list[str]:
        """List rejected facts without a dead letter, and dead letters of facts not rejected."""
        rejected = {
            (fact_id, rejection.code): f"{owner} rejected {rejection.type} of {rejection.subject}"
            for owner, state in folded.items()
            for fact_id, rejection in state.rejected.items()
        }
        return [
            f"{rejected[key]}: no dead letter" for key in rejected.keys() - self.standing_letters
        ] + [
            f"dead letter {code} of fact {fact_id}: not rejected so"
            for fact_id, code in self.standing_letters - rejected.keys()
        ]

    def _received(self) -> Iterator[tuple[AggregateId, Fact]]:
        return ((owner, each.fact) for owner, own in self.entries.items() for each in own)

    def _published(
        self, folded: Mapping[AggregateId, Any]
    ) -> Iterator[tuple[AggregateId, AggregateKind, Event]]:
        for owner, message in self._messages(folded):
            if isinstance(message, Forward):
                fact = next(e.fact for e in self.entries[owner] if e.fact_id == message.fact_id)
                event: Event = message.readdress(fact, owner[0]).data
                yield owner, event.aggregate_kind, event
            elif not isinstance(message.event, AlertRaised):
                for event in message.event.fan_out():
                    yield owner, event.aggregate_kind, event

    def _messages(self, folded: Mapping[AggregateId, Any]) -> Iterator[tuple[AggregateId, Message]]:
        """List what each aggregate would publish had it published nothing yet."""
        for owner, state in folded.items():
            for output_id, output in self._cores[owner[0]].outputs(state).items():
                yield from ((owner, message) for message in output.messages(output_id, None, _AT))

    # --- plans --------------------------------------------------------------------------------

    def wrong_answers(self) -> list[str]:
        """List requests without exactly one answer, and answers without a request."""
        found = [
            f"{request_id} is answered and was never asked"
            for request_id in self.request_rows.keys() - self.requests.keys()
        ]
        published: Counter[tuple[str, str]] = Counter(
            (fact.data.name, fact.data.request_id)  # type: ignore[attr-defined]
            for fact in self.facts()
            if fact.type in ("plan.asked", "plan.proposed", "plan.failed")
        )
        stored = Counter(request_id for request_id, _, _ in self.plans)
        for request_id, asked in self.requests.items():
            state = self.request_rows.get(request_id, "never begun")
            counts = {
                "plans": stored[request_id],
                "plan.proposed": published["plan.proposed", request_id],
                "plan.failed": published["plan.failed", request_id],
                "plan.asked": published["plan.asked", request_id],
            }
            if counts != _RIGHT_COUNTS.get(state):
                found.append(f"{request_id} ended {state} with {counts}")
            if any(one != asked[0] for one in asked):
                found.append(f"{request_id} was asked in {len(asked)} different ways")
        numbers = Counter((ones[0].lane_id, ones[0].sequence) for ones in self.requests.values())
        return found + [f"{place} was asked {n} times" for place, n in numbers.items() if n > 1]

    def bad_plans(self) -> list[str]:
        """List plans without a certificate, of another request, or that the verifier rejects."""
        found = []
        for request_id, plan, instance in self.plans:
            if plan.certificate is None:
                found.append(f"{plan.plan_id} has no certificate")
            if plan.request_id != request_id:
                found.append(
                    f"{plan.plan_id} is stored for {request_id}, made for {plan.request_id}"
                )
            found += [f"{plan.plan_id}: {broken}" for broken in verify(instance, plan)]
        return found


_NO_PLAN = {"plans": 0, "plan.proposed": 0, "plan.failed": 0, "plan.asked": 1}
_RIGHT_COUNTS = {
    "planned": _NO_PLAN | {"plans": 1, "plan.proposed": 1},
    "failed": _NO_PLAN | {"plan.failed": 1},
    "superseded": _NO_PLAN,
}


def _difference(stored: bytes | None, right: bytes) -> str:
    """Describe the fields that differ."""
    if stored is None:
        return "is not stored"
    was, is_right = msgspec.json.decode(stored), msgspec.json.decode(right)
    fields = sorted(name for name in was | is_right if was.get(name) != is_right.get(name))
    return "; ".join(
        f"{name} is {str(was.get(name))[:600]}, must be {str(is_right.get(name))[:600]}"
        for name in fields
    )


def _content(kind: AggregateKind, event: Event) -> tuple[str, str, bytes]:
    """Return addressee and content of an event, without the revision of its sender."""
    if "revision" in event.__struct_fields__:
        event = msgspec.structs.replace(event, revision=0)
    return kind, event.name, msgspec.json.encode(event)


async def log_of(kafka: str, topic: str) -> list[Any]:
    """Read every record of a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(BY_NAME[topic].partitions)]
        consumer.assign(places)
        found = []
        for place, end in (await consumer.end_offsets(places)).items():
            await consumer.seek_to_beginning(place)
            while await consumer.position(place) < end:
                found.append(await consumer.getone(place))
        return found
    finally:
        await consumer.stop()
