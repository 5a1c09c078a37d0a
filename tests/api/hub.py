"""A small hub in a real database: real aggregates fold the facts, real writers write."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from groupage.contracts.encoding import fact_id
from groupage.contracts.topics import topic_of
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.fact import Fact
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from groupage.store import state_codec, writers
from groupage.store.aggregates_by_offset import RELAYED_BY, AggregateList, insert_lists
from groupage.store.facts import LogPosition, copy_facts, line_of
from groupage.store.plan_codec import PLAN_FORM, pack_document
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry
from processors.kernel.fold import encode_state, fold
from processors.kernel.outputs import Output

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
PARTITION = 0


def fact(event: Event, minute: int, *, event_id: str = "", **envelope: object) -> Fact:
    """Build a fact that occurred `minute` minutes after the start of the hub's day."""
    at = START + timedelta(minutes=minute)
    made = Fact(
        event_id=event_id or f"{event.name}/{event.subject}/{minute}",
        source="/wms/yiwu-1",
        key=event.key,
        occurred_at=at,
        recorded_at=at + timedelta(seconds=3),
        data=event,
    )
    return msgspec.structs.replace(made, **envelope)


async def store_facts(
    pool: "asyncpg.Pool[asyncpg.Record]",
    facts: Iterable[Fact],
    *,
    clock_at: datetime | None = None,
) -> None:
    """Write the facts, the states of their aggregates and their alerts, as the worker does."""
    by_aggregate: dict[tuple[AggregateKind, str], list[Entry]] = defaultdict(list)
    lines = []
    lists: list[AggregateList] = []
    for offset, each in enumerate(facts):
        kind = each.data.aggregate_kind
        number = fact_id(each)
        by_aggregate[kind, each.key].append(Entry(number.hex, each))
        lines.append(
            line_of(
                number.hex,
                each,
                msgspec.json.encode(each.data),
                LogPosition(topic_of(each.data).name, PARTITION, offset),
                kind=kind,
            )
        )
        if each.relayed_by in RELAYED_BY:
            place = (topic_of(each.data).name, PARTITION, offset, offset)
            lists.append(AggregateList(*place, 1, {kind: [each.key]}))
    aggregates = all_aggregates(Policy())
    async with pool.acquire() as connection:
        await copy_facts(connection, lines)
        if lists:
            await insert_lists(connection, lists)
        for (kind, key), entries in by_aggregate.items():
            aggregate = aggregates[kind]
            state = fold(aggregate, key, entries, clock_at=clock_at)
            assert state.changed_at is not None
            row = (
                key,
                PARTITION,
                state.revision,
                state.changed_at,
                aggregate.deadline(state),
                0,
                state_codec.pack(encode_state(state)),
                *aggregate.columns(state),
            )
            assert await writers.upsert_states(connection, kind, [row])
            alerts = [
                _alert(output.event, output.at)
                for output in aggregate.outputs(state).values()
                if isinstance(output, Output) and isinstance(output.event, AlertRaised)
            ]
            await writers.raise_alerts(connection, alerts)
        if clock_at is not None:
            await connection.execute(
                "insert into intake_offset values ('hub.consolidation.v1', 0, 0, $1)"
                " on conflict (topic, partition) do update set clock_at = excluded.clock_at",
                clock_at,
            )


def _alert(event: AlertRaised, at: datetime) -> writers.AlertRow:
    return writers.AlertRow(
        event.alert_id,
        event.about,
        event.about_kind,
        event.code,
        event.severity,
        event.message,
        event.due_at,
        at,
    )


async def store_plan(
    pool: "asyncpg.Pool[asyncpg.Record]", plan: Plan, *, published: bool = False
) -> None:
    """Write a plan, as the planner does; a `published` plan is in force."""
    await pool.execute(
        "insert into plan (plan_id, request_id, lane_id, sequence, decided_at, containers,"
        " consignments, left_out, cost_minor, bound_minor, gap_ratio, form, body, instance)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        plan.plan_id,
        plan.request_id,
        plan.lane_id,
        plan.sequence,
        plan.decided_at,
        len(plan.containers),
        sum(len(box.consignment_ids) for box in plan.containers),
        len(plan.left_out),
        plan.cost.total,
        plan.lower_bound,
        plan.gap_ratio,
        PLAN_FORM,
        pack_document(msgspec.json.encode(plan)),
        pack_document(b"{}"),
    )
    if published:
        await pool.execute(
            "insert into lane values ($1, 0, 1, $2, null, 1, $3, $4, $5)"
            " on conflict (key) do update set published_plan_id = excluded.published_plan_id",
            plan.lane_id,
            plan.decided_at,
            msgspec.json.encode({"key": plan.lane_id}),
            plan.plan_id,
            plan.sequence,
        )
