"""A hub whose policy changes, with a real Kafka and PostgreSQL.

What happened before is judged by the policy of its time, and the log alone gives the same states.
"""

from datetime import datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from groupage.contracts.policy_log import PolicyLog
from groupage.contracts.topics import POLICY_TOPIC
from groupage.domain.errors import Conflict
from groupage.domain.events.planning import LanePinned
from groupage.domain.plan import Certificate
from groupage.domain.policy import Policy
from groupage.domain.state.forms import FORMS, POLICY_KINDS
from groupage.domain.state.lane import LaneState
from groupage.store.policies import read_history
from groupage.store.state_codec import unpack
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from tests.api import world
from tests.api.hub import store_plan
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

APPROVES, WAITS = Policy(auto_approve=True), Policy(auto_approve=False)


def later(minutes: int) -> datetime:
    """Return an instant after noon."""
    return NOON + timedelta(minutes=minutes)


async def adopt(hub: StreamHub, policy: Policy, effective_at: datetime) -> None:
    """Adopt a policy; wait until the workers have derived all states under it."""
    async with PolicyLog(
        hub.settings.kafka, prefix=hub.prefix, hub_key=hub.settings.hub_key()
    ) as log:
        await log.adopt(policy, by="wang", reason="test", effective_at=effective_at)
        number = len(await log.read_to_end()) - 1

    async def taken_over() -> bool:
        if (await read_history(hub.pool, assumed=Policy)).number < number:
            return False
        left = [
            await hub.pool.fetchval(f"select count(*) from {kind} where policy < $1", number)
            for kind in POLICY_KINDS
        ]
        return not any(left)

    await hub.until("all states are derived under the policy", taken_over)
    for kind in FORMS.keys() - POLICY_KINDS:
        assert not await hub.pool.fetchval(f"select count(*) from {kind} where policy > 0"), kind
    await hub.until_committed()


async def propose(hub: StreamHub, number: int, at: datetime) -> None:
    """Store and propose a plan that moves the consignment, as the planner does."""
    proposed = plan(number, {"CN-1": f"C{number}"})
    certificate = Certificate(
        verifier="test", checks=(), instance_digest="sha256:i", plan_digest=proposed.certificate
    )
    stored = replace(
        world.first_plan(),
        plan_id=proposed.plan_id,
        request_id=proposed.request_id,
        sequence=number,
        certificate=certificate,
    )
    await store_plan(hub.pool, stored)
    await hub.send(fact_of(proposed, event_id=proposed.plan_id, at=at))


async def plans(hub: StreamHub) -> tuple[str, dict[str, str]]:
    """Return the published plan of the lane, and the status of all its plans."""
    body = await hub.pool.fetchval("select body from lane where key = $1", w.LANE)
    state = msgspec.json.decode(unpack(body), type=LaneState)
    return state.published_plan_id, {name: each.status for name, each in state.plans.items()}


async def number_of_lane(hub: StreamHub, number: int) -> bool:
    """Tell whether the lane was derived under that number of policy changes."""
    known: int = await hub.pool.fetchval("select policy from lane where key = $1", w.LANE)
    return known == number


async def revision_of_lane(hub: StreamHub) -> int:
    """Return the revision of the lane."""
    revision: int = await hub.pool.fetchval("select revision from lane where key = $1", w.LANE)
    return revision


async def open_alerts(hub: StreamHub) -> list[str]:
    """Return the codes of the open alerts about the lane."""
    rows = await hub.pool.fetch(
        "select code from alert where cleared_at is null and about_kind = 'lane' order by code"
    )
    return [row[0] for row in rows]


async def require_equal_rebuild(hub: StreamHub) -> None:
    """Fold the log again, whatever the policy file says, and compare."""
    for of_file in (APPROVES, WAITS):
        report = await rebuild(
            hub.settings, all_aggregates(of_file), verify=True, progress=lambda *_: None
        )
        assert report.equal, report.tables


