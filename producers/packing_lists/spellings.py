"""Spellings of ``vocabulary.toml``: which concept, unit or currency a word spells."""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from groupage.domain.currencies import DECIMALS
from producers.packing_lists.model import Unit

_WORDS_LIKE_CODES = frozenset(
    ("all", "cup", "top", "try", "bam", "pen", "gel", "mop", "lak", "mad")
)
"""Codes of ISO 4217 that are English words, or the beginning of goods: ``total of all``."""


@cache
def vocabulary() -> dict[str, Any]:
    """Return the tables of ``vocabulary.toml``."""
    with Path(__file__).with_name("vocabulary.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def spellings() -> dict[str, frozenset[str]]:
    """Return the concepts of each word; a word may stand for several."""
    table: dict[str, set[str]] = {}
    for concept, words in vocabulary()["words"].items():
        for word in (concept, *words):
            table.setdefault(plain(word), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in table.items()}


@cache
def unit_spellings() -> dict[str, Unit]:
    """Return the unit of each spelling."""
    units = cast("dict[Unit, list[str]]", vocabulary()["units"])
    assert set(units) <= set(get_args(Unit))
    return {plain(word): unit for unit, words in units.items() for word in words}


@cache
def currency_spellings() -> dict[str, str]:
    """Return the currency of each spelling."""
    table = vocabulary()["currencies"]
    codes = {code.lower(): code for code in DECIMALS if code.lower() not in _WORDS_LIKE_CODES}
    return codes | {plain(word): code for code, words in table.items() for word in words}


@cache
def _traditional() -> dict[int, int]:
    table = vocabulary()["traditional"]
    return {ord(a): ord(b) for a, b in zip(table["from"], table["to"], strict=True)}


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text in narrow, lower-case, simplified characters with single spaces."""
    narrow = unicodedata.normalize("NFKC", text).lower().translate(_traditional())
    return " ".join(narrow.replace("\u200b", "").replace("\ufeff", "").split())


@cache
def finder(*concepts: str) -> re.Pattern[str]:
    """Return a pattern that finds any spelling of the concepts in a text of `plain`."""
    words = [word for word, known in spellings().items() if known & set(concepts)]
    signs = r"\s*".join
    return re.compile("|".join(signs(map(re.escape, word)) for word in sorted(words)))


def unit_of(word: str) -> Unit | None:
    """Return the unit that a word spells: ``kgs``, ``cu.ft``, ``公斤``."""
    text = plain(word).strip(" .()[]")
    return unit_spellings().get(text) or unit_spellings().get(re.sub(r"[\s.]", "", text))


def currency_of(word: str) -> str:
    """Return the currency that a word spells; empty for other words."""
    return currency_spellings().get(plain(word), "")


@lru_cache(maxsize=2048)
def misspelt(word: str) -> frozenset[str] | None:
    """Return the concepts of the only known word that differs by one slip of the pen.

    One sign too many, one missing, a wrong one, or two that changed places; in words of five
    signs or more.
    """
    if len(word) < 5 or not word.isascii():
        return None
    near = {
        concepts
        for known, concepts in spellings().items()
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
