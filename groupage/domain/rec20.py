"""Units of measure by their codes in UN/ECE Recommendation 20, and values in another unit.

The units that sensors and packing lists of a hub report. Factors are exact; a temperature has an
offset, which a difference of temperatures (a standard deviation) does not have.
"""

from fractions import Fraction
from typing import Literal, NamedTuple

Quantity = Literal[
    "acceleration",
    "density",
    "duration",
    "force",
    "illuminance",
    "length",
    "mass",
    "pressure",
    "ratio",
    "speed",
    "temperature",
    "voltage",
    "volume",
]


class Unit(NamedTuple):
    """A unit: a value in it times `factor`, plus `offset`, is one in the quantity's base unit."""

    quantity: Quantity
    factor: Fraction
    offset: Fraction = Fraction(0)


def _units(quantity: Quantity, **factors: str) -> dict[str, Unit]:
    return {code: Unit(quantity, Fraction(text)) for code, text in factors.items()}


_FAHRENHEIT = Fraction(5, 9)
UNITS: dict[str, Unit] = {
    **_units("length", MTR="1", KMT="1000", DMT="0.1", CMT="0.01", MMT="0.001", INH="0.0254"),
    **_units("length", FOT="0.3048", YRD="0.9144", SMI="1609.344", NMI="1852"),
    **_units("mass", KGM="1", GRM="0.001", MGM="0.000001", TNE="1000", LBR="0.45359237"),
    **_units("mass", ONZ="0.028349523125", STN="907.18474", LTN="1016.0469088"),
    **_units("volume", MTQ="1", LTR="0.001", DMQ="0.001", MLT="0.000001", CMQ="0.000001"),
    **_units("volume", INQ="0.000016387064", FTQ="0.028316846592", HLT="0.1"),
    "KEL": Unit("temperature", Fraction(1)),
    "CEL": Unit("temperature", Fraction(1), Fraction("273.15")),
    "FAH": Unit("temperature", _FAHRENHEIT, Fraction("273.15") - 32 * _FAHRENHEIT),
    **_units("pressure", PAL="1", A97="100", KPA="1000", MPA="1000000", BAR="100000", MBR="100"),
    **_units("pressure", ATM="101325"),
    **_units("speed", MTS="1", KMH="1") | {"KMH": Unit("speed", Fraction(5, 18))},
    **_units("speed", HM="0.44704") | {"KNT": Unit("speed", Fraction(1852, 3600))},
    **_units("acceleration", MSK="1", A76="0.01", K40="9.80665"),
    **_units("ratio", C62="1", P1="0.01", **{"59": "0.000001"}),
    **_units("density", KMQ="1", A93="0.001", **{"23": "1000"}),
    **_units("duration", SEC="1", C26="0.001", MIN="60", HUR="3600", DAY="86400"),
    **_units("force", NEW="1", B47="1000"),
    **_units("illuminance", LUX="1", KLX="1000"),
    **_units("voltage", VLT="1", **{"2Z": "0.001"}, KVT="1000"),
}


def convert(value: Fraction, unit: str, into: str, *, difference: bool = False) -> Fraction | None:
    """Return the value in another unit; None if the two do not measure the same.

    `difference`: the value is one of two values, so that offsets cancel out.
    """
    if unit == into:
        return value
    given, wanted = UNITS.get(unit), UNITS.get(into)
    if given is None or wanted is None or given.quantity != wanted.quantity:
        return None
    offset = Fraction(0) if difference else given.offset - wanted.offset
    return (value * given.factor + offset) / wanted.factor
