"""Units of lengths, masses and volumes: their factors, and their names in cells."""

import re
from decimal import Decimal
from typing import Literal

from producers.packing_lists.model import Unit

Dimension = Literal["length", "mass", "volume"]

LENGTHS: dict[Unit, Decimal] = {
    "mm": Decimal(1),
    "cm": Decimal(10),
    "m": Decimal(1_000),
    "in": Decimal("25.4"),
    "ft": Decimal("304.8"),
}
"""In millimetres. The inch is 25.4 mm (international yard and pound agreement, 1959)."""
MASSES: dict[Unit, Decimal] = {
    "g": Decimal(1),
    "kg": Decimal(1_000),
    "jin": Decimal(500),
    "lb": Decimal("453.59237"),
    "t": Decimal(1_000_000),
}
"""In grams. The market jin (斤) is half a kilogram (State Council of China, 1959)."""
VOLUMES: dict[Unit, Decimal] = {
    "m3": Decimal(1_000_000),
    "cm3": Decimal(1),
    "l": Decimal(1_000),
    "ft3": Decimal("28316.846592"),
}
"""In cubic centimetres."""
FACTORS: dict[Dimension, dict[Unit, Decimal]] = {
    "length": LENGTHS,
    "mass": MASSES,
    "volume": VOLUMES,
}
_NAMES: dict[Unit, str] = {
    "mm": "mm 毫米 millimeter millimeters millimetre millimetres",
    "cm": "cm cms 厘米 公分 centimeter centimeters centimetre centimetres",
    "m": "m 米 公尺 meter meters metre metres mtr",
    "in": 'in ins inch inches " ″ ” “ 英寸 吋 寸',
    "ft": "ft feet foot ' ′ ’ 英尺 呎",
    "g": "g gr grs gram grams gm gms 克 公克",
    "kg": "kg kgs kgm kilo kilos kilogram kilograms 千克 公斤",
    "jin": "jin 斤 市斤",
    "lb": "lb lbs pound pounds 磅",
    "t": "t ton tons tonne tonnes mt mts 吨 噸 公吨",
    "m3": "m3 m³ cbm cbms cu.m cum m^3 立方米 立方 方 立方公尺",
    "cm3": "cm3 cm³ ccm cc cm^3 立方厘米",
    "l": "l ltr liter liters litre litres 升 公升",
    "ft3": "ft3 cft cuft cbft cu.ft cu.ft. cf ft^3 立方英尺 立方呎",
}
_PER_CARTON = re.compile(r"\s*/\s*(?:箱|件|ctns?|cartons?|box(?:es)?|pkgs?)\.?$")
_TABLE: dict[str, Unit] = {name: unit for unit, names in _NAMES.items() for name in names.split()}


def unit_named(text: str) -> Unit | None:
    """Return the unit that a word in a cell names (in narrow lower case): ``kgs``, ``kg/ctn``."""
    text = _PER_CARTON.sub("", text)
    return _TABLE.get(text) or _TABLE.get(text.strip(". ").replace(" ", ""))


def dimension_of(unit: Unit) -> Dimension:
    """Return what a unit measures."""
    return next(dimension for dimension, factors in FACTORS.items() if unit in factors)
