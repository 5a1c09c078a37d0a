"""Random stories: a day, and how news of it reaches the hub."""

from random import Random

import msgspec

from groupage.domain.commands import Command
from groupage.domain.events.base import Event
from tests.processors.stories.days import Dated, Day
from tests.processors.stories.extras import anything, with_another_name
from tests.processors.stories.story import TREATMENTS, Act, Story, Version
from tests.processors.stories.unusual import unusual

_TREATMENTS = [name for name in TREATMENTS if name != "plain"]


def random_story(seed: str) -> Story:
    """Return the story of that seed: the same seed gives the same story."""
    rng = Random(seed)
    day = Day(rng)
    dated: list[Dated] = list(day.ordinary())
    for _ in range(rng.choice((0, 0, 1, 3, 6))):
        del dated[rng.randrange(len(dated))]
    extras = [(rng.uniform(4, 420), anything(day)) for _ in range(rng.choice((0, 1, 3, 6, 12)))]
    extras += unusual(day)
    treated, extra_treated = rng.choice((0.0, 0.03, 0.1, 0.3)), rng.choice((0.3, 0.6, 1.0))
    late, steps = rng.choice((0.0, 0.1, 0.4)), rng.choice((1.0, 20.0, 300.0))
    acts = []
    for number, (minute, event) in enumerate([*dated, *extras]):
        is_extra = number >= len(dated)
        # Half a minute apart at most, so that events of one instant are rare, but not unheard of.
        happened = minute + (0 if rng.random() < 0.05 else round(rng.random() / 2, 3))
        acts.append(
            _act(
                rng,
                day,
                f"e{number}",
                (happened, event),
                treated=extra_treated if is_extra else treated,
                late=late,
                steps=steps,
            )
        )
    end = rng.choice((450.0, 650.0, 1_000.0, 1_500.0))
    return Story(
        seed=seed,
        acts=tuple(acts),
        end=end,
        auto_approve=rng.random() < 0.6,
        dead_freight_notice_s=rng.choice((0, 1_800, 108_000)),
        shuffled=rng.random() < 0.8,
        ticks=tuple(sorted(rng.uniform(0, end) for _ in range(rng.choice((0, 0, 2, 5))))),
    )


def _act(
    rng: Random, day: Day, name: str, dated: Dated, *, treated: float, late: float, steps: float
) -> Act:
    minute, event = dated
    treatment = "plain"
    if not event.internal and rng.random() < treated:
        treatment = rng.choice(("retracted", *_TREATMENTS))
    sendings = len(TREATMENTS[treatment].sendings)
    wrong: tuple[Version, ...] = ()
    if "correct" in treatment:
        wrong = tuple(_wrong(rng, day, dated) for _ in range(2))
    delays: tuple[float, ...] = ()
    gaps: tuple[float, ...] = ()
    repeats: tuple[float, ...] = ()
    if sendings > 1:
        gaps = (0.0, *(0.1 + round(rng.random() * steps, 1) for _ in range(sendings - 1)))
    if rng.random() < late:
        delays = tuple(round(rng.random() * steps, 1) for _ in range(sendings))
    if rng.random() < late / 2:
        repeats = tuple(
            rng.choice((-1.0, 0.0, round(rng.random() * steps, 1))) for _ in range(sendings)
        )
    return Act(
        name=name,
        minute=minute,
        event=event,
        treatment=treatment,
        wrong=wrong,
        gaps=gaps,
        delays=delays,
        repeats=repeats,
    )


def _wrong(rng: Random, day: Day, dated: Dated) -> Version:
    """Return another statement under the same key: of another time, thing or event."""
    minute, event = dated
    kind = rng.random()
    if kind < 0.25:
        other = with_another_name(day, event)
        if _same_key(other, event):
            return (minute, other)
    elif kind < 0.7:
        for _ in range(12):
            other = anything(day)
            if isinstance(other, Command) and isinstance(event, Command):
                other = msgspec.structs.replace(other, command_id=event.command_id)
            if _same_key(other, event):
                return (minute if rng.random() < 0.5 else round(rng.uniform(4, 420), 3), other)
    return (round(max(minute + rng.uniform(-60, 60), 0.0), 3), event)


def _same_key(one: Event, other: Event) -> bool:
    return (one.aggregate_kind, one.key) == (other.aggregate_kind, other.key)
