"""Random logs of one aggregate, and its state from them: folded at once, or batch by batch."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import note

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold
from tests.processors.aggregates.choices import Choices
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.stories import ORDINARY, STORIES

AGGREGATES = all_aggregates(Policy())
CLOCK = at(400)


def random_log(
    choices: Choices, kind: AggregateKind, *, corrected: bool = True, least: int = 0
) -> list[Entry]:
    """Make facts of one aggregate; some correct or retract others, or facts of elsewhere."""
    usual = choices.yes()
    chosen: list[tuple[float, Event]] = list(ORDINARY.get(kind, ())) if usual else []
    for left_out in choices.items(range(12), most=2):
        chosen[left_out : left_out + 1] = []
    more = choices.number(7 if usual else 26)
    chosen += [
        (choices.number(301), choices.item(STORIES[kind]))
        for _ in range(max(more, least - len(chosen)))
    ]
    entries: list[Entry] = []
    for number, (minutes, plain) in enumerate(chosen):
        event = plain
        if "revision" in event.__struct_fields__ and kind != "lane":
            event = msgspec.structs.replace(event, revision=number)
        target = None
        retracted = False
        # The last number, so that an example shrinks to a log without corrections.
        if corrected and entries and choices.number(6) == 5:
            target = choices.item(["elsewhere", *(each.fact.event_id for each in entries)])
            retracted = choices.yes()
        entries.append(
            entry(
                event,
                minutes,
                event_id=f"f{number}",
                correction_of=target,
                retracted=retracted,
                recorded=number,
            )
        )
    note(entries)
    return entries


def key_of(kind: AggregateKind) -> str:
    """Return the key that the stories of that kind use."""
    first = STORIES[kind][0]
    return first.key


def folded(kind: AggregateKind, entries: Sequence[Entry]) -> Any:
    """Fold all facts at once, and advance the clock."""
    return fold(AGGREGATES[kind], key_of(kind), entries, clock_at=CLOCK)


def replayed(kind: AggregateKind, batches: Sequence[Sequence[Entry]]) -> tuple[Any, int]:
    """Fold batch by batch without duplicates, as the worker does; advance the clock at the end."""
    aggregate: Aggregate[Any] = AGGREGATES[kind]
    state = aggregate.new(key_of(kind))
    stored: dict[str, Entry] = {}
    refolds = 0
    for batch in batches:
        new = {each.fact_id: each for each in batch if each.fact_id not in stored}
        stored.update(new)
        advanced = advance(aggregate, state, list(new.values()), stored.values)
        state = msgspec.json.decode(encode_state(advanced.state), type=aggregate.state_type)
        refolds += advanced.refolded
    aggregate.derive(state)
    aggregate.on_clock(state, CLOCK)
    return state, refolds
