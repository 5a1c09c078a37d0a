"""Facts with their identity, and which of them corrections and retractions leave."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from groupage.domain.fact import Fact
from groupage.domain.rejections import RejectionCode
from groupage.domain.state.base import RejectedEvent


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A fact with its identity."""

    fact_id: str
    """Hex of `groupage.contracts.encoding.fact_digest`."""
    fact: Fact


class Sifted(NamedTuple):
    """An aggregate's facts, unsorted."""

    effective: list[Entry]
    """Facts that nothing corrected or retracted; retractions are not among them."""
    without_target: list[Entry]
    """Corrections and retractions whose target the aggregate does not have."""
    taken_out: frozenset[str]
    """Ids of the facts that a correction or retraction took out."""
    awaits_target: bool
    """The target of a correction is not there. Also when another correction has replaced that one:
    if the target came, it would not count."""


def sift(entries: Iterable[Entry]) -> Sifted:
    """Find out which facts corrections and retractions leave.

    A correction that was retracted itself does nothing: its target counts again. Of two corrections
    of one fact the last recorded counts. A correction without its target waits for that: if it
    counted meanwhile, a carton scanned to the wrong consignment would be in both.
    """
    every = list(entries)
    about: dict[tuple[str, str], list[Entry]] = {}
    for entry in every:
        target = entry.fact.correction_of
        if target is not None:
            about.setdefault((entry.fact.source, target), []).append(entry)
    if not about:
        return Sifted(every, [], frozenset(), awaits_target=False)
    withdrawn: dict[str, bool] = {}
    known = {(entry.fact.source, entry.fact.event_id) for entry in every}
    effective: list[Entry] = []
    without_target: list[Entry] = []
    taken_out: set[str] = set()
    for entry in every:
        fact, retracted = entry.fact, entry.fact.retracted
        if _withdrawn(entry, about, withdrawn) or (
            not retracted and _replaced(entry, about, withdrawn)
        ):
            taken_out.add(entry.fact_id)
        elif fact.correction_of is not None and (fact.source, fact.correction_of) not in known:
            without_target.append(entry)
        elif not retracted:
            effective.append(entry)
    awaits_target = not about.keys() <= known
    return Sifted(effective, without_target, frozenset(taken_out), awaits_target=awaits_target)


def rejected_without_target(key: str, sifted: Sifted) -> dict[str, RejectedEvent]:
    """Reject the facts of that aggregate that wait for their target; by fact id."""
    rejected = {}
    for entry in sifted.without_target:
        fact = entry.fact
        does, then = "is to take the place of", "send this one again with an id of its own and "
        then += f"{fact.event_id!r} in correctionof"
        if fact.retracted:
            does, then = "withdraws", "retract this one, too"
        rejected[entry.fact_id] = RejectedEvent(
            code=RejectionCode.NO_TARGET,
            reason=f"it {does} {fact.correction_of!r} of {fact.source}, which is no fact of {key}, "
            "and changes nothing until that one comes. If that one was sent under another key, "
            f"retract it there and {then}",
            type=fact.type,
            subject=fact.subject,
            at=fact.occurred_at,
        )
    return rejected


def _withdrawn(
    entry: Entry, about: Mapping[tuple[str, str], list[Entry]], withdrawn: dict[str, bool]
) -> bool:
    known = withdrawn.get(entry.fact_id)
    if known is None:
        withdrawn[entry.fact_id] = False  # ends circles: what retracts itself stands
        known = any(
            by.fact.retracted and not _withdrawn(by, about, withdrawn)
            for by in about.get((entry.fact.source, entry.fact.event_id), ())
        )
        withdrawn[entry.fact_id] = known
    return known


def _replaced(
    entry: Entry, about: Mapping[tuple[str, str], list[Entry]], withdrawn: dict[str, bool]
) -> bool:
    fact = entry.fact
    by_others = about.get((fact.source, fact.event_id), ())
    if any(
        by.fact_id != entry.fact_id
        and not by.fact.retracted
        and not _withdrawn(by, about, withdrawn)
        for by in by_others
    ):
        return True
    if fact.correction_of is None:
        return False
    rivals = about[(fact.source, fact.correction_of)]
    mine = (fact.recorded_at, entry.fact_id)
    return any(
        (by.fact.recorded_at, by.fact_id) > mine
        and not by.fact.retracted
        and not _withdrawn(by, about, withdrawn)
        for by in rivals
    )
