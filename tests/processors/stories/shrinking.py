"""Minimise a failing story: drop acts, then mistakes, while it still fails."""

from collections.abc import Callable, Sequence

import msgspec

from tests.processors.stories.story import Act, Story


def minimised(story: Story, fails: Callable[[Story], bool]) -> Story:
    """Return a story that still fails, from which no act or mistake can be left out."""
    while True:
        before = story
        story = _without_acts(story, fails)
        for simpler in _simpler_settings(story):
            if fails(simpler):
                story = simpler
        for number in range(len(story.acts)):
            for act in _simpler_acts(story.acts[number]):
                acts = (*story.acts[:number], act, *story.acts[number + 1 :])
                simpler = msgspec.structs.replace(story, acts=acts)
                if act != story.acts[number] and fails(simpler):
                    story = simpler
        if story == before:
            return story


def _without_acts(story: Story, fails: Callable[[Story], bool]) -> Story:
    """Drop halves, quarters … and at last single acts."""
    size = max(len(story.acts) // 2, 1)
    while True:
        start = 0
        while start < len(story.acts):
            fewer = _with_acts(story, (*story.acts[:start], *story.acts[start + size :]))
            if fails(fewer):
                story = fewer
            else:
                start += size
        if size == 1:
            return story
        size = max(size // 2, 1)


def _with_acts(story: Story, acts: Sequence[Act]) -> Story:
    return msgspec.structs.replace(story, acts=tuple(acts))


def _simpler_settings(story: Story) -> list[Story]:
    replace = msgspec.structs.replace
    return [
        replace(story, ticks=()),
        replace(story, shuffled=False),
        replace(story, auto_approve=True),
    ]


def _simpler_acts(act: Act) -> list[Act]:
    return [
        act._replace(treatment="plain", wrong=(), gaps=(), delays=(), repeats=()),
        act._replace(treatment="retracted"),
        act._replace(repeats=()),
        act._replace(delays=()),
        act._replace(gaps=()),
        act._replace(wrong=()),
        act._replace(wrong=act.wrong[:1]),
        act._replace(minute=float(int(act.minute))),
    ]
