"""Check digits of container numbers (ISO 6346) and of GS1 keys (SSCC, GTIN).

python-stdnum computes the digits (ISO 6346 with remainder 10 as 0, GS1 modulo 10). The forms are
checked here: stdnum 2.2 also takes spaces, lower case and category R, and knows no SSCC.

Most container numbers in DCSA's own examples fail ISO 6346, so the hub's policy decides about a
wrong digit: `reject` refuses the fact, `quarantine` keeps it for a person, `warn` lets it through
with a remark.
"""

import re
from typing import Literal

import msgspec
from stdnum import ean, iso6346

from groupage.domain.policy import CheckDigitPolicy

Scheme = Literal["ISO 6346", "GS1"]
Fate = Literal["accept", "warn", "quarantine", "reject"]

_CONTAINER_NUMBER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_GS1_LENGTHS = {8: "GTIN-8", 12: "GTIN-12", 13: "GTIN-13 or GLN", 14: "GTIN-14", 18: "SSCC"}


def gs1_digit(body: str) -> str:
    """Compute the GS1 check digit of the digits before it. Raises ValueError for anything else."""
    if not (body.isascii() and body.isdigit()):
        raise ValueError(f"{body!r} is not a number")
    return ean.calc_check_digit(body)


def is_container_number(ref: str) -> bool:
    """Tell whether it has the form of ISO 6346: three capital letters, U, J or Z, seven digits."""
    return _CONTAINER_NUMBER.fullmatch(ref) is not None


class DigitProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A check digit that does not fit its number, or a number of the wrong form."""

    scheme: Scheme
    value: str
    found: str
    expected: str

    @property
    def message(self) -> str:
        """Say the value, its digit and the right digit."""
        return (
            f"{self.value}: check digit by {self.scheme} is {self.found}, expected {self.expected}"
        )


def container_problem(ref: str) -> DigitProblem | None:
    """Find what is wrong with a container number; None when its digit fits."""
    if not is_container_number(ref):
        return DigitProblem(
            scheme="ISO 6346",
            value=ref,
            found="absent",
            expected="three capital letters, U, J or Z, six digits and a check digit",
        )
    expected = iso6346.calc_check_digit(ref[:10])
    if ref[10] == expected:
        return None
    return DigitProblem(scheme="ISO 6346", value=ref, found=ref[10], expected=expected)


def gs1_problem(number: str) -> DigitProblem | None:
    """Find what is wrong with a GS1 key that ends in a check digit (GTIN-8 to -14, GLN, SSCC)."""
    if len(number) not in _GS1_LENGTHS or not (number.isascii() and number.isdigit()):
        lengths = ", ".join(f"{length} ({name})" for length, name in _GS1_LENGTHS.items())
        return DigitProblem(
            scheme="GS1", value=number, found="absent", expected=f"digits, as many as {lengths}"
        )
    expected = gs1_digit(number[:-1])
    if number[-1] == expected:
        return None
    return DigitProblem(scheme="GS1", value=number, found=number[-1], expected=expected)


def unit_problem(unit_id: str) -> DigitProblem | None:
    """Find what is wrong with a unit's id: only 18 digits, an SSCC, can be wrong."""
    if len(unit_id) == 18 and unit_id.isascii() and unit_id.isdigit():
        return gs1_problem(unit_id)
    return None


def fate_of(problem: DigitProblem | None, policy: CheckDigitPolicy) -> Fate:
    """Decide what happens to a fact with this problem under the hub's policy."""
    return "accept" if problem is None else policy
