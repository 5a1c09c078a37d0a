"""The hub's events as DCSA events: each kind is seen, and the standard takes whatever texts say."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from groupage.domain.events import consignment as cn
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events.base import Event, Money
from groupage.domain.events.consignment import HoldType
from groupage.domain.events.consolidation import StuffingCompleted
from groupage.domain.fact import Fact
from producers.dcsa.outgoing import classification_of, event_of
from producers.dcsa.outgoing_parts import EVENT_TYPE_OF, Surroundings
from producers.dcsa.reading import read_report
from producers.dcsa.vocabulary import DOCUMENTS, EQUIPMENT, SHIPMENT
from tests.api.world import booked

Validate = Callable[[dict[str, Any]], None]
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
USD = Money(amount_minor=100_000, currency="USD")
DECLARED = "D-1"
AROUND = Surroundings(
    equipment_ref="CSQU3054383", carrier_booking_id="BKG-1", consignment_ids=("CN-1", "CN-2")
)
HOLDS: dict[HoldType, str] = {
    "CUSTOMS": "CUC",
    "DG": "DGD",
    "DAMAGE": "ICE",
    "DOCS": "SHI",
    "CREDIT": "INV",
    "MEASURE": "CAS",
    "DISPATCHER": "TRO",
}
EVENTS: list[tuple[Event, str, str]] = [
    (booked("CN-1"), "RECE", "BKG"),
    (cn.ConsignmentAccepted(consignment_id="CN-1"), "CONF", "BKG"),
    (cn.ConsignmentRejected(consignment_id="CN-1", reason="full"), "REJE", "BKG"),
    (cn.ConsignmentCancelled(consignment_id="CN-1", reason="sold"), "CANC", "BKG"),
    *(
        (
            cn.HoldPlaced(consignment_id="CN-1", hold_id="H-1", hold=kind, by="li", reason="x"),
            "HOLD",
            HOLDS[kind],
        )
        for kind in get_args(HoldType)
    ),
    *(
        (cn.HoldReleased(consignment_id="CN-1", hold_id="H-1", hold=kind, by="li"), "RELS", code)
        for kind, code in HOLDS.items()
    ),
    (
        cu.CustomsDeclared(
            declaration_id=DECLARED, mode="1039", consignment_ids=("CN-1",), value=USD
        ),
        "SUBM",
        "CUC",
    ),
    (cu.CustomsRejected(declaration_id=DECLARED, reason="value"), "REJE", "CUC"),
    (cu.CustomsSelected(declaration_id=DECLARED, selection="SCAN"), "CUSS", "CUC"),
    (cu.CustomsSelected(declaration_id=DECLARED, selection="INSPECTION"), "CUSI", "CUC"),
    (cu.CustomsReleased(declaration_id=DECLARED, reference="R-9"), "CUSR", "CUC"),
    (eq.ContainerPickedUp(equipment_ref="CSQU3054383", plate="浙G12345"), "PICK", "BKG"),
    (eq.ContainerGatedIn(equipment_ref="CSQU3054383", place="CNYIU/SUXI"), "GTIN", "BKG"),
    (eq.ContainerInspected(equipment_ref="CSQU3054383", result="fit"), "INSP", "BKG"),
    (StuffingCompleted(consolidation_id="CSL-1"), "STUF", "BKG"),
    (eq.ContainerSealed(equipment_ref="CSQU3054383", seal_no="S-1"), "STUF", "BKG"),
    (
        eq.ContainerResealed(equipment_ref="CSQU3054383", seal_no="S-2", source="CUSTOMS"),
        "RSEA",
        "BKG",
    ),
    (eq.ContainerGatedOut(equipment_ref="CSQU3054383", plate="浙G12345"), "GTOT", "BKG"),
]


def outgoing(event: Event, around: Surroundings = AROUND, **envelope: Any) -> dict[str, Any]:
    """The DCSA event of a fact."""
    fact = Fact(
        event_id="f",
        source="/wms",
        key=event.key,
        occurred_at=AT,
        recorded_at=AT,
        data=event,
        **envelope,
    )
    return event_of(fact, event_id="E1", around=around)


@pytest.mark.parametrize(("event", "code", "document"), EVENTS)
def test_each_kind_of_event(event: Event, code: str, document: str) -> None:
    """Its subtype and document by DCSA's codes; the hub reads its own event without an error."""
    made = outgoing(event)
    kind, subtype, about = classification_of(made)
    vocabulary = SHIPMENT if kind == "SHIPMENT" else EQUIPMENT
    assert (vocabulary.code_of(subtype), DOCUMENTS.code_of(about)) == (code, document)
    report, problems = read_report(made, "")
    assert (problems, report is not None) == ([], True)
    seals = made.get("equipmentDetails", {}).get("seals", [])
    assert [seal["number"] for seal in seals] == (
        [event.seal_no] if isinstance(event, eq.ContainerSealed | eq.ContainerResealed) else []
    )


