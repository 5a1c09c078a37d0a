"""Dead letters of rejected facts: added when a rejection appears, settled when it goes.

A rejected fact may become legal: a late fact changes what came before it, another aggregate's
snapshot arrives, or somebody corrects it. The commit that holds the cause settles its dead letter.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from groupage.domain.state.base import State
from groupage.store.facts import StoredFact
from processors.kernel.corrections import Entry, sift
from processors.worker import dead_letters
from processors.worker.batch import AggregateKey, PartitionBatch
from processors.worker.cache import CachedAggregate
from processors.worker.write_batch import WriteBatch


def rejection_codes(state: State) -> dict[str, str]:
    """Return the code of each rejected fact, by fact id."""
    return {fact_id: rejected.code for fact_id, rejected in state.rejected.items()}


async def record_changes(
    writes: WriteBatch,
    part: PartitionBatch,
    aggregate_key: AggregateKey,
    cached: CachedAggregate,
    before: Mapping[str, str],
    load_stored: Callable[[], Awaitable[Sequence[StoredFact]]],
) -> None:
    """Add dead letters for rejections that are new since `before`; settle those that are gone.

    `load_stored` loads the aggregate's facts of earlier batches.
    """
    after = rejection_codes(cached.state)
    new = {fact_id for fact_id, code in after.items() if before.get(fact_id) != code}
    gone = {fact_id: code for fact_id, code in before.items() if after.get(fact_id) != code}
    incoming_facts = {incoming.fact_id: incoming for incoming in writes.new_facts[aggregate_key]}
    stored_facts: dict[str, StoredFact] = {}
    if not incoming_facts.keys() >= new or (gone and cached.state.correction_count):
        stored_facts = {stored.fact_id: stored for stored in await load_stored()}
    entries = [Entry(fact_id, stored.fact) for fact_id, stored in stored_facts.items()]
    taken_out = sift([*entries, *incoming_facts.values()]).taken_out
    for fact_id, code in gone.items():
        settled = UUID(hex=fact_id), code
        if fact_id in after:
            writes.settled[settled] = "other_reason"
        else:
            writes.settled[settled] = "withdrawn" if fact_id in taken_out else "legal"
    rows = []
    for fact_id in sorted(new):
        rejected = cached.state.rejected[fact_id]
        writes.settled.pop((UUID(hex=fact_id), rejected.code), None)
        if incoming := incoming_facts.get(fact_id):
            record = dead_letters.rejected_record(incoming)
        else:
            stored = stored_facts[fact_id]
            record = dead_letters.RejectedRecord(stored.fact, stored.position, stored.data_json)
        rows.append(dead_letters.from_rejection(record, rejected, fact_id=UUID(hex=fact_id)))
    dead_letters.route_to_dlq(writes, part, rows)
