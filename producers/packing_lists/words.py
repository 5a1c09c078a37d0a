"""Words of headers and labels: a text becomes concepts, units, and what a figure is of.

The words stand in ``vocabulary.toml``: a concept with its spellings in the languages of the trade.
Latin words are compared whole, Chinese runs are cut by the longest known word. Signs that lists
join in a dozen ways (``G.W.``, ``G/W``, ``C/NO.``, ``Q'TY``) become one word first.
"""

import re
from functools import cache, lru_cache

import msgspec

from producers.packing_lists.model import Unit
from producers.packing_lists.spellings import (
    currency_of,
    misspelt,
    plain,
    spellings,
    unit_of,
    unit_spellings,
    vocabulary,
)

NAME_LENGTH_MAX = 400
"""Characters of a header or label that are read; longer texts are notes."""
_CJK = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(
    rf"[{_CJK}]+|[^\W\d_{_CJK}]+[³3](?![0-9])|[^\W\d_{_CJK}]+|[0-9]+|[/@#×*\"″”$€£¥%|&+]|\u2032\u2032"
)
_SPACED_CHINESE = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
"""Chinese words are set wide: ``合 计``, ``品 名``."""
_BETWEEN = re.compile(r"[\s./\\'’`´&×*-]")
"""Signs with which an abbreviation is joined."""
_BRACKETS = re.compile(r"[(\[【{<〔「《]([^()\[\]【】{}<>〔〕「」《》]*)[)\]】}>〕」》]")
_PER = frozenset(
    ("per", "por", "par", "pro", "за", "each", "every", "in", "a", "1", "je", "cada", "لكل")
)
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
def _abbreviations() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern that finds abbreviations, longest first, and their words."""
    words = {
        "".join(spelling.split()): word
        for word, joined in vocabulary()["abbreviations"].items()
        for spelling in joined
    }
    spelled = [
        spelling.split() for joined in vocabulary()["abbreviations"].values() for spelling in joined
    ]
    spelled.sort(key=lambda signs: (-len("".join(signs)), signs))
    between = _BETWEEN.pattern + "{0,3}"
    pattern = "|".join(between.join(map(re.escape, signs)) for signs in spelled)
    return re.compile(rf"(?<![^\W\d_])(?:{pattern})(?![^\W\d_])\.?"), words


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """Return the concepts, units and currencies of a header or a label."""
    text = _SPACED_CHINESE.sub("", plain(text[:NAME_LENGTH_MAX]))
    pattern, words = _abbreviations()
    text = pattern.sub(lambda match: f" {words[_BETWEEN.sub('', match[0])]} ", text)
    units: list[Unit] = []
    currencies: list[str] = []
    text = _BRACKETS.sub(lambda match: _bracket(match[1], units, currencies), text)
    raw = _cut(text)
    tokens = _tokens(raw, units, currencies)
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
        elif currency := currency_of(part):
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
    known, units = spellings(), unit_spellings()
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
    known = spellings()
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
            tokens.append(known.get(word) or misspelt(word) or frozenset((f"?{word}",)))
        place += step
    return tokens


def _ratio(word: str, after: str, *, before: list[frozenset[str]]) -> str:
    """Return the concept of ``per carton``, ``/ctn`` or ``@``; empty for other words."""
    if word == "@":
        return "percarton"
    last = before[-1] if before else frozenset()
    concepts = spellings().get(after, frozenset())
    in_pallets = concepts & {"pallet"} and not last & {"pallet"}
    if word == "/" and not _divides(last, after, in_pallets=bool(in_pallets)):
        return ""
    if word != "/" and word not in _PER and not (word == "on" and in_pallets):
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
    unit = unit_spellings().get(word)
    if unit is None:
        return None
    alone = word in _SINGLE_LETTER_UNITS or not word[0].isalnum()
    if alone and (after not in ("", "/") or first):
        return None
    if word == "l" or (word == "in" and after):
        return None
    return unit