def test_all_kinds_are_among_them() -> None:
    """An event that goes out and is not tested here fails this."""
    tested = {event.name for event, _, _ in EVENTS} | {"consignment.amended"}
    assert tested == set(EVENT_TYPE_OF)


@pytest.fixture(scope="module")
def validate(request: pytest.FixtureRequest) -> Validate:
    """Hold an event against DCSA's schema: closed, and with the words that it describes."""
    folder: Path = request.getfixturevalue("foreign_data")
    file = folder / "dcsa" / "tnt-v3.0.0-openapi.yaml"
    found = msgspec.yaml.decode(file.read_bytes())["components"]["schemas"]
    found = json.loads(json.dumps(found).replace("#/components/schemas/", "#/$defs/"))
    for schema in found.values():
        schema["additionalProperties"] = False
        for member in schema["properties"].values():
            if words := set(words_in(member.get("description", ""))):
                member["enum"] = sorted(words)
    document = {"$ref": "#/$defs/Event", "$defs": found}
    validator = Draft202012Validator(document, format_checker=FormatChecker())
    return lambda event: check(validator, event)


def check(validator: Draft202012Validator, event: dict[str, Any]) -> None:
    """Apart, because Hypothesis prints what it is given, and a validator has the whole schema."""
    validator.validate(event)


def words_in(description: str) -> Iterable[str]:
    """The words of a list in a description, unless it says that there are others."""
    if "including but not limited to" in description:
        return []
    return re.findall(r"^- `([A-Z_0-9]+)`", description, re.MULTILINE)


@pytest.mark.parametrize("event", [each[0] for each in EVENTS])
def test_each_kind_keeps_to_the_standard(event: Event, validate: Validate) -> None:
    """Also retracted, planned, and without anything known around it."""
    for around in (AROUND, Surroundings()):
        validate(outgoing(event, around))
        validate(outgoing(event, around, classifier="PLN"))
        validate(outgoing(event, around, retracted=True, correction_of="e"))


TEXT = st.text(max_size=300)
CLOSED = ("hold", "result", "selection", "mode", "source")


@st.composite
def strange_events(draw: st.DrawFn) -> tuple[Event, Surroundings]:
    """Events whose texts are longer than the standard allows, in any script, of any form."""
    event, _, _ = draw(st.sampled_from(EVENTS))
    texts = {
        field: draw(TEXT)
        for field in event.__struct_fields__
        if field not in CLOSED and type(getattr(event, field)) is str
    }
    around = Surroundings(
        equipment_ref=draw(TEXT),
        carrier_booking_id=draw(TEXT),
        consignment_ids=tuple(draw(st.lists(TEXT, max_size=3))),
    )
    return msgspec.structs.replace(event, **texts), around


@given(strange=strange_events())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_texts_say(strange: tuple[Event, Surroundings], validate: Validate) -> None:
    """The standard takes the event."""
    event, around = strange
    validate(outgoing(event, around))
