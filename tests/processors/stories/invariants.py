"""What must hold between aggregates once every message has arrived."""

from tests.processors.aggregates.minihub import MiniHub


def broken_invariants(hub: MiniHub) -> list[str]:
    """List broken invariants, each as a line of text."""
    return []
