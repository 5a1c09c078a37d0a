"""Snapshots of other aggregates: of each sender the highest revision counts."""

from typing import Protocol, TypeVar


class Revised(Protocol):
    """A snapshot."""

    @property
    def revision(self) -> int:
        """The number of facts that its sender had."""
        ...


T = TypeVar("T", bound=Revised)


def keep_latest(store: dict[str, T], sender: str, snapshot: T) -> None:
    """Keep the snapshot unless a newer one of that sender is there."""
    known = store.get(sender)
    if known is None or known.revision < snapshot.revision:
        store[sender] = snapshot
