"""Field types with their bounds. The bounds keep nonsense out; they are no rules of the trade."""

from typing import Annotated

from msgspec import Meta

_END = r"$(?!\n)"
"""The end of the text. In Python a bare ``$`` also stands before a line feed at the end."""

Id = Annotated[str, Meta(min_length=1, max_length=200, extra={"pattern": r"^\S(.*\S)?" + _END})]
"""An id or mark: 1 to 200 characters, no white space at either end."""
# The pattern is not left to msgspec: matching it takes as long as decoding all the rest, and nearly
# every event can be seen at a glance to need no look (`groupage.contracts.decoding`).
Text = Annotated[str, Meta(max_length=2_000)]
Locode = Annotated[str, Meta(pattern="^[A-Z]{2}[A-Z2-9]{3}" + _END)]
"""UN/LOCODE, e.g. ``CNNGB``."""
Mm = Annotated[int, Meta(ge=1, le=100_000)]
MmOffset = Annotated[int, Meta(ge=0, le=100_000)]
Grams = Annotated[int, Meta(ge=1, le=1_000_000_000)]
GramsOrZero = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Cm3 = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Cm3OrZero = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
CountOrZero = Annotated[int, Meta(ge=0, le=1_000_000)]
Deviation = Annotated[int, Meta(ge=-1_000, le=1_000_000)]
"""Thousandths above (or, negative, below) what it is compared with."""
Hs6 = Annotated[str, Meta(pattern="^[0-9]{6}" + _END)]
"""Harmonised System code, six digits."""
IsoType = Annotated[str, Meta(pattern="^[A-Z0-9]{4}" + _END)]
"""ISO 6346 size-type code, e.g. ``45G1`` (40' high cube)."""
UnNumber = Annotated[str, Meta(pattern="^[0-9]{4}" + _END)]
MinorUnits = Annotated[int, Meta(ge=0, le=1_000_000_000_000_000)]
"""Money in minor units (cents)."""
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}" + _END)]
"""ISO 4217."""
LatitudeUdeg = Annotated[int, Meta(ge=-90_000_000, le=90_000_000)]
LongitudeUdeg = Annotated[int, Meta(ge=-180_000_000, le=180_000_000)]
"""1e-6 degrees."""
Celsius = Annotated[int, Meta(ge=-273, le=2_000)]
"""Whole degrees Celsius."""
ImoClass = Annotated[str, Meta(pattern=r"^[1-9](\.[1-6])?[A-S]?" + _END)]
"""IMDG class or division, class 1 with its compatibility group: ``3``, ``5.1``, ``1.4S``."""
