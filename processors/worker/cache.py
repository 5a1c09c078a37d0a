"""A bounded cache of aggregates: their states in memory, with outputs and fact ids."""

from array import array
from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from processors.kernel.aggregate import Aggregate
from processors.kernel.outputs import Publication
from processors.worker.batch import AggregateKey

# Structs, strings and times of a state take about eight times the size of its JSON.
_BYTES_PER_BODY_BYTE = 8


class CachedAggregate:
    """One aggregate's state, with the outputs that follow from it and its facts' id prefixes."""

    __slots__ = ("aggregate", "body_bytes", "id_prefixes", "outputs", "partition", "state")

    def __init__(
        self,
        *,
        aggregate: Aggregate[Any],
        state: Any,
        partition: int,
        body_bytes: int,
        id_prefixes: "array[int]",
    ) -> None:
        self.aggregate = aggregate
        self.state = state
        self.partition = partition
        self.body_bytes = body_bytes
        self.id_prefixes = id_prefixes
        """Of its facts, sorted (`processors.worker.deduplication`)."""
        self.outputs: dict[str, Publication] = aggregate.outputs(state)


class StateCache:
    """Cached aggregates by key; evicts the least recently used ones first."""

    def __init__(self, *, states_max: int, bytes_max: int) -> None:
        self._states_max = states_max
        self._body_bytes_max = bytes_max // _BYTES_PER_BODY_BYTE
        self._body_bytes = 0
        self._cached: OrderedDict[AggregateKey, CachedAggregate] = OrderedDict()

    def __len__(self) -> int:
        return len(self._cached)

    def get(self, key: AggregateKey) -> CachedAggregate | None:
        """Return the aggregate if it is cached, and mark it as used."""
        cached = self._cached.get(key)
        if cached is not None:
            self._cached.move_to_end(key)
        return cached

    def __getitem__(self, key: AggregateKey) -> CachedAggregate:
        """Return an aggregate that was loaded for this batch."""
        return self._cached[key]

    def put(self, key: AggregateKey, cached: CachedAggregate) -> None:
        """Add an aggregate that was not cached."""
        self._cached[key] = cached
        self._body_bytes += cached.body_bytes

    def resize(self, cached: CachedAggregate, body_bytes: int) -> None:
        """Note the size of a state that was encoded again."""
        self._body_bytes += body_bytes - cached.body_bytes
        cached.body_bytes = body_bytes

    def shrink(self, keep: Collection[AggregateKey]) -> None:
        """Evict down to the limits, but not `keep`: states that are not in the database yet."""
        while len(self._cached) > self._states_max or self._body_bytes > self._body_bytes_max:
            key = next(iter(self._cached))
            if key in keep:
                return
            self._body_bytes -= self._cached.pop(key).body_bytes

    def clear(self) -> None:
        """Drop everything: the stored states may be newer."""
        self._cached.clear()
        self._body_bytes = 0
