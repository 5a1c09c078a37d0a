"""Ids that are composed of other ids."""

from hashlib import blake2b

from groupage.domain.events.base import AggregateKind

SERIES_LENGTH = 32


def lane_of(*, pol: str, pod: str) -> str:
    """Compose the id of a trade lane from two UN/LOCODEs: ``CNNGB-NLRTM``."""
    return f"{pol}-{pod}"


def series_of_output(kind: AggregateKind, key: str, output_id: str) -> str:
    """Return the id of the series of messages about an output of an aggregate."""
    name = f"{kind}\0{key}\0{output_id}"
    return blake2b(name.encode(), digest_size=SERIES_LENGTH // 2).hexdigest()
