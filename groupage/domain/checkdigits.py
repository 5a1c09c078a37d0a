"""Check digits of container numbers (ISO 6346) and of GS1 keys (SSCC, GTIN).

Most container numbers in DCSA's own examples fail ISO 6346, so a wrong digit is a matter of the
hub's policy: `reject` refuses the fact, `quarantine` keeps it aside for a person, `warn` lets it
through with a remark.
"""

import re
from typing import Literal

import msgspec

from groupage.domain.policy import CheckDigitPolicy

Scheme = Literal["ISO 6346", "GS1"]
Fate = Literal["accept", "warn", "quarantine", "reject"]

_CONTAINER_NUMBER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_GS1_LENGTHS = {8: "GTIN-8", 12: "GTIN-12", 13: "GTIN-13 or GLN", 14: "GTIN-14", 18: "SSCC"}


def _letter_values() -> dict[str, int]:
    """A = 10 … Z = 38 without the multiples of 11, which would not change the sum modulo 11."""
    values = [value for value in range(10, 39) if value % 11]
    return dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", values, strict=True))


_VALUES = _letter_values() | {str(digit): digit for digit in range(10)}


def iso6346_digit(body: str) -> int:
    """Check digit of a container number's first ten characters, e.g. ``CSQU305438`` → 3.

    Σ value · 2^position modulo 11, ten counted as zero. Raises ValueError for anything else.
    """
    if len(body) != 10 or any(character not in _VALUES for character in body):
        raise ValueError(f"{body!r} is not four capital letters and six digits")
    total = sum(_VALUES[character] << position for position, character in enumerate(body))
    return total % 11 % 10


def gs1_digit(body: str) -> int:
    """GS1 modulo 10 check digit of the digits before it, weights 3, 1, 3 … from the right.

    Raises ValueError when `body` is no digits.
    """
    if not (body.isascii() and body.isdigit()):
        raise ValueError(f"{body!r} is no digits")
    digits = [int(digit) for digit in body[::-1]]
    return -(3 * sum(digits[::2]) + sum(digits[1::2])) % 10


def is_container_number(ref: str) -> bool:
    """Whether it looks like ISO 6346 (owner, U, J or Z, seven digits), right or wrong."""
    return _CONTAINER_NUMBER.fullmatch(ref) is not None


class DigitProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A check digit that does not fit its number, or a number of the wrong form."""

    scheme: Scheme
    value: str
    found: str
    expected: str

    @property
    def message(self) -> str:
        """For people: value, what was found and what would be right."""
        return (
            f"{self.value}: check digit by {self.scheme} is {self.found}, expected {self.expected}"
        )


def container_problem(ref: str) -> DigitProblem | None:
    """What is wrong with a container number; None when its digit fits."""
    if not is_container_number(ref):
        return DigitProblem(
            scheme="ISO 6346",
            value=ref,
            found="absent",
            expected="three owner letters, U, J or Z, six digits and a check digit",
        )
    expected = iso6346_digit(ref[:10])
    if int(ref[10]) == expected:
        return None
    return DigitProblem(scheme="ISO 6346", value=ref, found=ref[10], expected=str(expected))


def gs1_problem(number: str) -> DigitProblem | None:
    """What is wrong with a GS1 key that ends in a check digit (GTIN-8 to -14, GLN, SSCC)."""
    if len(number) not in _GS1_LENGTHS or not (number.isascii() and number.isdigit()):
        lengths = ", ".join(f"{length} ({name})" for length, name in _GS1_LENGTHS.items())
        return DigitProblem(
            scheme="GS1", value=number, found="absent", expected=f"digits, as many as {lengths}"
        )
    expected = gs1_digit(number[:-1])
    if int(number[-1]) == expected:
        return None
    return DigitProblem(scheme="GS1", value=number, found=number[-1], expected=str(expected))


def unit_problem(unit_id: str) -> DigitProblem | None:
    """What is wrong with a unit's id. Only an SSCC (18 digits) can be wrong: marks are free."""
    if len(unit_id) == 18 and unit_id.isascii() and unit_id.isdigit():
        return gs1_problem(unit_id)
    return None


def fate_of(problem: DigitProblem | None, policy: CheckDigitPolicy) -> Fate:
    """What happens to a fact with this problem under the hub's policy."""
    return "accept" if problem is None else policy
