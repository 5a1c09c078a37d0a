"""Numerals in words, as totals have them: ``THIRTY-SIX CARTONS``, 叁拾陆箱."""

import re

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {word: value for value, word in enumerate(_ONES)}
_VALUES |= {word: 10 * tens for tens, word in enumerate(_TENS, 2)}
_POWERS = {"hundred": 100, "thousand": 1_000}
_WORD = "|".join(sorted((*_VALUES, *_POWERS), key=len, reverse=True))
_ENGLISH = re.compile(rf"\b(?:{_WORD})(?:[\s-]+(?:and[\s-]+)?(?:{_WORD})|(?:{_WORD}))*\b")
_DIGITS = dict(
    zip(
        "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖",
        (0, 0, 1, 2, 2, *range(3, 10), *range(1, 10)),
        strict=True,
    )
)
_TIMES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_CHINESE = re.compile(rf"[{''.join(_DIGITS)}{''.join(_TIMES)}]{{1,9}}(?=整?[箱件包袋桶捆])")


def write_numerals(text: str) -> str:
    """Write the numerals of a text of `plain` in digits, unless it has digits of its own."""
    if re.search(r"[0-9]", text):
        return text
    text = _ENGLISH.sub(lambda match: str(_english(match[0])), text)
    return _CHINESE.sub(lambda match: str(_chinese(match[0])), text)


def _english(text: str) -> int:
    total = part = 0
    for word in re.findall(_WORD, text):
        if word == "thousand":
            total, part = total + (part or 1) * 1_000, 0
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            part += _VALUES[word]
    return total + part


def _chinese(text: str) -> int:
    total = digit = 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        else:
            total, digit = total + (digit or 1) * _TIMES[sign], 0
    return total + digit
