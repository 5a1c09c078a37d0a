"""A DCSA event in one form, whatever its dialect; `reading.py` reads it."""

from datetime import datetime

import msgspec

SOURCE = "/dcsa"


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A seal of the container."""

    number: str
    source: str
    kind: str


class CarrierReport(msgspec.Struct, frozen=True, kw_only=True):
    """A DCSA event, with its codes as the sender wrote them; empty texts: it gave none."""

    event_id: str
    source: str
    """`SOURCE` and the originating parties, for they number their events."""
    version: str
    """When the sender last updated the event, in UTC; of two the later text is the later version.
    Empty: not stated."""
    retracts: str
    """Id of the event that it retracts."""
    event_type: str
    subtype: str
    classifier: str
    at: datetime | None
    """When it happened or will happen; None in a retraction."""
    stated_at: datetime | None
    """When the sender stated it."""
    reason: str
    locode: str
    facility: str
    """A code of SMDG or BIC."""
    facility_type: str
    place_name: str
    equipment_ref: str
    iso_type: str
    empty_or_laden: str
    phase: str
    """EXPORT, IMPORT or TRANSSHIPMENT."""
    seals: tuple[Seal, ...]
    mode: str
    service: str
    voyage_numbers: tuple[str, ...]
    """The carrier's numbers of the export and the import voyage, and universal references."""
    vessel_imo: str
    plate: str
    document: tuple[str, str]
    """Type and number of the document that a shipment event is about."""
    documents: tuple[tuple[str, str], ...]
    """Types and numbers of all documents."""
    references: tuple[tuple[str, str], ...]

    def documents_of(self, word: str) -> tuple[str, ...]:
        """Return the numbers of the documents of a type."""
        return tuple(number for kind, number in self.documents if kind == word)
