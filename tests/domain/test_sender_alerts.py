"""Ids and texts of alerts about senders, whose names anybody may choose."""

import pytest

from groupage.contracts.encoding import encode_data
from groupage.contracts.event_data import event_from_json
from groupage.domain.codes import AlertCode, TimeCode
from groupage.domain.sender_alerts import (
    SENDER_SEVERITIES,
    dead_letter_alert,
    other_senders_alert,
    sender_alert,
    sender_alert_id,
)

PREFIX = f"clock/hub/{AlertCode.NOT_YOURS}/"


@pytest.mark.parametrize(
    "source",
    [
        "",
        " ",
        "unknown",
        "other-senders",
        "/x\N{RIGHT-TO-LEFT OVERRIDE}",
        "/x",
        "\N{SNOWMAN}" * 999,
    ],
)
@pytest.mark.parametrize("code", SENDER_SEVERITIES)
def test_readers_accept_the_alert_about_any_sender(source: str, code: str) -> None:
    """Whatever a dead letter has as its source and reason."""
    raised = dead_letter_alert(code, source, reason="r" * 5_000, count=7)
    assert event_from_json(raised.name, encode_data(raised)) == raised
    assert raised.alert_id.isprintable()
    assert raised.severity == SENDER_SEVERITIES[code]


def test_different_senders_have_different_alerts() -> None:
    """Also where an id cannot hold their names, and where a name is that of the shared alert."""
    sources = ["", " ", "unknown", "other-senders", "/x", "/x ", "/x\0", "y" * 200, "y" * 201]
    ids = {sender_alert_id(AlertCode.NOT_YOURS, source) for source in sources}
    ids.add(other_senders_alert(AlertCode.NOT_YOURS).alert_id)
    assert len(ids) == len(sources) + 1
    assert f"{PREFIX}/x" in ids


def test_the_alert_counts_and_gives_the_latest_reason() -> None:
    """One record needs no number; of many there is a limit to counting."""
    made = [
        dead_letter_alert(TimeCode.FROM_THE_FUTURE, "/wms", reason="too late", count=count).message
        for count in (1, 2, 1_234_567)
    ]
    assert made == [
        "/wms: too late",
        "at least 2 records, the latest of /wms: too late",
        "at least 1,000 records, the latest of /wms: too late",
    ]
    assert sender_alert(TimeCode.CLOCK_IMPLAUSIBLE, "/clock", "x").message == "x"
