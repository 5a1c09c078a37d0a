"""GS1 identifiers: the same id for the same thing, in whatever form a sender writes it.

A sender may name a carton by an EPC URN (``urn:epc:id:sscc:0614141.1234567890``), by a GS1 Digital
Link of any host (``https://id.gs1.org/00/106141412345678908``), by the 18 digits of the SSCC, or by
the text that a scanner makes of its label (`groupage.domain.gs1_labels`): which of these it is
depends on the scanner's settings. States, keys and `trace` use one form: the 18 digits for an SSCC,
the container number for a BIC code, the canonical Digital Link (host ``id.gs1.org``, as few
characters escaped as can be) for any other GS1 key, and the sender's own text for anything else.

A text without symbology identifier, separator or brackets is an SSCC or its sender's own id: in
digits alone a GTIN or a GRAI looks like any number.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import msgspec

from groupage.domain.checkdigits import gs1_digit
from groupage.domain.gs1_labels import GS, GS1_SYMBOLOGIES, parse_element_string, split_symbology
from groupage.domain.own_urns import own_id

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
        """Whether it is a freight container: by its BIC code (ISO 6346), or the hub's own URN."""
        return self.scheme == "bic"


_PRIMARY: dict[str, Scheme] = {
    "00": "sscc",
    "8003": "grai",
    "8004": "giai",
    "01": "sgtin",
    "414": "sgln",
    "8018": "gsrn",
    "253": "gdti",
    "401": "ginc",
    "402": "gsin",
}
"""Primary keys by application identifier; of several on a label the first one counts."""
_LINK = re.compile(
    r"/(00|01|414|8003|8004|8018|253|401|402)/([^/]+)((?:/(?:22|10|21|254)/[^/]+)*)/?$"
)
_SSCC = re.compile(r"(?:00)?([0-9]{18})")
_BIC_CODE = re.compile(r"[A-Z]{4}[0-9]{7}")
_SCHEMES = (
    "https://",
    "http://",
    "urn:epc:id:",
    "urn:epc:class:lgtin:",
    "urn:epc:",
    "urn:groupage:",
)
_AROUND = "\t\r\n\v\f\x04\x1c\x1e\x1f\x85\u2028\u2029\ufeff"
"""Ends of lines and of transmissions, and byte order marks, that scanners and programs add."""
MAYBE_OTHER_FORM = frozenset("](0hHuU" + GS + _AROUND)
"""First characters of the forms that are not the canonical one."""


def is_plainly_canonical(text: str) -> bool:
    """Tell at a glance that a text of printable ASCII is its own id. False proves nothing."""
    return text[0] not in MAYBE_OTHER_FORM or (len(text) == 18 and text.isdigit())


@lru_cache(maxsize=8_192)  # for hubs whose cartons have Digital Links: six events about each
def identify(text: str) -> Identifier:
    """Identify the thing that a URN, Digital Link, label or mark names.

    Never fails: a text of an unknown form is its own id, without what scanners add.
    """
    text = text.strip(_AROUND) or text
    symbology, content = split_symbology(text)
    if symbology in GS1_SYMBOLOGIES:
        return _of_link_or_urn(content) or _of_elements(content) or _of_label(content)
    if content.startswith("("):
        # A scanner that names the symbology shows that these brackets are on the label itself.
        found = None if symbology else _of_elements(content)
        return found or Identifier(scheme="other", id=text)
    return _of_link_or_urn(content) or _of_label(content)


def _of_link_or_urn(text: str) -> Identifier | None:
    scheme = next((scheme for scheme in _SCHEMES if text[:20].lower().startswith(scheme)), None)
    if scheme is None:
        return None
    text = scheme + text[len(scheme) :]
    if scheme.startswith("http"):
        return _of_link(text)
    if scheme == "urn:groupage:":
        return _of_own_urn(text)
    return Identifier(scheme="other", id=text) if scheme == "urn:epc:" else _of_urn(text)


def _of_own_urn(text: str) -> Identifier:
    """Identify a carton or container without a GS1 key, as the hub's own EPCIS events name it."""
    if (container := own_id("container", text)) is not None:
        return Identifier(scheme="bic", id=container)
    return Identifier(scheme="other", id=own_id("unit", text) or text)


def _of_label(text: str) -> Identifier:
    bare = text.strip(GS) or text
    if match := _SSCC.fullmatch(bare):
        return Identifier(scheme="sscc", id=match[1])
    if _BIC_CODE.fullmatch(bare):
        return Identifier(scheme="bic", id=bare)
    if (GS in text or _starts_with_sscc(bare)) and (found := _of_elements(text)):
        return found
    return Identifier(scheme="other", id=bare)


def _starts_with_sscc(text: str) -> bool:
    """Tell whether a text of digits begins with AI 00 and an SSCC, and more follows."""
    if len(text) < 22 or text[:2] != "00" or not text[:20].isdigit() or not text.isascii():
        return False
    return gs1_digit(text[2:19]) == text[19]


def _of_elements(text: str) -> Identifier | None:
    """Identify what the application identifiers of a label name: the logistic unit first."""
    values = parse_element_string(text)
    for ai, scheme in _PRIMARY.items():
        if (value := values.get(ai)) is None:
            continue
        if ai == "00":  # digits where it comes from an element string, anything in brackets
            return _of_label(value) if _SSCC.fullmatch(value) else None
        return _key(ai, scheme, value, values)
    return None


def _key(ai: str, scheme: Scheme, value: str, qualifiers: Mapping[str, str]) -> Identifier:
    """Return the identifier of a key that is not an SSCC; values are not escaped.

    A serial number makes a GTIN name one thing, whatever its lot. Extension 0 of a GLN means none.
    """
    if ai == "01":
        value = value.zfill(14)
        if serial := qualifiers.get("21"):
            return _link("sgtin", ai, value, f"/21/{_escape(serial)}")
        if lot := qualifiers.get("10"):
            return _link("lgtin", ai, value, f"/10/{_escape(lot)}")
        return _link(scheme, ai, value)
    extension = qualifiers.get("254", "0") if ai == "414" else "0"
    return _link(
        scheme, ai, _escape(value), "" if extension == "0" else f"/254/{_escape(extension)}"
    )


def canonical_id(text: str) -> str:
    """Return the id that groupage uses for the thing that `text` names."""
    return identify(text).id


def digital_link(text: str) -> str:
    """Return the Digital Link of an id; any text but a GS1 key is returned unchanged."""
    found = identify(text)
    return f"{HOST}/00/{found.id}" if found.scheme == "sscc" else found.id


def _of_link(text: str) -> Identifier:
    other = Identifier(scheme="other", id=text)
    try:
        match = _LINK.search(urlsplit(text).path)
        if match is None:
            return other
        ai, value, *more = (
            unquote(part, errors="strict") for part in match[0].strip("/").split("/")
        )
    except ValueError:  # the address of the host or an escape is wrong
        return other
    named = dict(zip(more[::2], more[1::2], strict=True))
    if ai == "00":
        is_sscc = len(value) == 18 and value.isascii() and value.isdigit()
        return Identifier(scheme="sscc", id=value) if is_sscc else other
    return _key(ai, _PRIMARY[ai], value, named)


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
