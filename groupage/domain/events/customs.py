"""Facts about one customs declaration; it may cover several consignments."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from groupage.domain.events.base import AggregateKind, Event, Money
from groupage.domain.events.consignment import CustomsMode
from groupage.domain.events.quantities import CountOrZero, Hs6, Id, Text


class DeclarationEvent(Event, frozen=True, kw_only=True):
    """A fact that a declaration owns."""

    kind: ClassVar[AggregateKind] = "declaration"
    key_field: ClassVar[str] = "declaration_id"

    declaration_id: Id


class DeclarationLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One goods line."""

    hs6: Hs6
    value: Money
    pieces: CountOrZero = 0


class CustomsDeclared(DeclarationEvent, frozen=True, kw_only=True):
    """Submitted to customs."""

    name: ClassVar[str] = "customs.declared"

    mode: CustomsMode
    consignment_ids: tuple[Id, ...]
    value: Money
    lines: tuple[DeclarationLine, ...] = ()
    broker: Text = ""


class CustomsSelected(DeclarationEvent, frozen=True, kw_only=True):
    """Selected for a scan or an inspection: everything under the declaration waits."""

    name: ClassVar[str] = "customs.selected"

    selection: Literal["SCAN", "INSPECTION"]
    slot_at: datetime | None = None


class CustomsReleased(DeclarationEvent, frozen=True, kw_only=True):
    """Released for export."""

    name: ClassVar[str] = "customs.released"

    reference: Text = ""


class CustomsRejected(DeclarationEvent, frozen=True, kw_only=True):
    """Refused."""

    name: ClassVar[str] = "customs.rejected"

    reason: Text
    reference: Text = ""
