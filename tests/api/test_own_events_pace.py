"""The projection of the hub's own facts leaves the cores to workers that are busy."""

from groupage.app.own_events.projector import (
    BUSY_FOR_S,
    BUSY_RECORDS_PER_S,
    BUSY_SHARE,
    SHARE,
    Pace,
)


def test_records_from_before_its_start_make_no_worker_busy() -> None:
    """An API that starts on a full database catches up at once."""
    pace = Pace()
    assert pace.share(10**9, 0.0) == SHARE
    assert pace.share(10**9, 2.0) == SHARE


def test_a_calm_hub() -> None:
    """A hub of a few records a second, some of them in the same instant."""
    pace = Pace()
    pace.share(0, 0.0)
    assert pace.share(500, 0.1) == SHARE
    assert pace.share(600, 1.5) == SHARE


def test_waits_for_busy_workers_until_they_were_calm_for_a_while() -> None:
    """A pause in which workers wait for plans does not count as calm."""
    pace = Pace()
    pace.share(0, 0.0)
    records = 2 * BUSY_RECORDS_PER_S
    assert pace.share(records, 2.0) == BUSY_SHARE
    assert pace.share(records, 2.0 + BUSY_FOR_S - 0.1) == BUSY_SHARE
    assert pace.share(records, 2.0 + BUSY_FOR_S) == SHARE
