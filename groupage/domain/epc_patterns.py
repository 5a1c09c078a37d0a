"""Patterns of EPCs (GS1's EPC Tag Data Standard): all EPCs of a company, of an article, of a type.

``urn:epc:idpat:sscc:0614141.*`` matches each SSCC with that company prefix, in whatever form it is
written: a pattern is an expression over the ids that `groupage.domain.gs1` makes of all forms. A
Digital Link does not say how long its company prefix is, so that the digits decide.
"""

import re
from collections.abc import Callable

from groupage.domain.gs1 import HOST, canonical_id

PATTERN_URN = "urn:epc:idpat:"
_COMPANY = re.compile(r"\d{6,12}", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_ANY = "*"


def _fixed(urn: str, drop: int = 0) -> str:
    """Return the escaped id of an EPC without its last characters."""
    found = canonical_id(f"urn:epc:id:{urn}")
    return re.escape(found[: len(found) - drop])


def _sscc(company: str) -> str:
    return rf"\d{company}\d{{{17 - len(company)}}}" if company else r"\d{18}"


def _sgtin(company: str, item: str) -> str:
    if item:
        return f"{_fixed(f'sgtin:{company}.{item}.0', 1)}.+"
    digits = rf"\d{company}\d{{{13 - len(company)}}}" if company else r"\d{14}"
    return f"{HOST}/01/{digits}/21/.+"


def _sgln(company: str, location: str) -> str:
    if location:
        return f"{_fixed(f'sgln:{company}.{location}.0')}(/254/.+)?"
    return rf"{HOST}/414/{company}\d{{{13 - len(company)}}}(/254/.+)?"


def _grai(company: str, kind: str) -> str:
    if kind:
        return f"{_fixed(f'grai:{company}.{kind}.0', 1)}.+"
    return rf"{HOST}/8003/0{company}\d{{{13 - len(company)}}}.+"


def _gdti(company: str, kind: str) -> str:
    if kind:
        return f"{_fixed(f'gdti:{company}.{kind}.0', 1)}.+"
    return rf"{HOST}/253/{company}\d{{{13 - len(company)}}}.+"


def _giai(company: str) -> str:
    return f"{HOST}/8004/{company}.+"


def _ginc(company: str) -> str:
    return f"{HOST}/401/{company}.+"


def _gsrn(company: str) -> str:
    return rf"{HOST}/8018/{company}\d{{{18 - len(company)}}}"


def _gsin(company: str) -> str:
    return rf"{HOST}/402/{company}\d{{{17 - len(company)}}}"


_SCHEMES: dict[str, tuple[int, int, Callable[..., str]]] = {
    "sscc": (2, 0, _sscc),
    "sgtin": (3, 13, _sgtin),
    "sgln": (3, 12, _sgln),
    "grai": (3, 12, _grai),
    "gdti": (3, 12, _gdti),
    "giai": (2, 0, _giai),
    "ginc": (2, 0, _ginc),
    "gsrn": (2, 0, _gsrn),
    "gsin": (2, 0, _gsin),
}
"""The number of a scheme's fields, of which the last is never fixed; the digits of the first two
together; the expression of the fixed ones."""
EXPECTED = (
    f"a pattern like {PATTERN_URN}sscc:0614141.*, of {', '.join(_SCHEMES)}: a company prefix of 6 "
    "to 12 digits, and * for the last field, or for all fields from one on"
)


def expression_of(pattern: str) -> str | None:
    """Return the expression that matches the ids of a pattern's EPCs whole; None: it is wrong."""
    scheme, _, rest = pattern.removeprefix(PATTERN_URN).partition(":")
    number, digits, build = _SCHEMES.get(scheme, (0, 0, _sscc))
    fields = rest.split(".")
    fixed = fields[: fields.index(_ANY)] if _ANY in fields else fields
    if len(fields) != number or len(fixed) == number or set(fields[len(fixed) :]) != {_ANY}:
        return None
    if fixed and not _COMPANY.fullmatch(fixed[0]):
        return None
    if fixed[1:] and not _DIGITS.fullmatch(fixed[1]):
        return None
    if fixed[1:] and len(fixed[0]) + len(fixed[1]) != digits:
        return None
    return build(*fixed, *[""] * (number - 1 - len(fixed)))
