"""GS1 keys as the event hash writes them: constrained canonical GS1 Digital Link URIs.

After rules 17 and 18 of the CBV 2.0 event hash: a URN of an EPC, of a class or of a pattern becomes
the Digital Link of host ``id.gs1.org``; a link of any host loses host, query and all qualifiers but
those of the finest level. The forms of URNs are those of the EPC Tag Data Standard 2.0.

Not `groupage.domain.gs1.digital_link`, which escapes fewer characters: ids of the hub follow from
that one, hashes that others compute from this one.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote, unquote, urlsplit

from groupage.domain.checkdigits import gs1_digit

_HOST = "https://id.gs1.org"
_SHORT_NAMES = {
    "sscc": "00",
    "gtin": "01",
    "lot": "10",
    "ser": "21",
    "cpv": "22",
    "gdti": "253",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "gsrnp": "8017",
    "gsrn": "8018",
}
_KEYS = {
    "00": r"\d{18}",
    "01": r"\d{8}|\d{12,14}",
    "253": r"\d{13}.{0,17}",
    "255": r"\d{13,25}",
    "401": r"\d{4}.{1,26}",
    "402": r"\d{17}",
    "414": r"\d{13}",
    "417": r"\d{13}",
    "8003": r"\d{14}.{0,16}",
    "8004": r"\d{4}.{1,26}",
    "8006": r"\d{18}",
    "8010": r"\d{4}.{1,26}",
    "8017": r"\d{18}",
    "8018": r"\d{18}",
}
"""Keys that the rule names, by application identifier, with the form of their values."""
_FINEST = {"01": ("21", "235", "10"), "8006": ("21", "10"), "414": ("254",), "8010": ("8011",)}
"""Qualifiers of a key, the finest first: only that one stays."""
_MAY_FOLLOW = frozenset(("10", "21", "22", "235", "254", "8011"))
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)", re.DOTALL)


def hashed_link(text: str) -> str:
    """Return the canonical link of a GS1 key; any other text unchanged."""
    if text.startswith("urn:epc:"):
        return _of_urn(text) or text
    if text.startswith(("https://", "http://")):
        return _of_link(text) or text
    return text


def _escape(value: str) -> str:
    return quote(value, safe="!'()*.;=")


def _of_link(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        segments = [
            unquote(segment, errors="strict") for segment in parts.path.rstrip("/").split("/")[1:]
        ]
    except ValueError:  # the host's address, or an escape that is not UTF-8
        return None
    names = [_SHORT_NAMES.get(segment, segment) for segment in segments]
    for at in range(len(segments) - 1):
        key, value = names[at], segments[at + 1]
        if key in _KEYS and re.fullmatch(_KEYS[key], value, re.ASCII | re.DOTALL):
            return _with_finest(key, value, names[at + 2 :: 2], segments[at + 3 :: 2])
    return None


def _with_finest(key: str, value: str, names: Sequence[str], values: Sequence[str]) -> str | None:
    if len(names) != len(values) or not _MAY_FOLLOW.issuperset(names):
        return None
    qualifiers = dict(zip(names, values, strict=True))
    if key == "01":
        value = value.zfill(14)
    finest = next((name for name in _FINEST.get(key, ()) if qualifiers.get(name)), None)
    return _link(key, value, *((finest, qualifiers[finest]) if finest else ()))


def _link(key: str, value: str, qualifier: str = "", of_qualifier: str = "") -> str:
    link = f"{_HOST}/{key}/{_escape(value)}"
    return f"{link}/{qualifier}/{_escape(of_qualifier)}" if qualifier else link


def _of_urn(text: str) -> str | None:
    if (match := _URN.fullmatch(text)) is None:
        return None
    kind, scheme, rest = match.groups()
    build = _URNS.get((kind, scheme))
    try:
        parts = [unquote(part, errors="strict") for part in rest.split(".")]
        return build(parts) if build else None
    except (ValueError, IndexError):
        return None


def _numbers(parts: Sequence[str], digits: int) -> tuple[str, str]:
    """Return company prefix and reference, which together have so many digits."""
    prefix, reference = parts[0], parts[1]
    both = prefix + reference
    if (
        len(both) != digits
        or not 6 <= len(prefix) <= 12
        or not both.isascii()
        or not both.isdigit()
    ):
        raise ValueError(parts)
    return prefix, reference


def _key_number(parts: Sequence[str], digits: int) -> str:
    both = "".join(_numbers(parts, digits))
    return both + gs1_digit(both)


def _with_indicator(parts: Sequence[str], digits: int) -> str:
    """Return the number of a GTIN or SSCC: its first digit stands before the company prefix."""
    prefix, reference = _numbers(parts, digits)
    number = f"{reference[0]}{prefix}{reference[1:]}"
    return number + gs1_digit(number)


def _serial(parts: Sequence[str], at: int = 2) -> str:
    serial = ".".join(parts[at:])
    if not serial:
        raise ValueError(parts)
    return serial


def _only(parts: Sequence[str], count: int) -> Sequence[str]:
    if len(parts) != count:
        raise ValueError(parts)
    return parts


def _gtin_with(qualifier: str) -> Callable[[Sequence[str]], str]:
    return lambda parts: _link("01", _with_indicator(parts, 13), qualifier, _serial(parts))


def _number_of(key: str, digits: int) -> Callable[[Sequence[str]], str]:
    return lambda parts: _link(key, _key_number(_only(parts, 2), digits))


def _serialised(key: str, digits: int, lead: str = "") -> Callable[[Sequence[str]], str]:
    return lambda parts: _link(key, lead + _key_number(parts, digits) + _serial(parts))


def _joined(key: str) -> Callable[[Sequence[str]], str]:
    return lambda parts: _link(key, parts[0] + _serial(parts, 1))


def _class_of(key: str, digits: int, lead: str = "") -> Callable[[Sequence[str]], str]:
    """Build the link of a pattern: all serial numbers of a class."""
    return lambda parts: _link(key, lead + _key_number(_any_serial(parts, 3), digits))


def _any_serial(parts: Sequence[str], count: int) -> Sequence[str]:
    if len(parts) != count or parts[-1] != "*":
        raise ValueError(parts)
    return parts


def _sgln(parts: Sequence[str]) -> str:
    extension = _serial(parts)
    qualifier = () if extension == "0" else ("254", extension)
    return _link("414", _key_number(parts, 12), *qualifier)


def _cpi(parts: Sequence[str]) -> str:
    return _link("8010", parts[0] + parts[1], "8011", _serial(parts))


def _itip(parts: Sequence[str]) -> str:
    return _link("8006", _pieces(parts), "21", _serial(parts, 4))


def _pieces(parts: Sequence[str]) -> str:
    piece, total = parts[2], parts[3]
    if len(piece + total) != 4 or not (piece + total).isdigit():
        raise ValueError(parts)
    return _with_indicator(parts, 13) + piece + total


_URNS: dict[tuple[str, str], Callable[[Sequence[str]], str]] = {
    ("id", "sscc"): lambda parts: _link("00", _with_indicator(_only(parts, 2), 17)),
    ("id", "sgtin"): _gtin_with("21"),
    ("id", "upui"): _gtin_with("235"),
    ("class", "lgtin"): _gtin_with("10"),
    ("id", "sgln"): _sgln,
    ("id", "pgln"): _number_of("417", 12),
    ("id", "gsrn"): _number_of("8018", 17),
    ("id", "gsrnp"): _number_of("8017", 17),
    ("id", "gsin"): _number_of("402", 16),
    ("id", "grai"): _serialised("8003", 12, "0"),
    ("id", "gdti"): _serialised("253", 12),
    ("id", "sgcn"): _serialised("255", 12),
    ("id", "giai"): _joined("8004"),
    ("id", "ginc"): _joined("401"),
    ("id", "cpi"): _cpi,
    ("id", "itip"): _itip,
    ("idpat", "sgtin"): lambda parts: _link("01", _with_indicator(_any_serial(parts, 3), 13)),
    ("idpat", "upui"): lambda parts: _link("01", _with_indicator(_any_serial(parts, 3), 13)),
    ("idpat", "grai"): _class_of("8003", 12, "0"),
    ("idpat", "gdti"): _class_of("253", 12),
    ("idpat", "sgcn"): _class_of("255", 12),
    ("idpat", "cpi"): lambda parts: _link("8010", "".join(_any_serial(parts, 3)[:2])),
    ("idpat", "itip"): lambda parts: _link("8006", _pieces(_any_serial(parts, 5))),
}
