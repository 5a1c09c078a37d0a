"""Words in the names of goods that may mean dangerous goods (danger_words.toml)."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import msgspec


class DangerWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word that was found in the name of goods."""

    kind: str
    """``battery``, ``liquid``, ``gas``, ``powder``, ``magnet`` or ``fire``."""
    word: str


class _Words(msgspec.Struct, frozen=True):
    harmless: re.Pattern[str]
    dangerous: re.Pattern[str]
    kinds: dict[str, str]


@cache
def _words() -> _Words:
    text = Path(__file__).with_name("danger_words.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    kinds = {
        word: kind
        for kind, languages in table["kinds"].items()
        for words in languages.values()
        for word in words
    }
    return _Words(_pattern(table["harmless"]), _pattern(kinds), kinds)


def _pattern(words: "list[str] | dict[str, str]") -> re.Pattern[str]:
    """Match any of the words, the longest first; Latin ones only as whole words."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile(
        "|".join(
            rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
            for word in ordered
        )
    )


def find_danger_words(goods: str) -> tuple[DangerWord, ...]:
    """Return the words of each kind that the name has, in their order, each kind once."""
    words = _words()
    narrow = " ".join(unicodedata.normalize("NFKC", goods).lower().split())
    if not words.dangerous.search(narrow):
        return ()
    rest = words.harmless.sub(" ", narrow)
    found: dict[str, DangerWord] = {}
    for match in words.dangerous.finditer(rest):
        kind = words.kinds[match[0]]
        found.setdefault(kind, DangerWord(kind=kind, word=match[0]))
    return tuple(found.values())
