"""Ids that are composed of other ids."""


def lane_of(*, pol: str, pod: str) -> str:
    """Compose the id of a trade lane from two UN/LOCODEs: ``CNNGB-NLRTM``."""
    return f"{pol}-{pod}"
