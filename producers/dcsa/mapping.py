"""Mapping of a DCSA event to events of the hub. Pure. Raises Unmapped with a reason.

| DCSA | groupage |
|---|---|
| PICKED_UP; GATED_OUT, empty | container.picked_up |
| GATED_IN, empty, at a container freight station | container.gated_in |
| GATED_OUT, laden, of a container freight station | container.gated_out |
| LOADED on a ship or train at the port of loading | container.on_board |
| other gate moves, DISCHARGED, DROPPED_OFF, CROSSED | container.moved |
| STUFFED, RESEALED with a seal | container.sealed, container.resealed |
| INSPECTED with the reason fit or unfit | container.inspected |
| CUSTOMS_… with the declaration's number | customs.selected, customs.released |
| DEPARTED at the port of loading, actual | leg.departed |
| ARRIVED at the port of discharge, actual | leg.arrived |
| ARRIVED at the port of discharge, estimated | leg.eta_updated |
| DEPARTED at the port of loading, planned or estimated | sailing.changed |
| ARRIVED at the port of discharge, planned | sailing.changed |
| other calls of the ship, calls of other ships | port_call.reported |
| SHIPMENT | `shipments.py` |

A fact keeps the classifier of its event. Most planned and estimated events are only stored: no
handler applies them (`processors.kernel.fold.may_change`).
"""

from datetime import datetime

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.events.schedule import EtaUpdated, PortCallReported, SailingChanged
from groupage.domain.fact import Classifier
from producers.dcsa.equipment import map_equipment
from producers.dcsa.references import References
from producers.dcsa.report import CarrierReport
from producers.dcsa.shipments import map_shipment
from producers.dcsa.transport import map_transport
from producers.dcsa.vocabulary import (
    CLASSIFIER_OF_FACT,
    CLASSIFIERS,
    EVENT_TYPES,
    SUBTYPES,
    Vocabulary,
)
from producers.dead_letters import QuarantineCode
from producers.epcis.unmapped import Unmapped


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """What a DCSA event says, in the hub's terms."""

    events: tuple[Event, ...]
    at: datetime
    """When they happened; of an estimate that changes the schedule, when it was made."""
    classifier: Classifier
    notes: tuple[str, ...] = ()
    """Details that only the original keeps."""


def map_report(report: CarrierReport, references: References) -> Mapped:
    """Map a report, other than a retraction. Raises Unmapped."""
    event_type = _word(EVENT_TYPES, report.event_type)
    subtype = _word(SUBTYPES[event_type], report.subtype)
    classifier = _word(CLASSIFIERS, report.classifier)
    assert report.at is not None
    notes = ("further_seals_only_in_original",) if len(report.seals) > 1 else ()
    at = report.at
    match event_type:
        case "EQUIPMENT":
            events = map_equipment(subtype, report, references)
        case "TRANSPORT":
            events = (map_transport(subtype, classifier, report, references),)
            if isinstance(events[0], SailingChanged | EtaUpdated) or (
                isinstance(events[0], PortCallReported) and classifier != "ACTUAL"
            ):
                at = report.stated_at or report.at
        case "SHIPMENT":
            events = map_shipment(subtype, report, references)
        case _:
            raise Unmapped(
                QuarantineCode.NO_HUB_EVENT,
                f"{event_type} {subtype}: the hub reads SHIPMENT, TRANSPORT and EQUIPMENT events",
            )
    return Mapped(events=events, at=at, classifier=CLASSIFIER_OF_FACT[classifier], notes=notes)


def _word(vocabulary: Vocabulary, text: str) -> str:
    word = vocabulary.word_of(text)
    if word is None:
        raise Unmapped(QuarantineCode.UNKNOWN_CODE, vocabulary.unknown(text))
    return word
