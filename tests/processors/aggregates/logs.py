"""Random logs of one owner, and its state from them: folded at once, or batch by batch."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.fold import advance, encode_state, fold
from tests.processors.aggregates.play import at, entry
from tests.processors.aggregates.stories import ORDINARY, STORIES

CORES = all_aggregates(Policy())


CLOCK = at(400)


@st.composite
def logs(draw: st.DrawFn, kind: AggregateKind, *, corrected: bool = True) -> list[Entry]:
    """Facts of one owner; some of them correct or retract others, or facts of somebody else."""
    usual = draw(st.booleans())
    chosen: list[tuple[float, Event]] = list(ORDINARY.get(kind, ())) if usual else []
    for left_out in draw(st.lists(st.integers(0, 11), max_size=2)):
        chosen[left_out : left_out + 1] = []
    more = st.tuples(st.integers(0, 300), st.sampled_from(STORIES[kind]))
    chosen += draw(st.lists(more, max_size=6 if usual else 25))
    entries: list[Entry] = []
    for number, (minutes, plain) in enumerate(chosen):
        told = plain
        if "revision" in told.__struct_fields__ and kind != "lane":
            told = msgspec.structs.replace(told, revision=number)
        target = None
        retracted = False
        if corrected and entries and draw(st.integers(0, 5)) == 0:
            target = draw(st.sampled_from(["elsewhere", *(each.fact.event_id for each in entries)]))
            retracted = draw(st.booleans())
        entries.append(
            entry(
                told,
                minutes,
                event_id=f"f{number}",
                correction_of=target,
                retracted=retracted,
                recorded=number,
            )
        )
    return entries


def key_of(kind: AggregateKind) -> str:
    """The key of the stories of that kind."""
    first = STORIES[kind][0]
    return first.key


def folded(kind: AggregateKind, entries: Sequence[Entry]) -> Any:
    """From scratch, observed at the clock."""
    return fold(CORES[kind], key_of(kind), entries, clock_at=CLOCK)


def replayed(kind: AggregateKind, batches: Sequence[Sequence[Entry]]) -> tuple[Any, int]:
    """Batch by batch, as the shell does: duplicates dropped, the clock seen at the end."""
    core: Aggregate[Any] = CORES[kind]
    state = core.new(key_of(kind))
    stored: dict[str, Entry] = {}
    refolds = 0
    for batch in batches:
        new = {each.fact_id: each for each in batch if each.fact_id not in stored}
        stored.update(new)
        advanced = advance(core, state, list(new.values()), stored.values)
        state = msgspec.json.decode(encode_state(advanced.state), type=core.state_type)
        refolds += advanced.refolded
    core.derive(state)
    core.on_clock(state, CLOCK)
    return state, refolds
