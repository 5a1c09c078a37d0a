"""The benchmark of lanes through a hub, with a small lane."""

import pytest

from groupage.app.bench import large_hub
from groupage.contracts.topics import BY_NAME
from optimizer.sample import sample

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def test_a_lane_is_planned_through_a_hub(
    kafka_bootstrap: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request, one plan at the first attempt, with a bound, reasons and all followed."""
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", kafka_bootstrap)
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", database_url)
    lane = sample(consignments=12, seed=1)
    (row,) = large_hub.run({"small": lane}, report=lambda _: None)
    assert (row.name, row.consignments, row.attempts, row.cut_short) == (
        "small, plan 1",
        12,
        1,
        "no",
    )
    assert "available" in row.causes
    assert row.gap_percent < 100
    assert row.settled_s >= row.planned_s > 0
    for size in (row.request_bytes, row.proposed_bytes, row.load_plan_bytes):
        assert 0 <= size < BY_NAME["hub.plan.v1"].max_message_bytes
