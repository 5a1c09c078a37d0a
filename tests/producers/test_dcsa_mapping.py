"""DCSA Track & Trace in: what each event becomes, in all three dialects."""

from datetime import UTC, datetime
from typing import Any

import pytest

from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentCancelled,
    ConsignmentNoted,
    HoldPlaced,
    HoldReleased,
)
from groupage.domain.events.consolidation import StuffingCompleted
from groupage.domain.events.customs import CustomsReleased, CustomsSelected
from groupage.domain.events.equipment import (
    ContainerGatedIn,
    ContainerGatedOut,
    ContainerInspected,
    ContainerMoved,
    ContainerOnBoard,
    ContainerPickedUp,
    ContainerResealed,
    ContainerSealed,
)
from groupage.domain.events.schedule import (
    CarrierBookingRolled,
    EtaUpdated,
    LegArrived,
    LegDeparted,
    PortCallReported,
    SailingChanged,
)
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    NUMBER,
    SOURCE,
    VOYAGE,
    Dialect,
    dcsa_event,
    known_hub,
)
from tests.producers.dcsa_results import CFS, LEG, facts_of

CASES: list[tuple[str, str, dict[str, Any], Event]] = [
    (
        "EQUIPMENT",
        "GATED_OUT",
        {"container": CONTAINER, "empty": "EMPTY", "facility_type": "DEPOT", "locode": "CNNGB"},
        ContainerPickedUp(equipment_ref=CONTAINER),
    ),
    (
        "EQUIPMENT",
        "GATED_IN",
        {"container": CONTAINER, "empty": "EMPTY", "facility_type": CFS, "locode": "CNYIW"},
        ContainerGatedIn(equipment_ref=CONTAINER, place="CNYIU"),
    ),
    (
        "EQUIPMENT",
        "GATED_OUT",
        {"container": CONTAINER, "facility_type": CFS, "locode": "CNYIU"},
        ContainerGatedOut(equipment_ref=CONTAINER),
    ),
    (
        "EQUIPMENT",
        "GATED_IN",
        {
            "container": CONTAINER,
            "facility_type": "PORT_TERMINAL",
            "locode": "CNNGB",
            "facility": "BLCT",
        },
        ContainerMoved(equipment_ref=CONTAINER, place="CNNGB/BLCT", move="GATED_IN"),
    ),
    (
        "EQUIPMENT",
        "LOADED",
        {"container": CONTAINER, "locode": "CNNBO", **LEG},
        ContainerOnBoard(equipment_ref=CONTAINER, voyage_id=VOYAGE),
    ),
    (
        "EQUIPMENT",
        "LOADED",
        {"container": CONTAINER, "locode": "SGSIN", **LEG},
        ContainerMoved(
            equipment_ref=CONTAINER, place="SGSIN", move="LOADED", carrier_voyage_no=NUMBER
        ),
    ),
    (
        "EQUIPMENT",
        "DISCHARGED",
        {"container": CONTAINER, "locode": "NLRTM"},
        ContainerMoved(equipment_ref=CONTAINER, place="NLRTM", move="DISCHARGED"),
    ),
    (
        "EQUIPMENT",
        "STUFFED",
        {"container": CONTAINER, "seals": [("S-1", "CUSTOMS")], "locode": "CNYIU"},
        ContainerSealed(equipment_ref=CONTAINER, seal_no="S-1", source="CUSTOMS", seal_type="BOLT"),
    ),
    (
        "EQUIPMENT",
        "RESEALED",
        {"container": CONTAINER, "seals": [("S-2", "CARRIER")], "reason": "cut"},
        ContainerResealed(
            equipment_ref=CONTAINER,
            seal_no="S-2",
            source="CARRIER",
            seal_type="BOLT",
            reason="cut",
        ),
    ),
    (
        "EQUIPMENT",
        "STUFFED",
        {"container": CONTAINER, "forwarder": "urn:groupage:consolidation:CSL-1"},
        StuffingCompleted(consolidation_id="CSL-1"),
    ),
    (
        "EQUIPMENT",
        "INSPECTED",
        {"container": CONTAINER, "reason": "unfit: hole in the roof"},
        ContainerInspected(equipment_ref=CONTAINER, result="unfit", defects="hole in the roof"),
    ),
    (
        "EQUIPMENT",
        "CUSTOMS_SELECTED_FOR_SCAN",
        {"container": CONTAINER, "document": ("CUSTOMS_CLEARANCE", "D-1")},
        CustomsSelected(declaration_id="D-1", selection="SCAN"),
    ),
    (
        "EQUIPMENT",
        "CUSTOMS_RELEASED",
        {"document": ("CUSTOMS_CLEARANCE", "D-1"), "reason": "R-9"},
        CustomsReleased(declaration_id="D-1", reference="R-9"),
    ),
    (
        "TRANSPORT",
        "DEPARTED",
        {"locode": "CNNGB", **LEG},
        LegDeparted(voyage_id=VOYAGE, leg_id=f"{VOYAGE}#1", mode="VESSEL", place="CNNGB"),
    ),
    (
        "TRANSPORT",
        "ARRIVED",
        {"locode": "NLRTM", "booking": BOOKING, "mode": "VESSEL"},
        LegArrived(voyage_id=VOYAGE, leg_id=f"{VOYAGE}#1", mode="VESSEL", place="NLRTM"),
    ),
    (
        "SHIPMENT",
        "CANCELLED",
        {"document": ("BOOKING", BOOKING), "reason": "no space"},
        CarrierBookingRolled(
            voyage_id=VOYAGE,
            carrier_booking_id=BOOKING,
            iso_type="45G1",
            count=3,
            reason="no space",
        ),
    ),
    (
        "SHIPMENT",
        "ON_HOLD",
        {
            "document": ("CUSTOMS_CLEARANCE", "H-1"),
            "forwarder": "urn:groupage:consignment:CN-1",
            "reason": "papers",
        },
        HoldPlaced(
            consignment_id="CN-1",
            hold_id="H-1",
            hold="CUSTOMS",
            by="DCSA Track & Trace",
            reason="papers",
        ),
    ),
    (
        "SHIPMENT",
        "RELEASED",
        {"document": ("CUSTOMS_CLEARANCE", "H-1"), "forwarder": "urn:groupage:consignment:CN-1"},
        HoldReleased(consignment_id="CN-1", hold_id="H-1", by="DCSA Track & Trace"),
    ),
    (
        "SHIPMENT",
        "CANCELLED",
        {
            "document": ("BOOKING", "CN-1"),
            "forwarder": "urn:groupage:consignment:CN-1",
            "reason": "sold",
        },
        ConsignmentCancelled(consignment_id="CN-1", reason="sold"),
    ),
    (
        "SHIPMENT",
        "ISSUED",
        {"document": ("TRANSPORT_DOCUMENT", "BL-1"), "forwarder": "urn:groupage:consignment:CN-1"},
        ConsignmentNoted(
            consignment_id="CN-1", milestone="transport_document_issued", references=("BL-1",)
        ),
    ),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("kind", "subtype", "details", "expected"), CASES)
