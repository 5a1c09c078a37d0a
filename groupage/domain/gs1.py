"""GS1 identifiers: the same id for the same thing, in whatever form a sender writes it.

A sender may name a carton by an EPC URN (``urn:epc:id:sscc:0614141.1234567890``), by a GS1 Digital
Link of any host (``https://id.gs1.org/00/106141412345678908``), or by the 18 digits of the SSCC as
on its label. States, keys and `trace` use one form: the 18 digits for an SSCC, the container number
for a BIC code, the canonical Digital Link (host ``id.gs1.org``) for any other GS1 key, and the
sender's own text for anything else.
"""

import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import msgspec

from groupage.domain.checkdigits import gs1_digit

Scheme = Literal[
    "sscc", "sgtin", "lgtin", "sgln", "grai", "giai", "gsrn", "gdti", "ginc", "gsin", "bic", "other"
]
HOST = "https://id.gs1.org"


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of key that a text is, and the id that groupage uses for it."""

    scheme: Scheme
    id: str

    @property
    def is_container(self) -> bool:
        """Whether it is a freight container, by its BIC code (ISO 6346)."""
        return self.scheme == "bic"


_PRIMARY: dict[str, Scheme] = {
    "00": "sscc",
    "01": "sgtin",
    "414": "sgln",
    "8003": "grai",
    "8004": "giai",
    "8018": "gsrn",
    "253": "gdti",
    "401": "ginc",
    "402": "gsin",
}
"""Primary keys of a Digital Link path, by application identifier."""
_LINK = re.compile(r"/(00|01|414|8003|8004|8018|253|401|402)/([^/]+)((?:/(?:21|10|254)/[^/]+)*)/?$")
_SSCC_LABEL = re.compile(r"(?:\(00\)|00)?([0-9]{18})")
_BIC_CODE = re.compile(r"[A-Z]{4}[0-9]{7}")


def identify(text: str) -> Identifier:
    """Identify the thing that a URN, Digital Link, label or mark names.

    Never fails: a text of an unknown form is its own id.
    """
    if text.startswith(("urn:epc:id:", "urn:epc:class:lgtin:")):
        return _of_urn(text)
    if text.startswith(("https://", "http://")):
        return _of_link(text)
    return _of_label(text)


def _of_label(text: str) -> Identifier:
    if match := _SSCC_LABEL.fullmatch(text):
        return Identifier(scheme="sscc", id=match[1])
    if _BIC_CODE.fullmatch(text):
        return Identifier(scheme="bic", id=text)
    return Identifier(scheme="other", id=text)


def canonical_id(text: str) -> str:
    """Return the id that groupage uses for the thing that `text` names."""
    return identify(text).id


def digital_link(text: str) -> str:
    """Return the Digital Link of an id; any text but a GS1 key is returned unchanged."""
    found = identify(text)
    return f"{HOST}/00/{found.id}" if found.scheme == "sscc" else found.id


def _of_link(text: str) -> Identifier:
    match = _LINK.search(urlsplit(text).path)
    if match is None:
        return Identifier(scheme="other", id=text)
    ai, value, qualifiers = match[1], match[2], match[3]
    scheme = _PRIMARY[ai]
    if scheme == "sscc":
        return Identifier(scheme=scheme, id=value)
    if scheme == "sgtin":
        value = value.zfill(14)
        if qualifiers.startswith("/10/"):
            scheme = "lgtin"
    return Identifier(scheme=scheme, id=f"{HOST}/{ai}/{value}{qualifiers}")


def _of_urn(text: str) -> Identifier:
    scheme, _, rest = re.sub("^urn:epc:(id|class):", "", text).partition(":")
    parts = tuple(unquote(part) for part in rest.split("."))
    build = _URN.get(scheme)
    other = Identifier(scheme="other", id=text)
    if build is None:
        return other
    try:
        return build(*parts)
    except (TypeError, ValueError, IndexError):
        return other


def _link(scheme: Scheme, ai: str, value: str, qualifier: str = "") -> Identifier:
    return Identifier(scheme=scheme, id=f"{HOST}/{ai}/{value}{qualifier}")


def _with_digit(body: str) -> str:
    return f"{body}{gs1_digit(body)}"


def _escape(serial: str) -> str:
    return quote(serial, safe="!'()*,-.:;=_~$&+@")


def _sscc(prefix: str, serial: str) -> Identifier:
    return Identifier(scheme="sscc", id=_with_digit(f"{serial[0]}{prefix}{serial[1:]}"))


def _gtin(prefix: str, item: str) -> str:
    return _with_digit(f"{item[0]}{prefix}{item[1:]}")


def _sgtin(prefix: str, item: str, *serial: str) -> Identifier:
    return _link("sgtin", "01", _gtin(prefix, item), f"/21/{_escape('.'.join(serial))}")


def _lgtin(prefix: str, item: str, *lot: str) -> Identifier:
    return _link("lgtin", "01", _gtin(prefix, item), f"/10/{_escape('.'.join(lot))}")


def _sgln(prefix: str, place: str, extension: str = "0") -> Identifier:
    qualifier = "" if extension == "0" else f"/254/{_escape(extension)}"
    return _link("sgln", "414", _with_digit(prefix + place), qualifier)


def _grai(prefix: str, asset: str, *serial: str) -> Identifier:
    return _link("grai", "8003", f"0{_with_digit(prefix + asset)}{_escape('.'.join(serial))}")


def _giai(prefix: str, *reference: str) -> Identifier:
    return _link("giai", "8004", f"{prefix}{_escape('.'.join(reference))}")


def _gsrn(prefix: str, reference: str) -> Identifier:
    return _link("gsrn", "8018", _with_digit(prefix + reference))


def _gdti(prefix: str, document: str, *serial: str) -> Identifier:
    return _link("gdti", "253", f"{_with_digit(prefix + document)}{_escape('.'.join(serial))}")


def _ginc(prefix: str, *reference: str) -> Identifier:
    return _link("ginc", "401", f"{prefix}{_escape('.'.join(reference))}")


def _gsin(prefix: str, reference: str) -> Identifier:
    return _link("gsin", "402", _with_digit(prefix + reference))


def _bic(number: str) -> Identifier:
    return Identifier(scheme="bic", id=number)


_URN: dict[str, Callable[..., Identifier]] = {
    "sscc": _sscc,
    "sgtin": _sgtin,
    "lgtin": _lgtin,
    "sgln": _sgln,
    "grai": _grai,
    "giai": _giai,
    "gsrn": _gsrn,
    "gdti": _gdti,
    "ginc": _ginc,
    "gsin": _gsin,
    "bic": _bic,
}
