"""Find the effective facts: those that no correction or retraction takes out. Pure."""

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
    """The facts of an aggregate by whether they are effective; unsorted."""

    effective: list[Entry]
    """Facts that nothing corrects or retracts; retractions are not among them."""
    without_target: list[Entry]
    """Corrections and retractions whose target the aggregate does not have."""
    taken_out: frozenset[str]
    """Ids of the facts that a correction or retraction takes out."""
    awaits_target: bool
    """The target of a correction is missing, even if another correction has replaced that one: the
    target would not be effective when it came."""


def sift(entries: Iterable[Entry]) -> Sifted:
    """Find the effective facts.

    A retracted correction has no effect, so its target is effective again. Of two corrections of a
    fact the last recorded one is effective. A correction waits for its target: if it were effective
    before, a carton scanned to the wrong consignment would be in both.
    """
    all_facts = list(entries)
    about: dict[tuple[str, str], list[Entry]] = {}
    for entry in all_facts:
        target = entry.fact.correction_of
        if target is not None:
            about.setdefault((entry.fact.source, target), []).append(entry)
    if not about:
        return Sifted(all_facts, [], frozenset(), awaits_target=False)
    withdrawn: dict[str, bool] = {}
    known = {(entry.fact.source, entry.fact.event_id) for entry in all_facts}
    effective: list[Entry] = []
    without_target: list[Entry] = []
    taken_out: set[str] = set()
    for entry in all_facts:
        fact, retracted = entry.fact, entry.fact.retracted
        if _is_retracted(entry, about, withdrawn) or (
            not retracted and _is_replaced(entry, about, withdrawn)
        ):
            taken_out.add(entry.fact_id)
        elif fact.correction_of is not None and (fact.source, fact.correction_of) not in known:
            without_target.append(entry)
        elif not retracted:
            effective.append(entry)
    awaits_target = not about.keys() <= known
    return Sifted(effective, without_target, frozenset(taken_out), awaits_target=awaits_target)


def rejected_without_target(key: str, sifted: Sifted) -> dict[str, RejectedEvent]:
    """Reject the corrections and retractions that wait for their target; by fact id."""
    rejected = {}
    for entry in sifted.without_target:
        fact = entry.fact
        verb = "replaces"
        advice = f"send this one again with an id of its own and {fact.event_id!r} in correctionof"
        if fact.retracted:
            verb, advice = "withdraws", "retract this one, too"
        rejected[entry.fact_id] = RejectedEvent(
            code=RejectionCode.NO_TARGET,
            reason=f"it {verb} {fact.correction_of!r} of {fact.source}, which {key} does not have, "
            "and changes nothing until that event comes. If that event was sent under another key, "
            f"retract it there and {advice}",
            type=fact.type,
            subject=fact.subject,
            at=fact.occurred_at,
        )
    return rejected


def _is_retracted(
    entry: Entry, about: Mapping[tuple[str, str], list[Entry]], withdrawn: dict[str, bool]
) -> bool:
    known = withdrawn.get(entry.fact_id)
    if known is None:
        withdrawn[entry.fact_id] = False  # ends circles: a fact that retracts itself is effective
        known = any(
            by.fact.retracted and not _is_retracted(by, about, withdrawn)
            for by in about.get((entry.fact.source, entry.fact.event_id), ())
        )
        withdrawn[entry.fact_id] = known
    return known


def _is_replaced(
    entry: Entry, about: Mapping[tuple[str, str], list[Entry]], withdrawn: dict[str, bool]
) -> bool:
    fact = entry.fact
    by_others = about.get((fact.source, fact.event_id), ())
    if any(
        by.fact_id != entry.fact_id
        and not by.fact.retracted
        and not _is_retracted(by, about, withdrawn)
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
        and not _is_retracted(by, about, withdrawn)
        for by in rivals
    )
