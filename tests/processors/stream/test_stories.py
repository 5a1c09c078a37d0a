"""Stories with mistakes through Kafka, the outbox and the store end as without the mistakes."""

import msgspec
import pytest

from groupage.contracts.encoding import fact_id
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.planning import PlanProposed
from groupage.domain.fact import Fact
from groupage.domain.plan import Certificate
from groupage.domain.policy import Policy
from groupage.domain.state.columns import QUERY_COLUMNS
from groupage.store.facts import stored_fact
from groupage.store.state_codec import unpack
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry
from processors.operations.rebuild import rebuild
from tests.api.hub import store_plan
from tests.api.world import first_plan
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.play import at
from tests.processors.stories.compare import differences
from tests.processors.stories.generator import random_story
from tests.processors.stories.invariants import broken_invariants
from tests.processors.stories.playing import play_clean, policy_of
from tests.processors.stories.story import Story
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration


def find_story(*, auto_approve: bool) -> Story:
    """Return the first story with many mistakes that happen before its last tick.

    Kafka stamps records as they arrive, so a story whose rival corrections overtake one another
    would end otherwise here than in memory.
    """
    for number in range(10_000):
        story = random_story(f"stream:{number}")
        treatments = [act.treatment for act in story.acts if act.treatment != "plain"]
        ends_at = max(minute for act in story.acts for minute, _ in act.facts())
        if (
            story.auto_approve is auto_approve
            and len(treatments) >= 10
            and "corrected twice" not in treatments
            and ends_at <= story.end
        ):
            return story
    raise AssertionError("the generator makes too few mistakes")


async def store(hub: StreamHub, proposed: PlanProposed) -> None:
    """Store a plan, as the planner does before it proposes it."""
    certificate = Certificate(
        verifier="test", checks=(), instance_digest="", plan_digest=proposed.certificate
    )
    stored = msgspec.structs.replace(
        first_plan(),
        plan_id=proposed.plan_id,
        request_id=proposed.request_id,
        certificate=certificate,
    )
    await store_plan(hub.pool, stored)


async def read_hub(hub: StreamHub, policy: Policy) -> MiniHub:
    """Read all states, facts and open alerts from the database."""
    read = MiniHub(all_aggregates(policy))
    for kind in QUERY_COLUMNS:
        aggregate = read.aggregates[kind]
        for key, body in await hub.pool.fetch(f"select key, body from {kind}"):
            state = msgspec.json.decode(unpack(body), type=aggregate.state_type)
            read.states[kind, key] = state
            read.published[kind, key] = aggregate.outputs(state)
    for row in await hub.pool.fetch("select * from fact"):
        fact = stored_fact(row).fact
        entries = read.facts.setdefault((row["kind"], row["key"]), {})
        entries[fact_id(fact).hex] = Entry(fact_id(fact).hex, fact)
    for row in await hub.pool.fetch("select * from alert where cleared_at is null"):
        fields = {name: row[name] for name in AlertRaised.__struct_fields__}
        read.alerts[row["alert_id"]] = AlertRaised(**fields)
    return read


@pytest.mark.parametrize("auto_approve", [True, False])
async def test_a_story_with_mistakes(stream_hub: StreamHub, *, auto_approve: bool) -> None:
    """What was retracted, corrected, late or repeated leaves no trace in the database."""
    story = find_story(auto_approve=auto_approve)
    policy = policy_of(story)
    arrivals = [(minute, act.name, fact) for act in story.acts for minute, fact in act.facts()]
    facts: list[Fact] = [fact for *_, fact in sorted(arrivals, key=lambda each: each[:2])]
    for fact in {fact.event_id: fact for fact in facts}.values():
        if isinstance(fact.data, PlanProposed):
            await store(stream_hub, fact.data)
    half = len(facts) // 2
    async with stream_hub.worker(policy=policy):
        await stream_hub.send(*facts[:half])
        await stream_hub.until_committed()
        await stream_hub.send(*facts[half:])
        await stream_hub.tick(at(story.end))
        await stream_hub.until_committed()
    stated = await read_hub(stream_hub, policy)
    assert differences(play_clean(story, []), stated) == []
    assert broken_invariants(stated) == []
    report = await rebuild(
        stream_hub.settings, all_aggregates(policy), verify=True, progress=lambda *_: None
    )
    assert report.equal, report.tables
