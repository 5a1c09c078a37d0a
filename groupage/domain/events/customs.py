"""Events of a customs declaration, which may cover several consignments."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from groupage.domain.events.base import AggregateKind, Event, Money
from groupage.domain.events.consignment import CustomsMode
from groupage.domain.events.quantities import CountOrZero, Hs6, Id, Text


class DeclarationEvent(Event, frozen=True, kw_only=True):
    """An event of a customs declaration."""

    kind: ClassVar[AggregateKind] = "declaration"
    key_field: ClassVar[str] = "declaration_id"

    declaration_id: Id


class DeclarationLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of goods."""

    hs6: Hs6
    value: Money
    pieces: CountOrZero = 0


class CustomsDeclared(DeclarationEvent, frozen=True, kw_only=True):
    """The broker submitted the declaration to customs."""

    name: ClassVar[str] = "customs.declared"

    mode: CustomsMode
    """Customs mode: the supervision mode under which China's customs release the export."""
    consignment_ids: tuple[Id, ...]
    value: Money
    """Declared value; of mode 1039 at most 150,000 US dollars on one declaration."""
    lines: tuple[DeclarationLine, ...] = ()
    broker: Text = ""


class CustomsSelected(DeclarationEvent, frozen=True, kw_only=True):
    """Customs selected the cargo for a scan or an inspection; all of the declaration waits."""

    name: ClassVar[str] = "customs.selected"

    selection: Literal["SCAN", "INSPECTION"]
    slot_at: datetime | None = None


class CustomsReleased(DeclarationEvent, frozen=True, kw_only=True):
    """Customs released the cargo for export."""

    name: ClassVar[str] = "customs.released"

    reference: Text = ""


class CustomsRejected(DeclarationEvent, frozen=True, kw_only=True):
    """Customs rejected the declaration."""

    name: ClassVar[str] = "customs.rejected"

    reason: Text
    reference: Text = ""
