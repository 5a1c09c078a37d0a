"""Find the effective facts: those that no correction or retraction takes out. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.fact import Fact
from groupage.domain.rejections import RejectionCode
from groupage.domain.state.base import RejectedEvent
from processors.kernel.series import is_in_series, revision_of, series_of


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
    """Ids of the facts that a correction, retraction or newer message takes out."""
    awaits_target: bool
    """The target of a correction is missing, even if another correction has replaced that one: the
    target would not be effective when it came."""
    revised_series: frozenset[str]
    """Series with a message that changes or withdraws an earlier one."""


def sift(entries: Iterable[Entry]) -> Sifted:
    """Find the effective facts.

    A retracted correction has no effect, so its target is effective again. Of two corrections of a
    fact the last recorded one is effective. A correction waits for its target: if it were effective
    before, a carton scanned to the wrong consignment would be in both. Of the messages of a series
    only the newest is effective, unless it withdraws.
    """
    all_facts = list(entries)
    about: dict[tuple[str, str], list[Entry]] = {}
    revised: set[str] = set()
    for entry in all_facts:
        target = entry.fact.correction_of
        if target is None:
            continue
        if is_in_series(entry.fact):
            revised.add(target)
        else:
            about.setdefault((entry.fact.source, target), []).append(entry)
    effective: list[Entry] = []
    taken_out: set[str] = set()
    if revised:
        effective, all_facts, superseded = _divide(all_facts, revised)
        taken_out.update(superseded)
    if about:
        awaits_target, without_target = _sift_corrections(all_facts, about, effective, taken_out)
    else:
        awaits_target, without_target = False, []
        effective = [*effective, *all_facts] if effective else all_facts
    return Sifted(
        effective,
        without_target,
        frozenset(taken_out),
        awaits_target=awaits_target,
        revised_series=frozenset(revised),
    )


def _sift_corrections(
    all_facts: Iterable[Entry],
    about: dict[tuple[str, str], list[Entry]],
    effective: list[Entry],
    taken_out: set[str],
) -> tuple[bool, list[Entry]]:
    """Sort the facts into `effective` and `taken_out`; return the rest of `Sifted`.

    `about` has the corrections and retractions by source and event id of their target.
    """
    if taken_out:  # a forwarded correction that was withdrawn
        kept = {
            target: [each for each in corrections if each.fact_id not in taken_out]
            for target, corrections in about.items()
        }
        about = {target: corrections for target, corrections in kept.items() if corrections}
    all_facts = list(all_facts)
    withdrawn: dict[str, bool] = {}
    known = {(entry.fact.source, entry.fact.event_id) for entry in all_facts}
    without_target: list[Entry] = []
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
    return not about.keys() <= known, without_target


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


class _Divided(NamedTuple):
    """The facts of an aggregate after its revised series were reduced to their newest messages."""

    newest: list[Entry]
    """The newest message of each revised series that is not withdrawn."""
    others: list[Entry]
    """Facts of no revised series."""
    without_effect: frozenset[str]
    """Ids of all other facts."""


def _divide(entries: Iterable[Entry], revised: Collection[str]) -> _Divided:
    """Reduce each of the `revised` series to its newest message."""
    members: dict[str, list[Entry]] = {}
    others: list[Entry] = []
    for entry in entries:
        series = series_of(entry.fact, entry.fact_id)
        if series in revised:
            members.setdefault(series, []).append(entry)
        else:
            others.append(entry)
    newest: list[Entry] = []
    without_effect: set[str] = set()
    withdrawn: list[Fact] = []
    for series, entries_of_series in members.items():
        last = max(entries_of_series, key=_order)
        copy = next((entry for entry in entries_of_series if entry.fact_id == series), None)
        if last.fact.retracted:
            withdrawn.append(last.fact)
            effective = None
        elif copy is not None:
            others.append(copy)  # its sender may have corrected it
            effective = copy
        else:
            newest.append(last)
            effective = last
        without_effect.update(
            entry.fact_id for entry in entries_of_series if entry is not effective
        )
    older = [entry for entry in others if _is_older_form_of_any(entry.fact, withdrawn)]
    if older:
        without_effect.update(entry.fact_id for entry in older)
        others = [entry for entry in others if entry.fact_id not in without_effect]
    return _Divided(newest, others, frozenset(without_effect))


def _order(entry: Entry) -> tuple[int, float, str]:
    fact = entry.fact
    if not is_in_series(fact):
        return (-1, 0.0, "")
    return (revision_of(fact), fact.recorded_at.timestamp(), fact.event_id)


def _is_older_form_of_any(fact: Fact, withdrawn: Iterable[Fact]) -> bool:
    """Tell whether a message that release 0.2.0 published, without a series, is taken back."""
    if fact.relayed_by is None or is_in_series(fact):
        return False
    return any(
        fact.source == gone.source and _content(fact.data) == _content(gone.data)
        for gone in withdrawn
    )


def _content(event: Event) -> Event:
    """Return the event without the sender's revision, which these messages had."""
    if "revision" not in event.__struct_fields__:
        return event
    return msgspec.structs.replace(event, revision=0)
