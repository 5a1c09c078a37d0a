"""The live view on terminals of several sizes."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from groupage.app.demo.view import Figures, View
from groupage.store.readers.overview import Overview
from groupage.store.readers.views import ConsolidationView

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def box(number: int) -> ConsolidationView:
    """One of many on the same voyage: its id differs at the very end."""
    return ConsolidationView(
        consolidation_id=f"CSL-CNYIU-ESMAD-YXO-MAD-260304-2-42G1-3.{number:02d}",
        status="STUFFING",
        lane_id="CNYIU-ESMAD",
        voyage_id="YXO-MAD/260304-2",
        iso_type="42G1",
        equipment_ref="",
        members=3,
        planned_volume_cm3=1,
        loaded_volume_cm3=0,
        gross_g=0,
        fill_permille=800,
        next_cutoff="LCO",
        next_cutoff_at=NOW,
        minutes_to_cutoff=90,
        at_risk=False,
        departed_at=None,
        changed_at=NOW,
    )


@pytest.mark.parametrize(("columns", "lines", "rows"), [(80, 24, 4), (80, 50, 12), (140, 50, 12)])
def test_boxes_can_be_told_apart(columns: int, lines: int, rows: int) -> None:
    """Their ids are whole, also on the smallest usual terminal, and what is shown fits in it."""
    figures = Figures(
        overview=Overview(
            clock_at=NOW,
            records=1,
            consignments=dict.fromkeys(("BOOKED", "RECEIVED", "AVAILABLE"), 1),
            consolidations={"STUFFING": 14},
            alerts={"damaged": 1},
            alerts_raised=1,
            dead_letters=0,
            plans=1,
            failed_requests=0,
        ),
        consolidations=tuple(box(number) for number in range(14)),
        still_open=14,
        departed=0,
        facts_sent=1,
        day_done=0.5,
        waiting_for="",
    )
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=columns, height=lines)
    with View(console) as view:
        view.show(figures)
    shown = screen.getvalue()
    assert ("DCO documents" in shown) == (lines > 24)
    for number in range(14):
        assert (box(number).consolidation_id in shown) == (number < rows)
