"""``groupage import dcsa --dry-run`` without servers: what can be judged, and what cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from producers.dcsa.document import read_bundle
from producers.dcsa.without_hub import Judged, judge_without_hub
from producers.screening import CheckDigitRules
from tests.producers.dcsa_events import BOOKING, CONTAINER, NOW, dcsa_event
from tests.producers.dcsa_results import LEG

MOVED = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
HELD = dcsa_event(
    "3.0.0 words",
    "SHIPMENT",
    "ON_HOLD",
    event_id="E2",
    document=("CUSTOMS_CLEARANCE", "H-1"),
    forwarder="urn:groupage:consignment:CN-1",
)


def judged(*events: dict[str, Any]) -> Judged:
    """The judgement of a document."""
    return judge_without_hub(
        read_bundle(json.dumps(events).encode()),
        recorded_at=NOW,
        found_by="test",
        rules=CheckDigitRules(containers="quarantine", units="warn"),
    )


def test_what_says_enough_is_judged() -> None:
    """Moves of containers, events of consignments, unknown codes, faults, check digits."""
    found = judged(
        MOVED,
        HELD,
        MOVED | {"eventID": "E3", "equipmentEventTypeCode": "GTOO"},
        MOVED | {"eventID": "E4", "eventDateTime": "soon"},
        MOVED | {"eventID": "E5", "equipmentReference": "CSQU3054384"},
        {"eventID": "E2", "isRetracted": True},
    )
    summary = found.summary
    assert summary.events == {"container.moved": 1, "hold.placed": 2}
    assert (summary.read, summary.accepted) == (6, 3)
    assert summary.reasons == {"unknown_code": 1, "invalid_dcsa": 1, "check_digit": 1}
    assert found.not_judged == {}
    assert found.containers_named == 2


@pytest.mark.parametrize(
    ("event", "needs"),
    [
        (dcsa_event("2.2", "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG), "voyage"),
        (dcsa_event("2.2", "EQUIPMENT", "LOADED", container=CONTAINER, **LEG), "voyage"),
        (
            dcsa_event("2.2", "SHIPMENT", "CANCELLED", document=("BOOKING", BOOKING)),
            "booking",
        ),
        ({"eventID": "E9", "isRetracted": True}, "retraction"),
    ],
)
def test_what_needs_the_hub_is_counted(event: dict[str, Any], needs: str) -> None:
    """Neither accepted nor quarantined: nobody knows."""
    found = judged(event, HELD)
    assert found.not_judged == {needs: 1}
    summary = found.summary
    assert (summary.read, summary.accepted, summary.quarantined) == (2, 1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_runs_without_servers(tmp_path: Path, *, as_json: bool) -> None:
    """It says why it judges alone; the real import needs Kafka."""
    file = tmp_path / "events.json"
    departed = dcsa_event("2.2", "TRANSPORT", "DEPARTED", event_id="E3", **LEG)
    file.write_text(json.dumps([MOVED, HELD, departed]), encoding="utf-8")
    settings = {
        "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "GROUPAGE_DATA_DIR": str(tmp_path / "hub"),
    }

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "groupage", "import", "dcsa", str(file), *options],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    done = run("--dry-run", *(["--json"] if as_json else []))
    assert done.returncode == 0, done.stderr
    if as_json:
        report = json.loads(done.stdout)
        assert (report["read"], report["facts"], report["dry_run"]) == (3, 2, True)
        assert report["not_judged"] == {"voyage": 1, "container": 1}
        return
    assert "3 read: 2 accepted (would become 2 facts), 0 quarantined, 0 rejected" in done.stdout
    assert "not judged: 1 that name a voyage or a carrier booking" in done.stdout
    assert "not judged: whether the hub knows the containers (1)" in done.stdout
    assert "judged without the hub: Kafka at 127.0.0.1:1 does not answer" in done.stderr
    published = run()
    assert published.returncode == 1
    assert "Kafka at 127.0.0.1:1" in published.stderr
