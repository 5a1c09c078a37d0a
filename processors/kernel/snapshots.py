"""Snapshots of other aggregates: of each sender the highest revision counts."""

from typing import Protocol, TypeVar


class Revised(Protocol):
    """A snapshot."""

    @property
    def revision(self) -> int:
        """The revision of its sender's state."""
        ...


class Revocable(Revised, Protocol):
    """A snapshot that may say that there is none any more."""

    @property
    def withdrawn(self) -> bool:
        """The sender has nothing to do with the receiver any more."""
        ...


T = TypeVar("T", bound=Revised)
R = TypeVar("R", bound=Revocable)


def keep_latest(store: dict[str, T], sender: str, snapshot: T) -> None:
    """Keep the snapshot unless a newer one of that sender is there."""
    known = store.get(sender)
    if known is None or known.revision < snapshot.revision:
        store[sender] = snapshot


def keep_or_drop(store: dict[str, R], withdrawn: dict[str, int], sender: str, snapshot: R) -> None:
    """Keep the snapshot unless a newer one came; drop that of a sender which withdraws.

    `withdrawn` holds the revision at which a sender withdrew: an older snapshot may still arrive.
    """
    known = store.get(sender)
    last = known.revision if known is not None else withdrawn.get(sender, -1)
    if snapshot.revision <= last:
        return
    if snapshot.withdrawn:
        store.pop(sender, None)
        withdrawn[sender] = snapshot.revision
    else:
        withdrawn.pop(sender, None)
        store[sender] = snapshot
