"""What a fact says in EPCIS, which has no corrections: events and error declarations. Pure.

A fact that begins to count is an event. One that ceases to count, because it was corrected or
retracted, is declared an error: the same event with an error declaration, which names the events
that stand in its place. A fact that counts once more, because its correction was retracted, is an
event with an id of its own: EPCIS cannot take an error declaration back. Which facts count is the
fold's rule (`processors.kernel.corrections.sift`), in the order of the log.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from groupage.store.facts import StoredFact
from processors.kernel.corrections import Entry, sift
from processors.kernel.series import is_in_series, series_of

_HISTORY_MAX = 50
"""Facts that correct one another. Of more, the first and the last ones are looked at."""


class Statement(NamedTuple):
    """An event about a fact, or the declaration that it was an error."""

    fact: StoredFact
    again: str
    """Id of the fact by which it counts once more; empty: it counts for the first time."""
    instead: "tuple[Statement, ...] | None" = None
    """Of an error declaration: the events that stand in its place. None: it is an event."""


def statements_of(history: Sequence[StoredFact]) -> list[Statement]:
    """Return what the last fact of a history says.

    The history has all facts up to it that correct one another, in the order of the log.
    """
    if len(history) > _HISTORY_MAX:
        history = [history[0], *history[1 - _HISTORY_MAX :]]
    counting: dict[str, Statement] = {}
    known: set[str] = set()
    found: list[Statement] = []
    for number, last in enumerate(history, start=1):
        entries = [Entry(each.fact_id, each.fact) for each in history[:number]]
        effective = {entry.fact_id for entry in sift(entries).effective}
        begun = [
            Statement(each, last.fact_id if each.fact_id in known else "")
            for each in history[:number]
            if each.fact_id in effective and each.fact_id not in counting
        ]
        ended = [
            statement._replace(instead=tuple(begun))
            for fact_id, statement in counting.items()
            if fact_id not in effective
        ]
        found = [*begun, *ended]
        counting = {name: each for name, each in counting.items() if name in effective}
        counting |= {each.fact.fact_id: each for each in begun}
        known |= effective
    return found


def histories(facts: Iterable[StoredFact], known: Iterable[StoredFact]) -> list[list[StoredFact]]:
    """Return for each of the facts, in their order, those up to it that correct one another.

    `known` holds them and all facts that are linked with them, of the same partition.
    """
    groups = _Groups()
    members: dict[object, list[StoredFact]] = {}
    everything = {each.fact_id: each for each in known}
    for each in everything.values():
        groups.join(*_names(each))
    ordered = sorted(everything.values(), key=lambda each: (each.position.offset, each.fact_id))
    for each in ordered:
        members.setdefault(groups.find(_names(each)[0]), []).append(each)
    found = []
    for fact in facts:
        place = (fact.position.offset, fact.fact_id)
        group = members[groups.find(_names(fact)[0])]
        found.append([each for each in group if (each.position.offset, each.fact_id) <= place])
    return found


def _names(stored: StoredFact) -> list[object]:
    """Return the name under which others correct a fact, and the name of what it corrects."""
    fact = stored.fact
    if is_in_series(fact):
        return [(stored.kind, fact.key, fact.source, series_of(fact, stored.fact_id))]
    names: list[object] = [(stored.kind, fact.key, fact.source, fact.event_id)]
    if fact.correction_of is not None:
        names.append((stored.kind, fact.key, fact.source, fact.correction_of))
    return names


class _Groups:
    """Names that belong together."""

    def __init__(self) -> None:
        self._parents: dict[object, object] = {}

    def find(self, name: object) -> object:
        """Return the name that stands for the group."""
        while (parent := self._parents.get(name, name)) != name:
            self._parents[name] = self._parents.get(parent, parent)
            name = parent
        return name

    def join(self, first: object, *others: object) -> None:
        """Put names into the group of the first one."""
        for other in others:
            self._parents[self.find(other)] = self.find(first)
