"""DCSA's codes and words for the same things.

Track & Trace 2.2 and the conformance examples of 3.0.0 from January 2026 have codes (``GTOT``), the
information model of 3.0.0 has words (``GATED_OUT``). The mapping uses the words.
Sources: dcsaorg/DCSA-OpenAPI at 5d0f8337 (tnt/v2, domain/event), dcsaorg/DCSA-Information-Model at
83e9d741 (tnt/v300).
"""

from collections.abc import Mapping
from types import MappingProxyType

from groupage.domain.fact import Classifier
from groupage.domain.near_names import did_you_mean


class Vocabulary:
    """The words of one field, and the codes that mean them."""

    def __init__(self, name: str, by_code: Mapping[str, str], *only_words: str) -> None:
        self.name = name
        """What the words are, for messages."""
        self.by_code = MappingProxyType(dict(by_code))
        self.words = frozenset((*by_code.values(), *only_words))
        self._codes: dict[str, str] = {}
        for code, word in by_code.items():
            self._codes.setdefault(word, code)

    def word_of(self, text: str) -> str | None:
        """Return the word that a code or a word means; None if DCSA does not define it."""
        key = text.strip().upper()
        return key if key in self.words else self.by_code.get(key)

    def unknown(self, text: str) -> str:
        """Say that DCSA defines no such code, and which it may be."""
        hint = did_you_mean(text.upper(), self.words | self.by_code.keys())
        return f"{self.name} {text[:80]!r} is not defined by DCSA{hint}"

    def code_of(self, word: str) -> str:
        """Return the code of a word; the word itself if it has none."""
        return self._codes.get(word, word)


