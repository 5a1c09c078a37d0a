"""Load the states that a batch needs and the cache does not have."""

from array import array
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from groupage.domain.events.base import AggregateKind
from groupage.store import facts
from groupage.store.state_codec import unpack
from processors.kernel.aggregate import Aggregate
from processors.worker import deduplication, older_states
from processors.worker.batch import AggregateKey
from processors.worker.cache import CachedAggregate, StateCache
from processors.worker.timers import Deadlines


class StateLoader:
    """Fills the cache from the store; an aggregate that is not stored begins there."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        aggregates: Mapping[AggregateKind, Aggregate[Any]],
        cache: StateCache,
        deadlines: Deadlines,
    ) -> None:
        self._pool = pool
        self._aggregates = aggregates
        self._cache = cache
        self._deadlines = deadlines
        self._decoders = {
            kind: msgspec.json.Decoder(aggregate.state_type)
            for kind, aggregate in aggregates.items()
        }

    def decode(self, kind: AggregateKind, body: bytes) -> Any:
        """Return the state in an unpacked body."""
        return self._decoders[kind].decode(body)

    async def load(self, wanted: Mapping[AggregateKey, int]) -> None:
        """Cache these aggregates; `wanted` has the partition of each."""
        missing: dict[AggregateKind, dict[str, int]] = {}
        for (kind, key), partition in wanted.items():
            if self._cache.get((kind, key)) is None:
                missing.setdefault(kind, {})[key] = partition
        for kind, partitions in missing.items():
            aggregate = self._aggregates[kind]
            stored = await older_states.load_states(
                self._pool, aggregate, list(partitions), deadlines=self._deadlines
            )
            ids = await facts.ids_of(self._pool, kind, [row.key for row in stored])
            for row in stored:
                del partitions[row.key]
                state = self.decode(kind, unpack(row.body))
                prefixes = deduplication.id_prefixes_of(ids.get(row.key, ()))
                self._keep(aggregate, state, row.partition, len(row.body), prefixes)
            for key, partition in partitions.items():
                self._keep(aggregate, aggregate.new(key), partition, 0, array("Q"))

    def _keep(
        self,
        aggregate: Aggregate[Any],
        state: Any,
        partition: int,
        body_bytes: int,
        id_prefixes: "array[int]",
    ) -> None:
        self._cache.put(
            (aggregate.kind, state.key),
            CachedAggregate(
                aggregate=aggregate,
                state=state,
                partition=partition,
                body_bytes=body_bytes,
                id_prefixes=id_prefixes,
            ),
        )
