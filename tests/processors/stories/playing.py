"""Play a story on two hubs: as it was stated, and as if it had been stated right at once."""

import traceback
from functools import cache
from random import Random
from typing import Any

from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.play import at
from tests.processors.stories.compare import differences
from tests.processors.stories.invariants import broken_invariants
from tests.processors.stories.lasting import Lasting, find_lasting, undone
from tests.processors.stories.story import Story

_NEVER_S = 10**9
_MESSAGES_MAX = 300
"""More than any story needs to settle."""
_BACKLOGS = (0, 0, 1, 1, 2, 5, None)
"""How many messages arrive after an event; None: all."""


def policy_of(story: Story) -> Policy:
    """Return the policy of a hub whose plans come from the story: its lanes request none."""
    return Policy(
        auto_approve=story.auto_approve,
        dead_freight_notice_s=story.dead_freight_notice_s,
        replan_debounce_s=_NEVER_S,
        replan_urgent_s=_NEVER_S,
        request_timeout_s=_NEVER_S,
    )


@cache
def _aggregates(policy: Policy) -> dict[AggregateKind, Aggregate[Any]]:
    return all_aggregates(policy)


def problems(story: Story) -> list[str]:
    """Play the story; list what is wrong at its end, or with an invariant on the way."""
    found: list[str] = []
    try:
        clean = play_clean(story, found)
        found += [f"without mistakes: {each}" for each in broken_invariants(clean)]
        stated = play_stated(story, found)
    except Exception:  # noqa: BLE001 - whatever an aggregate raises is what the story is for
        return [*found, traceback.format_exc()]
    return [*found, *differences(clean, stated)]


def play_clean(story: Story, found: list[str]) -> MiniHub:
    """Return the hub that got each effective fact when it happened, and each message at once.

    Add to `found` what a later fact undid.
    """
    hub = MiniHub(_aggregates(policy_of(story)))
    effective = [
        (act.minute, act.name, fact) for act in story.acts if (fact := act.effective()) is not None
    ]
    before: Lasting = {}
    for minute, _, fact in sorted(effective, key=lambda each: each[:2]):
        hub.minute = max(hub.minute, minute)
        hub.receive(fact)
        _settle(hub)
        after = find_lasting(hub)
        if before.items() - after.items():
            gone = undone(before, after, hub, at(minute))
            found += [f"minute {minute}, {fact.data.name}: {each}" for each in gone]
        before = after
    _end(hub, story)
    return hub


def play_stated(story: Story, found: list[str]) -> MiniHub:
    """Return the hub that got all facts as they arrived; add broken invariants to `found`."""
    hub = MiniHub(_aggregates(policy_of(story)))
    rng = Random(story.seed)
    arrivals: list[tuple[float, str, Fact | None]] = [
        (minute, act.name, fact) for act in story.acts for minute, fact in act.facts()
    ]
    arrivals += [(minute, "", None) for minute in story.ticks]
    for minute, _, fact in sorted(arrivals, key=lambda each: each[:2]):
        hub.minute = max(hub.minute, minute)
        if fact is None:
            hub.tick(0)
            if rng.random() < 0.5:
                _settle(hub, story, rng)
                found += [f"minute {minute}: {each}" for each in broken_invariants(hub)]
        else:
            hub.receive(fact)
        count = rng.choice(_BACKLOGS) if story.shuffled else None
        if count is None:
            _settle(hub, story, rng)
            continue
        for _ in range(min(count, len(hub.due))):
            _deliver(hub, story, rng)
    _settle(hub, story, rng)
    _end(hub, story)
    hub.check()
    found += [f"at the end: {each}" for each in broken_invariants(hub)]
    return hub


def _deliver(hub: MiniHub, story: Story, rng: Random) -> None:
    if story.shuffled:
        hub.deliver(rng.randrange(len(hub.due)), twice=rng.random() < 0.1)
    else:
        hub.deliver(0)


def _settle(hub: MiniHub, story: Story | None = None, rng: Random | None = None) -> None:
    """Deliver all messages, at random for a story; raise AssertionError if that does not end."""
    for _ in range(_MESSAGES_MAX):
        if not hub.due:
            return
        if story is None or rng is None:
            hub.deliver(0)
        else:
            _deliver(hub, story, rng)
    names = sorted({fact.data.name for fact in hub.due})
    raise AssertionError(f"the aggregates publish in circles: {', '.join(names)}")


def _end(hub: MiniHub, story: Story) -> None:
    """Advance the clock to the end of the story, whatever the hub's clock says."""
    hub.minute = max(story.end, *(minute for act in story.acts for minute, _ in act.facts()), 0.0)
    hub.tick(0)
    _settle(hub)
