"""Field types with their bounds. The bounds keep nonsense out; they are not rules of the trade.

A description here describes each field of the type, unless the field has a docstring of its own.
"""

from typing import Annotated

from msgspec import Meta

END_OF_TEXT = r"$(?!\n)"
"""In Python a bare ``$`` also matches before a line feed at the end. Published schemas have ``$``
(`groupage.contracts.publication`)."""
_SPACE = (  # the characters, because engines write their codes in several ways
    "\t\n\v\f\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""White space as Unicode has it. ``\\s`` and the dot mean other characters in each language:
JavaScript, RE2 and Python differ in GS, U+0085, U+FEFF and U+2028."""
_NO_SPACE_AROUND = rf"^[^{_SPACE}]([^\n]*[^{_SPACE}])?"

ID_RULE = "1 to 200 characters, no white space at either end."
Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra={"pattern": _NO_SPACE_AROUND + END_OF_TEXT},
        description=f"An id: {ID_RULE}",
    ),
]
UnitId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra={"pattern": _NO_SPACE_AROUND + END_OF_TEXT},
        description=(
            "The carton, case or pallet: an SSCC, another GS1 key, or any id of the sender's own, "
            f"{ID_RULE} The hub takes GS1 keys as digits, element strings of scanners, EPC URNs "
            "and Digital Links, and uses one form: the 18 digits of an SSCC, else the Digital Link."
        ),
    ),
]
EquipmentRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra={"pattern": _NO_SPACE_AROUND + END_OF_TEXT},
        description=(
            f"The container's number (ISO 6346): {ID_RULE} The hub also takes its EPC URN."
        ),
    ),
]
# msgspec does not check this pattern: matching takes as long as decoding all the rest, and most
# events show at a glance that it holds (`groupage.contracts.decoding`).
TEXT_LENGTH_MAX = 2_000
Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]
Locode = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{2}[A-Z2-9]{3}" + END_OF_TEXT,
        description=(
            "UN/LOCODE, e.g. ``CNNGB``. Of several codes for a place the hub uses one: "
            "``CNNBO`` becomes ``CNNGB``."
        ),
    ),
]
Mm = Annotated[int, Meta(ge=1, le=100_000)]
MmOffset = Annotated[int, Meta(ge=0, le=100_000)]
Grams = Annotated[int, Meta(ge=1, le=1_000_000_000)]
GramsOrZero = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Cm3 = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Cm3OrZero = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
CountOrZero = Annotated[int, Meta(ge=0, le=1_000_000)]
# Sums over the things above. Only the hub sends them: whatever it took in, it can pass on.
TotalGrams = Annotated[int, Meta(ge=0, le=10**15)]
TotalCm3 = Annotated[int, Meta(ge=0, le=10**18)]
TotalCount = Annotated[int, Meta(ge=0, le=10**12)]
Revision = Annotated[int, Meta(ge=0, le=10**12)]
Deviation = Annotated[
    int,
    Meta(
        ge=-1_000,
        le=1_000_000,
        description="Thousandths above (or, negative, below) what it is compared with.",
    ),
]
Hs6 = Annotated[
    str, Meta(pattern="^[0-9]{6}" + END_OF_TEXT, description="Harmonised System code, six digits.")
]
IsoType = Annotated[
    str,
    Meta(
        pattern="^[A-Z0-9]{4}" + END_OF_TEXT,
        description="ISO 6346 size-type code, e.g. ``45G1`` (40' high cube).",
    ),
]
UnNumber = Annotated[str, Meta(pattern="^[0-9]{4}" + END_OF_TEXT)]
MinorUnits = Annotated[
    int,
    Meta(
        ge=0,
        le=1_000_000_000_000_000,
        description="Minor units by ISO 4217: cents of USD, thousandths of KWD, whole JPY.",
    ),
]
Currency = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{3}" + END_OF_TEXT,
        description="A currency of ISO 4217 in use, e.g. ``USD``.",
    ),
]
LatitudeUdeg = Annotated[int, Meta(ge=-90_000_000, le=90_000_000)]
LongitudeUdeg = Annotated[int, Meta(ge=-180_000_000, le=180_000_000)]
Celsius = Annotated[int, Meta(ge=-273, le=2_000, description="Whole degrees Celsius.")]
ImoClass = Annotated[
    str,
    Meta(
        pattern=r"^[1-9](\.[1-6])?[A-S]?" + END_OF_TEXT,
        description=(
            "IMDG class or division, class 1 with its compatibility group: "
            "``3``, ``5.1``, ``1.4S``."
        ),
    ),
]