async def test_a_changed_policy_leaves_what_was_decided_before(stream_hub: StreamHub) -> None:
    """Published plans stay published, also when a late fact makes the lane fold all again."""
    async with stream_hub.worker():
        await adopt(stream_hub, APPROVES, NOON)
        await propose(stream_hub, 1, later(10))
        await stream_hub.until_committed()
        assert await plans(stream_hub) == ("P1", {"P1": "published"})
        await adopt(stream_hub, WAITS, later(20))
        assert await plans(stream_hub) == ("P1", {"P1": "published"})
        pin = LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="wang", consolidation_id="C1")
        await stream_hub.send(fact_of(pin, event_id="late", at=later(5)))
        await propose(stream_hub, 2, later(30))
        await stream_hub.until_committed()
        assert await plans(stream_hub) == ("P1", {"P1": "published", "P2": "proposed"})
        assert await open_alerts(stream_hub) == ["plan_waits"]
    await require_equal_rebuild(stream_hub)


async def test_what_was_folded_before_a_policy_came_is_judged_again(stream_hub: StreamHub) -> None:
    """Facts later than the policy may be faster than it: the aggregates then tell the others."""
    async with stream_hub.worker() as worker:
        await adopt(stream_hub, APPROVES, NOON)
        for number, minutes in enumerate((10, 30), 1):
            await propose(stream_hub, number, later(minutes))
            await stream_hub.until_committed()
        assert await plans(stream_hub) == ("P2", {"P1": "superseded", "P2": "published"})
        revisions = await revision_of_lane(stream_hub)
        await adopt(stream_hub, WAITS, later(20))
        assert await plans(stream_hub) == ("P1", {"P1": "published", "P2": "proposed"})
        assert await revision_of_lane(stream_hub) > revisions
        assert await open_alerts(stream_hub) == ["plan_waits"]
        assert worker.policies.history.number == 1
    await require_equal_rebuild(stream_hub)
    await stream_hub.pool.execute("update lane set policy = 0")
    with pytest.raises(Conflict, match="1 states are left to be judged by the policy"):
        await require_equal_rebuild(stream_hub)


async def test_a_worker_that_knows_fewer_policies_waits_for_them(stream_hub: StreamHub) -> None:
    """It reads states that another worker derived, and its first batch comes before the policy."""
    async with stream_hub.worker():
        await adopt(stream_hub, APPROVES, NOON)
        await propose(stream_hub, 1, later(10))
        await stream_hub.until_committed()
        await adopt(stream_hub, WAITS, later(20))
        await adopt(stream_hub, APPROVES, later(40))
    await propose(stream_hub, 2, later(30))
    async with stream_hub.worker():  # it begins with a history of its own, without adoptions
        await stream_hub.until_committed()
        await stream_hub.until("the worker has read the log", lambda: number_of_lane(stream_hub, 2))
        assert await plans(stream_hub) == ("P1", {"P1": "published", "P2": "proposed"})
    await require_equal_rebuild(stream_hub)


async def test_a_record_that_is_no_adoption_is_a_dead_letter(stream_hub: StreamHub) -> None:
    """It changes nothing, and somebody can see it."""
    async with stream_hub.worker() as worker:
        await adopt(stream_hub, APPROVES, NOON)
        await stream_hub.send_raw(POLICY_TOPIC, b'{"policy": 1}', key=b"hub")
        forger = PolicyLog(stream_hub.settings.kafka, prefix=stream_hub.prefix, hub_key=None)
        async with forger as log:
            await log.adopt(WAITS, by="mallory", reason="mine", effective_at=later(5))
        await stream_hub.until_committed()
        assert worker.policies.history.at(later(9)) == APPROVES
    rows = await stream_hub.pool.fetch("select topic, code from dead_letter order by code")
    assert [tuple(row) for row in rows] == [
        (POLICY_TOPIC, "not_cloudevents"),
        (POLICY_TOPIC, "not_yours"),
    ]
    await require_equal_rebuild(stream_hub)
