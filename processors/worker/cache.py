"""The states that this worker has at hand. Bounded by number and by size, never by luck."""

from array import array
from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from processors.kernel.aggregate import Aggregate
from processors.kernel.outputs import Publication
from processors.worker.batch import OwnerKey

# Structs, strings and times of a state take about eight times their JSON.
_BYTES_PER_BODY_BYTE = 8


class Owner:
    """One aggregate's state with the outputs that follow from it."""

    __slots__ = ("body_bytes", "core", "numbers", "outputs", "partition", "state")

    def __init__(
        self,
        *,
        core: Aggregate[Any],
        state: Any,
        partition: int,
        body_bytes: int,
        numbers: "array[int]",
    ) -> None:
        self.core = core
        self.state = state
        self.partition = partition
        self.body_bytes = body_bytes
        self.numbers = numbers
        """Of its facts, sorted (`processors.worker.deduplication`)."""
        self.outputs: dict[str, Publication] = core.outputs(state)


class StateCache:
    """States by owner, the least recently used ones given up first."""

    def __init__(self, *, states_max: int, bytes_max: int) -> None:
        self._states_max = states_max
        self._body_bytes_max = bytes_max // _BYTES_PER_BODY_BYTE
        self._body_bytes = 0
        self._owners: OrderedDict[OwnerKey, Owner] = OrderedDict()

    def __len__(self) -> int:
        return len(self._owners)

    def get(self, key: OwnerKey) -> Owner | None:
        """The owner's state if it is at hand."""
        owner = self._owners.get(key)
        if owner is not None:
            self._owners.move_to_end(key)
        return owner

    def at_hand(self, key: OwnerKey) -> Owner:
        """The owner, which was put here for this batch."""
        return self._owners[key]

    def put(self, key: OwnerKey, owner: Owner) -> None:
        """Keep a state that was not at hand."""
        self._owners[key] = owner
        self._body_bytes += owner.body_bytes

    def resize(self, owner: Owner, body_bytes: int) -> None:
        """The state was encoded again."""
        self._body_bytes += body_bytes - owner.body_bytes
        owner.body_bytes = body_bytes

    def shrink(self, keep: Collection[OwnerKey]) -> None:
        """Give up what is too much, but not `keep`: states that the database does not have yet."""
        while len(self._owners) > self._states_max or self._body_bytes > self._body_bytes_max:
            key = next(iter(self._owners))
            if key in keep:
                return
            self._body_bytes -= self._owners.pop(key).body_bytes

    def clear(self) -> None:
        """Forget everything: the database may know better."""
        self._owners.clear()
        self._body_bytes = 0
