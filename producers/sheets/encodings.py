"""The encoding of a text file, by evidence: marks, strict rules, then the characters of languages.

A wrong guess puts Chinese characters into German names, so a reading wins only when its characters
are clearly more likely than those of any other reading that gives another text. The likelihood
of a reading is that of its characters in the best of the languages that use the encoding.
"""

import codecs
import math
import re
from functools import cache
from itertools import chain

import msgspec

from groupage.domain.errors import InvalidInput
from producers.sheets.alphabets import ACCENTED, LANGUAGES, TRADE_CHARACTERS

_SAMPLE = 65_536
"""Bytes that are judged, of the lines that are not ASCII; the whole file is decoded."""
_MARGIN = math.log(8)
"""A reading wins when it is 8 times as likely as the next one."""
_SHOWN_MARGIN = 12.0
_SHOWN = 40
_IMPOSSIBLE = -23.0
_RARE = -16.0
_TYPOGRAPHY = frozenset("°±²³×÷·µ§©®™€£¥–—‘’“”„«»…½¼¾ªº¿¡\xa0№•")
_CLOSING_QUOTES = frozenset("’”»")
_DITTO = "〃"
"""It repeats the cell above, in Chinese and Japanese lists."""
_ASCII_SCORE = -3.0

_PROOF_OF_UTF8 = 6
"""Characters beyond ASCII that no other encoding gives by chance."""
_ALL_ACCENTED = frozenset(chain.from_iterable(ACCENTED.values()))

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "utf-32": "UTF-32",
    "gb18030": "GB 18030",
    "cp950": "Big5",
    "cp932": "Shift JIS",
    "cp949": "EUC-KR",
}
_PRIORS = {
    "utf-8": 3.0,
    "gb18030": 0.0,
    "cp1252": 0.0,
    "cp950": -0.5,
    "cp1250": -1.5,
    "cp1251": -1.5,
}
_OTHER_PRIOR = -2.5
_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{4}年(?:[0-9]{1,2}月(?:[0-9]{1,2}[日号號]?)?)?|[0-9]{1,2}月[0-9]{1,2}[日号號])"
)
"""A date in Chinese or Japanese. No alphabet has its words between figures, without a space."""
_DATED = -1.0
_SEPARATORS = " ,;\t\n"
_DOUBLE_BYTE = ("gb18030", "cp950", "cp932", "cp949")


class DecodedText(msgspec.Struct, frozen=True):
    """A text, its encoding in the usual spelling, and the evidence for it."""

    text: str
    encoding: str
    why: str


class _Reading(msgspec.Struct, frozen=True):
    encoding: str
    score: float
    is_nonsense: bool


