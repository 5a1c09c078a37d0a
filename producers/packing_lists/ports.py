"""Ports by UN/LOCODE or by name, in texts that say more: cities, countries, other ports."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from groupage.domain.places import PLACES, canonical_place

_LOCODE = re.compile(r"([A-Z]{2})\s?([A-Z2-9]{3})")
_SEPARATOR = re.compile(r"\s*[,;，；、()/\\|&+–]\s*|\s+-\s*|\s*-\s+")
_VIA = re.compile(
    r"(?<=\S)(?:[\s,(（/-]+via\b|\s*[(（,，]?\s*(?:经由|途经|经)(?=\S)).*",
    re.IGNORECASE | re.DOTALL,
)
"""A port on the way: ``LAGOS VIA TEMA``, 鹿特丹(经釜山)."""
_NAME_WORDS_MAX = 5
TEXT_LENGTH_MAX = 500
"""A longer text names no port."""
_COUNTRY_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS XK XZ YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset(_COUNTRY_CODES.split())
"""Country codes of ISO 3166-1, and UN/LOCODE's XK (Kosovo) and XZ (international waters)."""


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


@cache
def _ports() -> dict[str, str]:
    names = {_key(name): code for code, name in PLACES.items()}
    for code, others in _table("port_names.toml").items():
        if code != "not_codes":
            names |= {_key(name): code for name in others}
    return names


@cache
def _not_codes() -> frozenset[str]:
    return frozenset(_table("port_names.toml")["not_codes"].split())


@cache
def _countries() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    """Return a pattern of all names of countries, longest first, and the codes of each."""
    codes: dict[str, set[str]] = {}
    for code, names in _table("country_names.toml")["countries"].items():
        for name in names:
            codes.setdefault(name, set()).add(code)
    ordered = sorted(codes, key=len, reverse=True)
    words = "|".join(
        rf"(?<!\w){re.escape(name)}(?!\w)" if name[0] < "\u3000" else re.escape(name)
        for name in ordered
    )
    return re.compile(words), {name: frozenset(each) for name, each in codes.items()}


@cache
def _abbreviations() -> dict[str, frozenset[str]]:
    """Return the countries that two capitals may mean: ``CA`` is Canada and California's."""
    found = {code: {code} for code in _COUNTRIES}
    for country, regions in _table("country_names.toml")["regions"].items():
        for region in regions.split():
            found.setdefault(region, set()).add(country)
    return {name: frozenset(countries) for name, countries in found.items()}


def _key(name: str) -> str:
    return name.lower().removesuffix("港").removesuffix(" port").removeprefix("port of ").strip()


def find_port(text: str) -> str | None:
    """Return the code of the only port that a text names; None for no port, or for several.

    A country behind the name has to be the port's: Valencia, Venezuela is not Valencia in Spain.
    A code that the hub does not know must stand alone, in brackets or behind a comma: many words
    have the form of one.
    """
    if len(text) > TEXT_LENGTH_MAX:
        return None
    text = _VIA.sub("", text)
    if whole := _ports().get(_key(text)):
        # A name goes first: LAGOS and GENOA have the form of codes of Laos and Georgia.
        return whole
    parts = [part for part in _SEPARATOR.split(text) if part]
    # Nested brackets and dashes without spaces, too: Bremerhaven-DEBRV.
    parts = [each for part in parts for each in _split_dashes(part)]
    rests: list[str] = []
    names = list(dict.fromkeys(code for part in parts for code in _names(part, rests)))
    words = [word for rest in rests for word in rest.split()]
    codes = list(dict.fromkeys(filter(None, map(_code, (text, *rests, *words)))))
    known = [code for code in codes if code in PLACES or code in _ports().values()]
    alone = [code for code in dict.fromkeys(map(_code, (text, *rests))) if code]
    port = _only(list(dict.fromkeys((*names, *known))) or alone)
    if port is None or _names_other_country(rests, port):
        return None
    return port


def _split_dashes(part: str) -> list[str]:
    """Split ``Rotterdam-NLRTM``, but no name that has a dash: ``Fos-sur-Mer``."""
    if _ports().get(_key(part)):
        return [part]
    pieces = part.split("-")
    named = [piece for piece in pieces if _code(piece) or _ports().get(_key(piece))]
    return [piece for piece in pieces if piece] if named else [part]


def _only(codes: list[str]) -> str | None:
    """Return the only port; of a port and the city around it the port."""
    within = _table("country_names.toml")["within"]
    cities = {within[code] for code in codes if code in within}
    left = [code for code in codes if code not in cities]
    return left[0] if len(left) == 1 else None


def _names(part: str, rests: list[str]) -> Iterator[str]:
    """Yield the ports that a part names, the longest names first; add the other words to rests."""
    words = part.split()
    rest: list[str] = []
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _NAME_WORDS_MAX), start, -1):
            if code := _ports().get(_key(" ".join(words[start:end]))):
                yield code
                start = end
                break
        else:
            rest.append(words[start])
            start += 1
    if rest:
        rests.append(" ".join(rest))


def _names_other_country(rests: list[str], port: str) -> bool:
    """Tell whether the words beside a port name a country or state, and not the port's."""
    pattern, codes = _countries()
    own = {port[:2], _table("country_names.toml")["also"].get(port[:2], port[:2])}
    named: list[frozenset[str]] = []
    for rest in rests:
        named += [codes[match[0]] for match in pattern.finditer(rest.lower())]
        last = rest.split()[-1]
        if last in _abbreviations():
            named.append(_abbreviations()[last])
    return bool(named) and not any(own & each for each in named)


def _code(text: str) -> str:
    """Return the code that a text may be; empty for other texts."""
    match = _LOCODE.fullmatch(text)
    if match is None or match[1] not in _COUNTRIES or text in _not_codes():
        return ""
    return canonical_place(match[1] + match[2])