def test_what_an_event_becomes(
    dialect: Dialect, kind: str, subtype: str, details: dict[str, Any], expected: Event
) -> None:
    """The same in each dialect; its time, source and id are the sender's."""
    (fact,) = facts_of(dcsa_event(dialect, kind, subtype, **details))
    if isinstance(expected, ContainerSealed | ContainerResealed) and dialect == "2.2":
        assert fact.data.seal_type == "BLT"  # type: ignore[attr-defined]
    else:
        assert fact.data == expected
    assert fact.occurred_at == datetime(2026, 3, 5, 4, tzinfo=UTC)
    assert fact.source == ("/dcsa" if dialect == "2.2" else SOURCE)
    assert fact.event_id == "E1@2026-03-05T04:10:00.000000Z#1"
    assert fact.classifier == "ACT"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("word", "classifier"), [("ESTIMATED", "EST"), ("PLANNED", "PLN")])
def test_an_estimate_is_never_an_actual(dialect: Dialect, word: str, classifier: str) -> None:
    """Its fact keeps the classifier; it changes no state but those that hold estimates."""
    (fact,) = facts_of(
        dcsa_event(
            dialect,
            "EQUIPMENT",
            "LOADED",
            classifier=word,
            container=CONTAINER,
            locode="CNNGB",
            **LEG,
        )
    )
    assert (fact.data, fact.classifier) == (
        ContainerOnBoard(equipment_ref=CONTAINER, voyage_id=VOYAGE),
        classifier,
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("subtype", "locode", "word", "expected"),
    [
        (
            "ARRIVED",
            "NLRTM",
            "ESTIMATED",
            EtaUpdated(
                voyage_id=VOYAGE,
                leg_id=f"{VOYAGE}#1",
                mode="VESSEL",
                place="NLRTM",
                eta_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
        (
            "ARRIVED",
            "SGSIN",
            "ESTIMATED",
            PortCallReported(
                voyage_id=VOYAGE,
                place="SGSIN",
                movement="ARRIVED",
                mode="VESSEL",
                call_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
        (
            "ARRIVED",
            "NLRTM",
            "PLANNED",
            SailingChanged(
                voyage_id=VOYAGE,
                reason="planned by the carrier (DCSA Track & Trace)",
                eta_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
        (
            "DEPARTED",
            "CNNGB",
            "ESTIMATED",
            SailingChanged(
                voyage_id=VOYAGE,
                reason="estimated by the carrier (DCSA Track & Trace)",
                etd_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
    ],
)
def test_estimates_of_a_voyage(
    dialect: Dialect, subtype: str, locode: str, word: str, expected: Event
) -> None:
    """They count from when they were made, not from when the ship is expected."""
    (fact,) = facts_of(
        dcsa_event(
            dialect,
            "TRANSPORT",
            subtype,
            classifier=word,
            at="2026-04-07T08:00:00+02:00",
            locode=locode,
            **LEG,
        )
    )
    assert fact.data == expected
    assert fact.occurred_at == datetime(2026, 3, 5, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("word", ["PLANNED", "ESTIMATED"])
def test_a_plan_does_not_hide_what_happened(dialect: Dialect, word: str) -> None:
    """Even if it happened at the planned time."""
    hub = known_hub()
    departure = {"locode": "SGSIN", **LEG}
    facts_of(dcsa_event(dialect, "TRANSPORT", "DEPARTED", classifier=word, **departure), hub=hub)
    (fact,) = facts_of(
        dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E2", **departure), hub=hub
    )
    assert fact.classifier == "ACT"
