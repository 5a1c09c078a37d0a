"""Handler tables must be complete and without duplicates, or the import fails."""

from typing import Any

import pytest

from groupage.domain.events.base import Event
from groupage.domain.events.equipment import CargoArriving, TruckArrived
from groupage.domain.policy import Policy
from groupage.domain.state.visit import VisitState
from processors.aggregates.registry import all_aggregates
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On
from processors.kernel.snapshots import keep_latest
from tests.processors.aggregates.play import at, entry


def _ignore(_state: VisitState, _entry: Entry, _event: Event) -> None:
    """Change nothing."""


@pytest.mark.parametrize(
    ("handlers", "problem"),
    [
        ((), "no handler for: truck.arrived"),
        (
            (On(TruckArrived, _ignore), On(TruckArrived, _ignore)),
            "more than one handler for: truck.arrived",
        ),
        (
            (On(TruckArrived, _ignore), On(CargoArriving, _ignore)),
            "not events of this aggregate: consignment.arriving",
        ),
    ],
)
def test_a_wrong_table_is_an_error_at_import(
    handlers: tuple[On[Any, Any], ...], problem: str
) -> None:
    """A forgotten, doubled or foreign event is named when the class is made."""
    with pytest.raises(TypeError, match=problem):
        type(
            "Wrong",
            (Aggregate,),
            {"kind": "visit", "state_type": VisitState, "handlers": handlers},
        )


def test_an_event_of_another_aggregate_is_rejected() -> None:
    """The base class says so for all of them."""
    visit = all_aggregates(Policy())["visit"]
    state = visit.new("V-1")
    arriving = CargoArriving(consignment_id="CN-1", visit_id="V-1", arrived_at=at(1))
    rejection = visit.apply(state, entry(arriving, 1))
    assert rejection is not None
    assert rejection.code == "not_mine"


def test_the_highest_revision_of_a_snapshot_is_kept() -> None:
    """Whatever the order in which they arrive; the same one again changes nothing."""

    class Snapshot:
        def __init__(self, revision: int) -> None:
            self.revision = revision

    store: dict[str, Snapshot] = {}
    second, third = Snapshot(2), Snapshot(3)
    for snapshot in (second, third, Snapshot(3), Snapshot(1)):
        keep_latest(store, "CN-1", snapshot)
    assert store == {"CN-1": third}
