"""Paths that another process of the hub serves: one standard's interface lies in two processes."""

from groupage.serving.epcis_exceptions import PATHS

_AT_GATEWAY = ("/capture", "/dcsa/tnt/v3/events", "/dcsa/tnt/v2/events", "/v1/packing-lists")
_AT_API = (*PATHS[1:], "/v3/events")


def at_gateway(path: str) -> str:
    """Say that the gateway has a path; empty: it does not."""
    return "; the gateway has this path" if _is_below(path, _AT_GATEWAY) else ""


def at_api(path: str) -> str:
    """Say that the read API has a path; empty: it does not."""
    return "; the read API has this path" if _is_below(path, _AT_API) else ""


def _is_below(path: str, known: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in known)