EVENT_TYPES = Vocabulary(
    "event type",
    {name: name for name in ("SHIPMENT", "TRANSPORT", "EQUIPMENT", "IOT", "REEFER")},
)
EQUIPMENT = Vocabulary(
    "equipment event type",
    {
        "LOAD": "LOADED",
        "DISC": "DISCHARGED",
        "GTIN": "GATED_IN",
        "GTOT": "GATED_OUT",
        "STUF": "STUFFED",
        "STRP": "STRIPPED",
        "PICK": "PICKED_UP",
        "AVPU": "AVAILABLE_FOR_PICKUP",
        "DROP": "DROPPED_OFF",
        "AVDO": "AVAILABLE_FOR_DROP_OFF",
        "INSP": "INSPECTED",
        "RSEA": "RESEALED",
        "RMVD": "REMOVED",
        "CUSS": "CUSTOMS_SELECTED_FOR_SCAN",
        "CUSI": "CUSTOMS_SELECTED_FOR_INSPECTION",
        "CUSR": "CUSTOMS_RELEASED",
        "CROS": "CROSSED",
    },
)
TRANSPORT = Vocabulary(
    "transport event type", {"ARRI": "ARRIVED", "DEPA": "DEPARTED"}, "APPROACHING"
)
SHIPMENT = Vocabulary(
    "shipment event type",
    {
        "RECE": "RECEIVED",
        "DRFT": "DRAFTED",
        "PENA": "PENDING_APPROVAL",
        "PENU": "PENDING_UPDATE",
        "PENC": "PENDING_CONFIRMATION",
        "CONF": "CONFIRMED",
        "REJE": "REJECTED",
        "APPR": "APPROVED",
        "ISSU": "ISSUED",
        "SURR": "SURRENDERED",
        "SUBM": "SUBMITTED",
        "VOID": "VOIDED",
        "REQS": "REQUESTED",
        "CMPL": "COMPLETED",
        "HOLD": "ON_HOLD",
        "RELS": "RELEASED",
        "CANC": "CANCELLED",
        "DECL": "DECLINED",
    },
    *(
        f"{subject}_{status}"
        for subject in ("AMENDMENT", "UPDATE")
        for status in ("CANCELLED", "CONFIRMED", "DECLINED", "IN_PROGRESS", "RECEIVED")
    ),
    "CANCELLATION_CONFIRMED",
    "CANCELLATION_DECLINED",
    "CANCELLATION_RECEIVED",
    "PENDING_AMENDMENT",
    "PENDING_SURRENDER_FOR_AMENDMENT",
    "PENDING_SURRENDER_FOR_DELIVERY",
    "SURRENDERED_FOR_AMENDMENT",
    "SURRENDERED_FOR_DELIVERY",
)
IOT = Vocabulary(
    "IoT event type",
    {"DETC": "DETECTED"},
    *("BREADCRUMB", "DEVICE_STATUS", "DOOR_CLOSED", "DOOR_OPENED", "GEOFENCE_ENTRY"),
    *("GEOFENCE_EXIT", "MOTION_START", "MOTION_STOP", "PAIRING", "UNPAIRING"),
)
REEFER = Vocabulary("reefer event type", {"MEAS": "MEASURED", "ADJU": "ADJUSTED"})
SUBTYPES: Mapping[str, Vocabulary] = MappingProxyType(
    {
        "SHIPMENT": SHIPMENT,
        "TRANSPORT": TRANSPORT,
        "EQUIPMENT": EQUIPMENT,
        "IOT": IOT,
        "REEFER": REEFER,
    }
)
CLASSIFIERS = Vocabulary(
    "event classifier",
    {"ACT": "ACTUAL", "EST": "ESTIMATED", "PLN": "PLANNED", "REQ": "REQUESTED"},
)
CLASSIFIER_OF_FACT: Mapping[str, Classifier] = MappingProxyType(
    {"ACTUAL": "ACT", "ESTIMATED": "EST", "PLANNED": "PLN", "REQUESTED": "REQ"}
)
DOCUMENTS = Vocabulary(
    "document type",
    {
        "BKG": "BOOKING",
        "BOK": "BOOKING",
        "CBR": "CARRIER_BOOKING_REQUEST",
        "SHI": "SHIPPING_INSTRUCTIONS",
        "TRD": "TRANSPORT_DOCUMENT",
        "SRM": "SHIPMENT_RELEASE_MESSAGE",
        "ARN": "ARRIVAL_NOTICE",
        "VGM": "VERIFIED_GROSS_MASS",
        "CAS": "CARGO_SURVEY",
        "CUC": "CUSTOMS_CLEARANCE",
        "CUS": "CUSTOMS_CLEARANCE",
        "DGD": "DANGEROUS_GOODS_DECLARATION",
        "OOG": "OUT_OF_GAUGE_DECLARATION",
        "DEI": "DELIVERY_INSTRUCTIONS",
        "DEO": "DELIVERY_ORDER",
        "TRO": "TRANSPORT_ORDER",
        "CRO": "CONTAINER_RELEASE_ORDER",
        "CQU": "CONTRACT_QUOTATION",
        "INV": "INVOICE",
        "HCE": "HEALTH_CERTIFICATE",
        "PCE": "PHYTOSANITARY_CERTIFICATE",
        "VCE": "VETERINARY_CERTIFICATE",
        "FCE": "FUMIGATION_CERTIFICATE",
        "ICE": "INSPECTION_CERTIFICATE",
        "CEA": "CERTIFICATE_OF_ANALYSIS",
        "CEO": "CERTIFICATE_OF_ORIGIN",
    },
    "ADVANCE_MANIFEST_FILING",
    "PROOF_OF_DELIVERY",
)
REFERENCES = Vocabulary(
    "reference type",
    {
        "FF": "FREIGHT_FORWARDERS_REFERENCE",
        "SI": "SHIPPERS_REFERENCE",
        "PO": "PURCHASE_ORDER_REFERENCE",
        "CR": "CUSTOMERS_REFERENCE",
        "AAO": "CONSIGNEES_REFERENCE",
        "EQ": "EQUIPMENT_REFERENCE",
    },
)
FACILITIES = Vocabulary(
    "facility type",
    {
        "POTE": "PORT_TERMINAL",
        "COFS": "CONTAINER_FREIGHT_STATION",
        "DEPO": "DEPOT",
        "INTE": "INLAND_TERMINAL",
        "OFFD": "OFF_DOCK_STORAGE",
        "COYA": "OFF_DOCK_STORAGE",
        "CLOC": "CUSTOMER_LOCATION",
        "BOCR": "BORDER",
        "RAMP": "RAMP",
    },
    "WAYPOINT",
)
SEAL_SOURCES = Vocabulary(
    "seal source",
    {
        "CAR": "CARRIER",
        "SHI": "SHIPPER",
        "CUS": "CUSTOMS",
        "PHY": "PHYTOSANITARY",
        "VET": "VETERINARY",
    },
    *("CONSOLIDATOR", "CUSTOMER", "TERMINAL"),
)
SEAL_TYPES = Vocabulary("seal type", {"KLP": "KEYLESS_PADLOCK", "BLT": "BOLT", "WIR": "WIRE"})
