"""Whatever is retracted, corrected or late, the hub ends as if all had been right at once."""

import os

import pytest

from tests.processors.stories.describing import report
from tests.processors.stories.generator import random_story
from tests.processors.stories.playing import problems
from tests.processors.stories.rules import RULES, SHOWN_BY, without
from tests.processors.stories.test_small_stories import STORIES

COUNT = int(os.environ.get("STORIES", "300"))
"""How many stories; `make test` plays 1,000 and `make test-stories` 10,000."""
SEED = os.environ.get("STORIES_SEED", "1")
STORIES_WITHOUT = 1_000
_BATCHES = 10


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("batch", range(_BATCHES))
def test_mistakes_leave_no_trace(batch: int) -> None:
    """All states, open alerts and what aggregates know of one another are as without mistakes."""
    for number in range(batch, COUNT, _BATCHES):
        story = random_story(f"{SEED}:{number}")
        if problems(story):
            pytest.fail(report(story))


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_stories_find_a_rule_that_is_missing(name: str) -> None:
    """Without any of the rules that take messages back, a story ends wrong.

    The small ones and the one that showed it last come first: another generator may need others.
    """
    with without(RULES[name]):
        numbers = (SHOWN_BY.get(name, 0), *range(STORIES_WITHOUT))
        assert any(problems(story) for story in STORIES.values()) or any(
            problems(random_story(f"1:{number}")) for number in numbers
        )
