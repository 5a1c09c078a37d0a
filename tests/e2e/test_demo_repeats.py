"""The seed decides everything: two hubs that live through the same simulated day end alike."""

from pathlib import Path

import pytest

from tests.e2e.demo_record import differences
from tests.e2e.simulated import SimulatedDay, day_hub, play_day

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(700)]


def live_through(folder: Path, *options: str) -> SimulatedDay:
    """Play a day on a hub that exists for it alone."""
    with day_hub(folder) as hub:
        return play_day(hub, *options)


def test_the_same_seed_gives_the_same_day(short_tmp_path: Path) -> None:
    """Facts from outside, plans and final states are equal at another pace of day and of worker."""
    first = live_through(short_tmp_path / "hub-1")
    first.assert_complete()
    second = live_through(short_tmp_path / "hub-2", "--pace", "max")
    timing = ("took_s", "waited_s")
    assert {k: first.outcome[k] for k in first.outcome if k not in timing} == {
        k: second.outcome[k] for k in second.outcome if k not in timing
    }
    for one, two in zip(first.record, second.record, strict=True):
        unlike = differences(one, two)
        assert not unlike, f"{unlike}: {one.get(unlike[0])} and {two.get(unlike[0])}"
