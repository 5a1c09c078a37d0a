"""Words of headers and labels: a text becomes concepts, units, and what a figure is of.

The words stand in ``vocabulary.toml``: a concept with its spellings in the languages of the trade.
Latin words are compared whole, Chinese runs are cut by the longest known word. Signs that lists
join in a dozen ways (``G.W.``, ``G/W``, ``C/NO.``, ``Q'TY``) become one word first.
"""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from groupage.domain.currencies import DECIMALS
from producers.packing_lists.model import Unit

NAME_LENGTH_MAX = 400
"""Characters of a header or label that are read; longer texts are notes."""
_CJK = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(
    rf"[{_CJK}]+|[^\W\d_{_CJK}]+[³3](?![0-9])|[^\W\d_{_CJK}]+|[0-9]+|[/@#×*\"″”$€£¥%|&+]|\u2032\u2032"
)
_SPACED_CHINESE = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
"""Chinese words are set wide: ``合 计``, ``品 名``."""
_BRACKETS = re.compile(r"[(\[【{<〔「《]([^()\[\]【】{}<>〔〕「」《》]*)[)\]】}>〕」》]")
_PER = frozenset(
    ("per", "por", "par", "pro", "за", "each", "every", "in", "a", "je", "cada", "لكل")
)
_MONEY = frozenset(("price", "amount", "currency"))
_PER_PIECE = frozenset(("price", "weight", "gross", "net", "piece"))
_OF = frozenset(("of", "de"))
_PLURALS = frozenset(
    ("ctns", "cartons", "cases", "boxes", "packages", "pkgs", "parcels", "pallets")
)
_SINGLE_LETTER_UNITS = frozenset(("m", "g", "t", "l", "м", "г", "т", "in", "方", "才", "材", "寸"))


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The concepts of a text, in order, with the units and currencies that it names."""

    tokens: tuple[frozenset[str], ...]
    """A word may stand for several concepts. An unknown word is a concept of its own: ``?word``."""
    units: tuple[Unit, ...] = ()
    currencies: tuple[str, ...] = ()


@cache
def vocabulary() -> dict[str, Any]:
    """Return the tables of ``vocabulary.toml``."""
    with Path(__file__).with_name("vocabulary.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _spellings() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for concept, words in vocabulary()["words"].items():
        for word in (concept, *words):
            table.setdefault(plain(word), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in table.items()}


@cache
def _unit_spellings() -> dict[str, Unit]:
    units = cast("dict[Unit, list[str]]", vocabulary()["units"])
    assert set(units) <= set(get_args(Unit))
    return {plain(word): unit for unit, words in units.items() for word in words}


_WORDS_LIKE_CODES = frozenset(
    ("all", "cup", "top", "try", "bam", "pen", "gel", "mop", "lak", "mad")
)
"""Codes of ISO 4217 that are English words, or the beginning of goods: ``total of all``."""


@cache
def _currency_spellings() -> dict[str, str]:
    table = vocabulary()["currencies"]
    codes = {code.lower(): code for code in DECIMALS if code.lower() not in _WORDS_LIKE_CODES}
    return codes | {plain(word): code for code, words in table.items() for word in words}


@cache
def _traditional() -> dict[int, int]:
    table = vocabulary()["traditional"]
    return {ord(a): ord(b) for a, b in zip(table["from"], table["to"], strict=True)}


@cache
def _abbreviations() -> tuple[tuple[re.Pattern[str], str], ...]:
    spelled = [
        (spelling.split(), word)
        for word, spellings in vocabulary()["abbreviations"].items()
        for spelling in spellings
    ]
    spelled.sort(key=lambda pair: (-len("".join(pair[0])), pair[1]))
    return tuple(
        (
            re.compile(
                r"(?<![^\W\d_])"
                + r"[\s./\\'’`´&×*-]{0,3}".join(map(re.escape, signs))
                + r"(?![^\W\d_])\.?"
            ),
            f" {word} ",
        )
        for signs, word in spelled
    )


def plain(text: str) -> str:
    """Return a text in narrow, lower-case, simplified characters with single spaces."""
    narrow = unicodedata.normalize("NFKC", text).lower().translate(_traditional())
    return " ".join(narrow.replace("\u200b", "").replace("\ufeff", "").split())


@cache
def finder(*concepts: str) -> re.Pattern[str]:
    """Return a pattern that finds any spelling of the concepts in a text of `plain`."""
    spellings = [word for word, known in _spellings().items() if known & set(concepts)]
    signs = r"\s*".join
    return re.compile("|".join(signs(map(re.escape, word)) for word in sorted(spellings)))


def unit_of(word: str) -> Unit | None:
    """Return the unit that a word spells: ``kgs``, ``cu.ft``, ``公斤``."""
    text = plain(word).strip(" .()[]")
    return _unit_spellings().get(text) or _unit_spellings().get(re.sub(r"[\s.]", "", text))


def currency_of(word: str) -> str:
    """Return the currency that a word spells; empty for other words."""
    return _currency_spellings().get(plain(word), "")


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """Return the concepts, units and currencies of a header or a label."""
    text = _SPACED_CHINESE.sub("", plain(text[:NAME_LENGTH_MAX]))
    for pattern, word in _abbreviations():
        text = pattern.sub(word, text)
    units: list[Unit] = []
    currencies: list[str] = []
    text = _BRACKETS.sub(lambda match: _bracket(match[1], units, currencies), text)
    raw = _cut(text)
    tokens = _tokens(raw, units, currencies)
    if raw and raw[-1].upper() in DECIMALS and any(token & _MONEY for token in tokens):
        currencies.append(raw[-1].upper())
        tokens = [token for token in tokens if token != {f"?{raw[-1]}"}]
    return Words(
        tokens=tuple(tokens),
        units=tuple(dict.fromkeys(units)),
        currencies=tuple(dict.fromkeys(currencies)),
    )


def _bracket(inside: str, units: list[Unit], currencies: list[str]) -> str:
    """Take the units of a bracket out of the text; keep its other words."""
    whole = unit_of(inside)
    if whole:
        units.append(whole)
        return f" {inside} " if whole in ("m3", "ft3") else " "
    kept = []
    parts = [part for part in re.split(r"[\s,;:×*/]+|(?<=[a-z])x(?=[a-z])", inside) if part]
    for place, part in enumerate(parts):
        unit = unit_of(part)
        before_unit = part == "in" and place + 1 < len(parts) and unit_of(parts[place + 1])
        if unit and not before_unit and not (part == "l" and len(parts) > 1):
            units.append(unit)
        elif currency := currency_of(part) or (part.upper() if part.upper() in DECIMALS else ""):
            currencies.append(currency)
        elif not before_unit:
            kept.append(part)
    if len(kept) == len(parts):
        return f" {inside} "
    joint = (
        " / " if inside.startswith("/") or re.search(r"/\s*(?:ctn|carton|箱|件)", inside) else " "
    )
    return f" {joint.join(kept) if joint == ' ' else '/ ' + ' '.join(kept)} "


def _cut(text: str) -> list[str]:
    """Cut a text into words and signs; Chinese runs by the longest known word."""
    raw: list[str] = []
    for word in _TOKEN.findall(text):
        if re.match(rf"[{_CJK}]", word):
            raw.extend(_cut_chinese(word))
        else:
            raw.append(word)
    return raw


def _cut_chinese(run: str) -> list[str]:
    known, units = _spellings(), _unit_spellings()
    parts: list[str] = []
    unknown = ""
    start = 0
    while start < len(run):
        for length in range(min(8, len(run) - start), 0, -1):
            part = run[start : start + length]
            if part in known or (part in units and start + length == len(run)):
                break
        else:
            part = ""
        if not part:
            unknown += run[start]
            start += 1
            continue
        if unknown:
            parts.append(unknown)
            unknown = ""
        parts.append(part)
        start += len(part)
    return [*parts, unknown] if unknown else parts


def _tokens(raw: list[str], units: list[Unit], currencies: list[str]) -> list[frozenset[str]]:
    """Turn words into concepts: units and currencies go into their lists, ratios are joined."""
    known = _spellings()
    tokens: list[frozenset[str]] = []
    place = 0
    while place < len(raw):
        word = raw[place]
        after = raw[place + 1] if place + 1 < len(raw) else ""
        step = 1
        ratio = _ratio(word, after, before=tokens or [frozenset(units)])
        if ratio:
            tokens.append(frozenset((ratio,)))
            step = 2 if after and word != "@" else 1
        elif unit := _unit_here(word, after, first=not tokens):
            units.append(unit)
            if word in known:
                tokens.append(known[word])
        elif currency_of(word):
            currencies.append(currency_of(word))
        elif after in _OF and (word == "#" or known.get(word, frozenset()) & {"number"}):
            # "No. of cartons" counts them; "n° de colis" may be either.
            tokens.append(frozenset(("quantity",) if after == "of" else ("number", "quantity")))
        elif word == "#":
            tokens.append(frozenset(("number",)))
        elif word == "/" or not word[0].isalnum() or word.isdigit():
            pass
        elif not (word == "in" and after):
            tokens.append(known.get(word) or _misspelt(word) or frozenset((f"?{word}",)))
        place += step
    return tokens


@lru_cache(maxsize=2048)
def _misspelt(word: str) -> frozenset[str] | None:
    """Return the concepts of the only known word that differs by one slip of the pen.

    One sign too many, one missing, a wrong one, or two that changed places; in words of five
    signs or more.
    """
    if len(word) < 5 or not word.isascii():
        return None
    near = {
        concepts
        for known, concepts in _spellings().items()
        if known.isascii() and len(known) >= 5 and _differ_by_a_slip(word, known)
    }
    return near.pop() if len(near) == 1 else None


def _differ_by_a_slip(word: str, known: str) -> bool:
    if abs(len(word) - len(known)) > 1:
        return False
    start = 0
    while start < min(len(word), len(known)) and word[start] == known[start]:
        start += 1
    rest, wanted = word[start:], known[start:]
    if rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]:
        return True
    return rest[:2] == wanted[1::-1] and len(wanted) > 1 and rest[2:] == wanted[2:]


def _ratio(word: str, after: str, *, before: list[frozenset[str]]) -> str:
    """Return the concept of ``per carton``, ``/ctn`` or ``@``; empty for other words."""
    if word == "@":
        return "percarton"
    last = before[-1] if before else frozenset()
    concepts = _spellings().get(after, frozenset())
    in_pallets = concepts & {"pallet"} and not last & {"pallet"}
    if word == "/" and not _divides(last, after, in_pallets=bool(in_pallets)):
        return ""
    if word != "/" and word not in _PER:
        return ""
    ratio = ""
    if in_pallets and last & {"carton", "packages"}:
        ratio = "perpallet"
    elif concepts & {"carton"} or after == "件":
        ratio = "percarton"
    elif concepts & {"piece"} and (word != "/" or last & _PER_PIECE):
        ratio = "perpiece"
    return ratio


def _divides(last: frozenset[str], after: str, *, in_pallets: bool) -> bool:
    """Tell whether a slash divides (``PCS/CTN``), or stands between two names (``件数/CTNS``)."""
    same = last & {"carton"} and not last & {"packages"} and not in_pallets
    return bool(last) and not same and not (after in _PLURALS and last & {"packages"})


def _unit_here(word: str, after: str, *, first: bool) -> Unit | None:
    unit = _unit_spellings().get(word)
    if unit is None:
        return None
    alone = word in _SINGLE_LETTER_UNITS or not word[0].isalnum()
    if alone and (after not in ("", "/") or first):
        return None
    if word == "l" or (word == "in" and after):
        return None
    return unit
