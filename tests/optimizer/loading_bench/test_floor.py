"""`groupage bench floor`: one row for each pallet and container, one for random floors."""

import pytest

from groupage.app.bench.floor import run
from groupage.domain.containers import SPECS


@pytest.mark.slow
def test_rows_of_pallets_and_of_random_floors() -> None:
    """Each pallet is loaded up to its bound, and the search over blocks loads no more."""
    reported: list[str] = []
    *pallets, random_floors = run(floors=5, seed=1, report=reported.append)
    assert len(pallets) == len(reported) == 2 * len(SPECS)
    for row in pallets:
        assert row.pieces == row.proven <= row.area
        assert row.optimal_percent == 100
        assert row.by_blocks is not None
        assert row.by_blocks <= row.pieces
    assert random_floors.name == "5 floors of random pieces"
    assert random_floors.pieces <= random_floors.proven <= random_floors.area