def decode_text(name: str, data: bytes, encoding: str | None = None) -> DecodedText:
    """Decode a text file, in the named encoding if there is one. Raises InvalidInput."""
    if encoding is not None:
        return _decode_as_named(name, data, encoding)
    for mark, marked in _MARKS:
        if data.startswith(mark):
            text = _decode_as_named(name, data, marked).text
            return DecodedText(text, _NAMES[marked], "its first bytes are the mark of it")
    if b"\0" in data:
        return _decode_utf16(name, data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text or _could_be_chinese(text):
        return _decode_by_likelihood(name, data)
    why = "only ASCII characters" if text.isascii() else "all its bytes follow the rules of it"
    return DecodedText(text, "UTF-8", why)


def _could_be_chinese(text: str) -> bool:
    """Tell whether a few characters of two bytes in UTF-8 could be Chinese ones in GB 18030.

    ``水桶`` in GB 18030 is ``ˮͰ`` in UTF-8; so are about a fifth of all pairs.
    """
    others = [character for character in text if character >= "\x80"]
    return (
        0 < len(others) < _PROOF_OF_UTF8
        and all(character < "\u0800" for character in others)
        and any(
            character.lower() not in _ALL_ACCENTED and character not in _TYPOGRAPHY
            for character in others
        )
    )


def _decode_as_named(name: str, data: bytes, encoding: str) -> DecodedText:
    try:
        known = codecs.lookup(encoding).name
        text: object = data.decode("utf-8-sig" if known == "utf-8" else known)
    except LookupError as error:
        raise InvalidInput(
            f"{encoding[:40]!r} is not an encoding; usual ones are utf-8, utf-16, gb18030, "
            "big5, cp1252"
        ) from error
    except (UnicodeError, ValueError) as error:
        where = f" at byte {error.start + 1}" if isinstance(error, UnicodeDecodeError) else ""
        raise InvalidInput(
            f"{name} is not text in {encoding[:40]}: it breaks off{where}"
        ) from error
    if not isinstance(text, str) or "\0" in text:
        raise InvalidInput(f"{name} is not text in {encoding[:40]}")
    return DecodedText(text, _NAMES.get(known, known), "the caller named it")


def _decode_utf16(name: str, data: bytes) -> DecodedText:
    """Decode UTF-16 without a mark: the zero bytes of ASCII characters stand on one side."""
    high, low = data[0:_SAMPLE:2].count(0), data[1:_SAMPLE:2].count(0)
    encoding = "utf-16-le" if low > 10 * high else "utf-16-be" if high > 10 * low else ""
    if encoding:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            return DecodedText(text, _NAMES[encoding], "every other byte of its ASCII is zero")
    raise InvalidInput(f"{name} is neither a workbook nor a text file: it has zero bytes")


def _decode_by_likelihood(name: str, data: bytes) -> DecodedText:
    readings = sorted(_readings(data), key=lambda reading: -reading.score)
    if not readings:
        raise InvalidInput(f"{name} is not text in any encoding known here; save it as UTF-8")
    best = readings[0]
    text = data.decode(best.encoding)
    rivals = [reading for reading in readings[1:] if best.score - reading.score <= _MARGIN]
    if best.is_nonsense or any(data.decode(rival.encoding) != text for rival in rivals):
        raise InvalidInput(_describe_doubt(name, data, readings))
    why = "its characters are likelier than those of any other reading"
    return DecodedText(text, _NAMES.get(best.encoding, _windows(best.encoding)), why)


def _readings(data: bytes) -> list[_Reading]:
    """Return each encoding under whose rules the bytes are text, scored by its best language."""
    judged = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:_SAMPLE]
    readings = []
    for encoding in ("utf-8", *_DOUBLE_BYTE, *LANGUAGES):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = judged.decode(encoding, "ignore")
        if encoding in _DOUBLE_BYTE:
            score = _score_characters(encoding, sample)
        else:
            languages = LANGUAGES.get(encoding, ACCENTED)
            score = max(_score_alphabet(sample, language) for language in languages)
        is_nonsense = score < _hopeless(sample)
        score += _PRIORS.get(encoding, _OTHER_PRIOR)
        readings.append(_Reading(encoding, score, is_nonsense))
    return readings


def _score_alphabet(text: str, language: str) -> float:
    """Return the log likelihood of a text's characters in a language with an alphabet."""
    shares = _log_shares(language)
    is_latin = any(c < "\u0370" for c in shares)
    score = 0.0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character < "\x80":
            if character.isalpha():
                score += _ASCII_SCORE
        elif character in _TYPOGRAPHY:
            score += _typography_score(before, character, after)
        else:
            score += shares.get(character.lower(), _RARE if character.isalpha() else _IMPOSSIBLE)
            score += _context_score(before, character, after, is_latin=is_latin)
    return score


def _typography_score(before: str, character: str, after: str) -> float:
    """Score signs: usual ones in their usual places, such as m³, 20°C and 60×40."""
    if character in "²³":
        return -0.7 if before in "mM" and not after.isalpha() else -9.0
    if character in "×°" and before.isdigit():
        return -1.5
    if character in _CLOSING_QUOTES and before in _SEPARATORS:
        return -10.5
    return -10.5 if _is_accented(before) or _is_accented(after) else -6.5


def _context_score(before: str, character: str, after: str, *, is_latin: bool) -> float:
    """Score where a character stands: case, and what it stands beside."""
    score = 0.0
    if character.isupper():
        score += -1.0 if not before.isalpha() or before.isupper() else -4.0
    if before.isdigit() and after.isdigit():
        score -= 5.0
    if not is_latin and before.isascii() and before.isalpha():
        score -= 7.0
    if is_latin and _is_accented(before):
        score -= 1.5
    if is_latin and not before.isalpha() and _is_accented(after):
        score -= 2.5
    return score


def _is_accented(character: str) -> bool:
    return character >= "\x80" and character.isalpha()


@cache
def _log_shares(language: str) -> dict[str, float]:
    shares = ACCENTED[language]
    total = sum(shares.values())
    return {character: math.log(share / total) for character, share in shares.items()}


