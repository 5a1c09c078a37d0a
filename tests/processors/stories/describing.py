"""Describe stories and what is wrong with them, for people."""

import msgspec

from tests.processors.stories.playing import problems
from tests.processors.stories.shrinking import minimised
from tests.processors.stories.story import Act, Story, Version


def report(story: Story) -> str:
    """Minimise a failing story; return it and its problems as text."""
    least = minimised(story, lambda each: bool(problems(each)))
    heading = f"story {story.seed!r} of {len(story.acts)} acts, minimised to {len(least.acts)}:"
    return "\n".join([heading, *_describe(least), *problems(least)])


def _describe(story: Story) -> list[str]:
    settings = (
        f"auto_approve={story.auto_approve} shuffled={story.shuffled} end={story.end} "
        f"ticks={story.ticks}"
    )
    acts = sorted(story.acts, key=lambda act: act.minute)
    return [settings, *(_describe_act(act) for act in acts)]


def _describe_act(act: Act) -> str:
    extras = [] if act.treatment == "plain" else [act.treatment]
    extras += [f"wrong: {_describe_version(each)}" for each in act.wrong]
    for name in ("gaps", "delays", "repeats"):
        if values := getattr(act, name):
            extras.append(f"{name} {values}")
    return "; ".join([f"  {act.name} {_describe_version((act.minute, act.event))}", *extras])


def _describe_version(version: Version) -> str:
    minute, event = version
    return f"{minute:.3f} {event.name} {msgspec.json.encode(event).decode()}"
