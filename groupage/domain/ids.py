"""Ids that are made of others."""


def lane_of(*, pol: str, pod: str) -> str:
    """The lane between two UN/LOCODEs, e.g. ``CNNGB-NLRTM``. The unit of planning."""
    return f"{pol}-{pod}"