def _score_characters(encoding: str, text: str) -> float:
    """Return the log likelihood of a text's characters in Chinese, Japanese or Korean."""
    score = 0.0
    if dates := _DATE.findall(text):
        score += _DATED * sum(not character.isdigit() for date in dates for character in date)
        text = _DATE.sub("", text)
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character < "\x80":
            if character.isalpha():
                score += _ASCII_SCORE
        elif character in _TYPOGRAPHY:
            score += _typography_score(before, character, after)
        elif character < "\u0530" and character.isalpha():
            score += _foreign_score(before, character, after)
        else:
            score += _character_score(encoding, character)
            if (before.isascii() and before.isalpha()) or (before.isdigit() and after.isdigit()):
                score -= 3.0
            if after.isascii() and after.isalpha():
                score -= 3.0
    return score


def _foreign_score(before: str, character: str, after: str) -> float:
    """Score Cyrillic, Greek and accented characters, which GB 2312 has in two bytes each.

    Lists for Russia and Spain are written on Chinese computers, too: whole words, or between ASCII.
    """
    if character < "\u0370":
        return -6.0 if (before + after).isascii() else -12.0
    is_in_word = any("\u0370" <= beside < "\u0530" for beside in before + after)
    return -5.0 if is_in_word else -12.0


@cache
def _character_score(encoding: str, character: str) -> float:
    raw = character.encode(encoding)
    if character == _DITTO:
        return -6.4
    if encoding in ("gb18030", "cp950") and character in TRADE_CHARACTERS:
        return -6.4
    return _SCORES[encoding](raw, character)


def _gb_score(raw: bytes, _character: str) -> float:
    """Score by the rows of GB 2312: 1-9 signs, 16-55 the 3,755 usual characters, then the rest."""
    if len(raw) != 2:
        return _IMPOSSIBLE
    lead, trail = raw
    if trail < 0xA1:
        return -17.0
    if lead <= 0xA9:
        return -8.0 if lead in (0xA1, 0xA3) else -12.0
    return -8.8 if 0xB0 <= lead <= 0xD7 else -13.5 if 0xD8 <= lead <= 0xF7 else _RARE


def _big5_score(raw: bytes, _character: str) -> float:
    """Score by lead bytes: A1-A3 signs, A4-C6 the 5,401 usual characters, C9-F9 the rest."""
    lead = raw[0]
    if 0xA1 <= lead <= 0xA3:
        return -8.0
    return -8.8 if 0xA4 <= lead <= 0xC6 else -13.5 if 0xC9 <= lead <= 0xF9 else _IMPOSSIBLE


def _korean_score(raw: bytes, _character: str) -> float:
    lead, trail = raw[0], raw[-1]
    if 0xB0 <= lead <= 0xC8 and trail >= 0xA1:
        return -7.8
    return -8.5 if lead in (0xA1, 0xA3) else _RARE


def _japanese_score(raw: bytes, character: str) -> float:
    if "\u3041" <= character <= "\u30ff":
        return -5.8
    if len(raw) == 1:
        return -9.0  # half-width kana
    return -9.2 if 0x88 <= raw[0] <= 0x97 else -8.5 if raw[0] in (0x81, 0x82) else _RARE


_SCORES = {
    "gb18030": _gb_score,
    "cp950": _big5_score,
    "cp949": _korean_score,
    "cp932": _japanese_score,
}


def _hopeless(text: str) -> float:
    """Return the score at which a reading is nonsense even when there is no other."""
    plain = sum(character < "\x80" and character.isalpha() for character in text)
    others = sum(character >= "\x80" for character in text)
    return _ASCII_SCORE * plain - 11.5 * others


def _windows(encoding: str) -> str:
    return encoding.replace("cp", "Windows-")


def _describe_doubt(name: str, data: bytes, readings: list[_Reading]) -> str:
    position = next(index for index, byte in enumerate(data) if byte >= 0x80)
    shown, texts = [], set()
    likely = [reading for reading in readings if readings[0].score - reading.score < _SHOWN_MARGIN]
    for reading in likely[:6]:
        excerpt = _excerpt(data, reading.encoding, position)
        if excerpt not in texts:
            texts.add(excerpt)
            shown.append(f"  {reading.encoding}: {excerpt}")
    return "\n".join(
        [f"{name}: the encoding is in doubt; name the one whose line is right:", *shown]
    )


def _excerpt(data: bytes, encoding: str, position: int) -> str:
    """Return the line around the first byte beyond ASCII, as an encoding reads it."""
    start = max(data.rfind(b"\n", 0, position), data.rfind(b"\r", 0, position)) + 1
    before = data[start:position].decode(encoding, "replace")
    after = data[position : position + 4 * _SHOWN].decode(encoding, "replace")
    line = (before[-_SHOWN:] + after).splitlines()[0][: 2 * _SHOWN]
    return "".join(character if character.isprintable() else "\ufffd" for character in line)
