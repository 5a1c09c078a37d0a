"""GS1 element strings: texts that scanners make of labels, with application identifiers (AIs).

A scanner prefixes a text with the AIM symbology identifier (ISO/IEC 15424), or not; it transmits
the separator FNC1 as the control character GS (ASCII 29), or not; and some write AIs in brackets,
as people read them. Which AIs have how many digits, and which values have a fixed length and need
no separator: GS1 General Specifications, 3.2 and 7.8.5.
"""

import re
from collections.abc import Iterator, Mapping

GS1_SYMBOLOGIES = ("C1", "d2", "Q3", "e0", "J1")
"""GS1-128, GS1 DataMatrix, GS1 QR Code, GS1 DataBar and Composite, GS1 DotCode."""
GS = "\x1d"
_SYMBOLOGY = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
_BRACKETED_AI = re.compile(r"\(([0-9]{2,4})\)")
_AI_DIGITS = {
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(
        ("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4
    ),
    **dict.fromkeys(("00", "01", "02", "03", "10", "11", "12", "13", "15", "16", "17"), 2),
    **dict.fromkeys(("20", "21", "22", "30", "37", *map(str, range(90, 100))), 2),
}
"""Digits of an AI, by its first two."""
_FIXED = {"00": 18, "01": 14, "02": 14, "03": 14, "20": 2, "41": 13} | dict.fromkeys(
    ("11", "12", "13", "15", "16", "17", "31", "32", "33", "34", "35", "36"), 6
)
"""Length of the values that need no separator behind them, by the first two digits of the AI."""


def split_symbology(text: str) -> tuple[str, str]:
    """Split off the symbology identifier, without its bracket; empty when there is none."""
    match = _SYMBOLOGY.match(text)
    return (match[1], text[3:]) if match else ("", text)


def parse_element_string(text: str) -> Mapping[str, str]:
    """Return the values of an element string by AI; empty when it is none.

    `text` has no symbology identifier. An AI that comes twice keeps its first value.
    """
    found = dict(
        reversed(list(_bracketed_elements(text) if text.startswith("(") else _elements(text)))
    )
    return {} if "" in found or "" in found.values() else found


def _elements(text: str) -> Iterator[tuple[str, str]]:
    rest = text.strip(GS)
    while rest:
        ai = rest[: _AI_DIGITS.get(rest[:2], 0)]
        if not (ai.isascii() and ai.isdigit()):
            yield "", rest
            return
        rest = rest[len(ai) :]
        length = _FIXED.get(ai[:2])
        if length is None:
            value, _, rest = rest.partition(GS)
        else:
            value, rest = rest[:length], rest[length:].removeprefix(GS)
            if len(value) < length or not (value.isascii() and value.isdigit()):
                yield "", value
                return
        yield ai, value


def _bracketed_elements(text: str) -> Iterator[tuple[str, str]]:
    before, *parts = _BRACKETED_AI.split(text)
    if before:
        yield "", before
    for ai, value in zip(parts[::2], parts[1::2], strict=True):
        yield (ai if len(ai) == _AI_DIGITS.get(ai[:2]) else "", value.strip().strip(GS))
