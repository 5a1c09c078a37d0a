"""What the steps hand to each other: the layout of a table, its interpretation, the list."""

from decimal import Decimal
from typing import Literal

import msgspec

from producers.sheets.workbook import Cell

Field = Literal[
    # counts and numbers of cartons
    "cartons",
    "carton_no",
    "unit_ids",
    "pieces_per_carton",
    "pieces",
    # edges of one carton, and volume
    "length",
    "width",
    "height",
    "size",
    "volume",
    # masses
    "gross",
    "net",
    # goods and money
    "goods",
    "article",
    "marks",
    "hs",
    "unit_price",
    "amount",
    "currency",
    # handling
    "handling",
    "this_side_up",
    "not_stackable",
    "max_top_load",
    "max_layers",
    "fragile",
    "keep_dry",
    "dangerous",
    "un_number",
    "imo_class",
    "packing_group",
    # the consignment
    "consignment_id",
    "shipper",
    "consignee",
    "buyer",
    "pol",
    "pod",
    "mode",
    "incoterm",
    "ready_at",
    "latest_arrival_at",
    "vehicle",
    "listed_at",
    "invoice_no",
    # read, and deliberately without a use (colours, remarks, pictures)
    "ignored",
]
"""What a column or a label says."""

Per = Literal["carton", "row"]
"""Of what a figure is: of one carton, or of all cartons of the row."""

Unit = Literal["mm", "cm", "m", "in", "ft", "g", "kg", "jin", "lb", "t", "m3", "cm3", "l", "ft3"]


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """One meaning that a column's header, its cells or its number formats allow."""

    field: Field
    unit: Unit | None = None
    """None: neither header nor cells name one; the figures or a question decide."""
    per: Per | None = None
    """None: the header allows both."""
    currency: str = ""
    score: float
    """How well the header's words fit, 0 to 1. Only the order among meanings is relied on."""
    why: str = ""
    """The evidence in words: ``header "G.W. (KGS)"``."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table with the meanings that are possible, best first; never empty.

    One header may stand over three columns of edges (``Carton size (cm)`` merged over L, W, H).
    """

    index: int
    header: str
    """The header's text, its rows joined by `` / ``; group names of merged cells come first."""
    meanings: tuple[Meaning, ...]


class RowGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the sheet that together are one line of cartons.

    The first row has the cartons' figures; the others are further articles in the same cartons
    (merged or empty count, size and weight).
    """

    rows: tuple[int, ...]
    continues: bool = False
    """The group has a size of its own, but no count and no carton number: it shares those of the
    group before it (``F134-F136``, 3 cartons, beside three rows of three sizes)."""


TotalScope = Literal["table", "section"]


class TotalsRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sums: of the whole table, or of the groups since the last one (sub-total)."""

    row: int
    scope: TotalScope
    groups: tuple[int, ...]
    """Indices of the groups that it sums."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A label above or below the table with its value: ``TO: ROTTERDAM``."""

    field: Field
    value: Cell
    row: int
    column: int
    """Where the value stands."""
    text: str
    """The label's own words."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Words beside the cargo: a remark of a line, or a text above or below the table."""

    cell: str
    text: str
    sheet: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A question, an error or a remark."""

    cell: str
    """``C7``, or a header cell for a whole column; empty for the whole list."""
    code: str
    text: str
    """Names the value, and what would be right or what was taken and why."""
    sheet: str = ""
    beside: tuple[str, ...] = ()
    """Further cells of which one may be at fault: the size, where a weight is too much for it."""
    choices: tuple["Choice", ...] = ()
    """Of a question: the readings between which somebody decides."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One possible answer to a question."""

    answer: str
    """What a profile or the option ``--answer`` takes: ``F5.unit=cm``."""
    text: str
    """What would follow from it, with figures: ``60 × 40 × 35 cm: 20 cartons, 1.68 m³``."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sheet's table is, and what its columns may mean."""

    sheet: str
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    totals: tuple[TotalsRow, ...]
    labels: tuple[Label, ...]
    texts: tuple[Text, ...] = ()
    """Texts above and below the table."""
    errors: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """Goods in the cartons of a line."""

    row: int
    goods: str = ""
    article: str = ""
    hs: str = ""
    pieces: Decimal | None = None
    """Pieces in all cartons of the line."""
    amount: Decimal | None = None
    currency: str = ""
    """Its code of ISO 4217, or a sign of several (``$``, ``¥``); empty: the list does not say."""


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """Handling marks of a line's cartons; None: the list does not say."""

    this_side_up: bool | None = None
    max_top_load_g: int | None = None
    """0: nothing may stand on the carton ("not stackable")."""
    fragile: bool | None = None
    keep_dry: bool | None = None
    dangerous: str = ""
    """What the list says about dangerous goods in words: ``yes``, ``否``, ``UN3481 class 9``."""
    un_number: str = ""
    imo_class: str = ""
    packing_group: str = ""


class CartonLine(msgspec.Struct, frozen=True, kw_only=True):
    """Equal cartons: count, edges and mass of one of them, and the articles inside.

    Edges are rounded up to whole millimetres, masses to the nearest gram (at least 1).
    """

    rows: tuple[int, ...]
    cartons: int
    length_mm: int
    width_mm: int
    height_mm: int
    gross_g: int
    """Of one carton."""
    numbers: tuple[str, ...] = ()
    """Carton numbers, one for each carton, or empty."""
    unit_ids: tuple[str, ...] = ()
    marks: str = ""
    articles: tuple[Article, ...] = ()
    handling: Handling = Handling()
    remarks: tuple[Text, ...] = ()
    """What columns of remarks, models, materials and the like say of the line."""
    shared: dict[Field, str] = {}
    """Fields of the consignment that stand in the row: shipper, port of discharge, …"""
    shared_cells: dict[Field, str] = {}
    """Cells of those that stand in a label of the line's sheet or block instead."""


class ColumnReading(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken for a column, and the evidence that decided."""

    cell: str
    header: str
    field: Field
    unit: Unit | None
    per: Per | None
    why: str


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums: cartons, volume, mass."""

    cartons: int
    volume_cm3: int
    gross_g: int


class PackingList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it was understood. With questions or errors there may be no lines."""

    workbook: str
    sheets: tuple[str, ...]
    """The sheets that were read as packing lists; remarks name the others."""
    header_rows: tuple[int, ...] = ()
    """Of the first of these sheets, counted from 0."""
    columns: tuple[ColumnReading, ...]
    lines: tuple[CartonLine, ...]
    confirmed: tuple[str, ...] = ()
    """Evidence in words: figures of the list that prove one another, its own totals among them."""
    declared_totals: Totals | None = None
    """Totals of a list without sizes: a booking with sizes to follow."""
    labels: tuple[Label, ...] = ()
    texts: tuple[Text, ...] = ()
    """Texts above and below the tables."""
    questions: tuple[Finding, ...] = ()
    errors: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()
