"""The smallest stories with a mistake: one event that is retracted, corrected or late.

Each has the name of that event, and ends in another state if a message about it is not taken back.
"""

import pytest

from tests.processors.stories.playing import problems
from tests.processors.stories.small_cargo import CARGO
from tests.processors.stories.small_claims import CLAIMS
from tests.processors.stories.small_containers import CONTAINERS
from tests.processors.stories.small_exits import EXITS
from tests.processors.stories.small_plans import PLANS
from tests.processors.stories.small_terminals import TERMINALS
from tests.processors.stories.story import Story

STORIES = {**PLANS, **CARGO, **CLAIMS, **CONTAINERS, **EXITS, **TERMINALS}
"""By the name of the event."""


def test_without_its_mistake_a_story_ends_right() -> None:
    """Nothing but the mistake can make it end in another state."""
    for name, story in STORIES.items():
        *others, last = story.acts
        plain = last._replace(treatment="plain", wrong=(), gaps=(), delays=())
        plain_story = Story(
            seed="",
            acts=(*others, plain),
            end=story.end,
            auto_approve=story.auto_approve,
            shuffled=False,
        )
        assert problems(plain_story) == [], name


@pytest.mark.parametrize("name", STORIES)
def test_a_mistake_leaves_no_trace(name: str) -> None:
    """The hub ends as if the event had never been stated so."""
    assert problems(STORIES[name]) == []
