"""Refusals that came and went with a batch: dead letters put aside, and those settled.

A refused fact may become legal later: a late fact changes what came before it, another owner's news
arrives, or it is corrected. Its letter is settled by the commit that holds the reason.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from groupage.domain.state.base import State
from groupage.store.facts import StoredFact
from processors.kernel.corrections import Entry, sift
from processors.worker import dead_letters
from processors.worker.batch import OwnerKey, Slice
from processors.worker.cache import Owner
from processors.worker.write_batch import Effects


def codes(state: State) -> dict[str, str]:
    """Why which facts are refused, by fact id."""
    return {fact_id: refused.code for fact_id, refused in state.rejected.items()}


async def follow(
    effects: Effects,
    piece: Slice,
    owner_key: OwnerKey,
    owner: Owner,
    before: Mapping[str, str],
    stored: Callable[[], Awaitable[Sequence[StoredFact]]],
) -> None:
    """Bury what is refused now and was not `before`; settle what is not any more.

    `stored` gives the owner's facts of earlier batches.
    """
    after = codes(owner.state)
    new = {fact_id for fact_id, code in after.items() if before.get(fact_id) != code}
    gone = {fact_id: code for fact_id, code in before.items() if after.get(fact_id) != code}
    incoming = {item.fact_id: item for item in effects.entries[owner_key]}
    earlier: dict[str, StoredFact] = {}
    if not incoming.keys() >= new or (gone and owner.state.corrections):
        earlier = {each.fact_id: each for each in await stored()}
    every = [Entry(fact_id, each.fact) for fact_id, each in earlier.items()]
    taken_out = sift([*every, *incoming.values()]).taken_out
    for fact_id, code in gone.items():
        refused = UUID(hex=fact_id), code
        if fact_id in after:
            effects.settled[refused] = "other_reason"
        else:
            effects.settled[refused] = "withdrawn" if fact_id in taken_out else "legal"
    buried = []
    for fact_id in sorted(new):
        refusal = owner.state.rejected[fact_id]
        effects.settled.pop((UUID(hex=fact_id), refusal.code), None)
        item = incoming.get(fact_id)
        told = dead_letters.told(piece, item) if item else _told(earlier[fact_id])
        buried.append(dead_letters.of_fact(told, refusal, fact_id=UUID(hex=fact_id)))
    dead_letters.bury(effects, piece, buried)


def _told(stored: StoredFact) -> dead_letters.Told:
    return dead_letters.Told(stored.fact, stored.place, stored.data_json)
