"""Carton numbers as lists write them: ``F134-F136``, ``145,147,149``, ``1 TO 20``, ``154-UP``.

A text becomes its numbers, or a sentence on what is unclear.
"""

import re
import unicodedata

import msgspec

CARTONS_MAX = 100_000
"""Numbers of a text; more than a large operator sends in a day."""
_TEXT_LENGTH_MAX = 4000
_LABEL = re.compile(
    r"^(?:(?:c\s*/?\s*|ctn\.?\s*|carton\s*|case\s*|pkg\.?\s*|box\s*)?"
    r"n(?:o|os|r|rs|umber|umbers|º|°)\s*[.:#]*|c\s*/\s*n\s*[.:#]*"
    r"|(?:ctns?|cartons?|cases?|pkgs?|box(?:es)?)\s*[.:#]*|箱号|件号|第|编号|箱|#|№)\s*[.:#]*\s*(?=[^\W_])",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?:号箱|箱|号|件|ctns?|cartons?|pkgs?|box(?:es)?)\.?$", re.IGNORECASE)
_LAST = re.compile(
    r"\s*[(（\[]?\s*(?:尾箱|尾数箱?|零头箱?|散箱|last(?: (?:ctn|carton|box|case))?|partial)\.?"
    r"\s*[)）\]]?$",
    re.IGNORECASE,
)
"""Words behind the number of a carton that is not full: ``6(尾箱)``."""
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－~〜～∼"), "-")
_UP = re.compile(r"(.+?)\s*-?\s*(?:up|以上|起|onwards?|and up|&up|\+)$", re.IGNORECASE)
_COUNT_BEHIND = re.compile(
    r"(.+?)\s*[(\[]\s*(?:共|total)?\s*(\d{1,6})\s*(?:ctns?|cartons?|cases?|pkgs?|box(?:es)?|箱|件)?\.?\s*[)\]]?",
    re.IGNORECASE,
)
_LIST_SIGNS = re.compile(
    r"\s*[,，、;；&+\n]\s*|\s+(?:and|和|及|与)\s+|(?<=\d)(?:和|及|与)(?=\D{0,6}\d)", re.IGNORECASE
)
_RANGE_SIGNS = re.compile(
    r"\s*(?:-+|\bto\b|(?<=\d)\s*to\s*(?=\D{0,6}\d)|至|到|\.\.+|thru|through)\s*", re.IGNORECASE
)


class CartonNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The carton numbers of a text; `unclear` says why there are none."""

    numbers: tuple[str, ...] = ()
    open_from: str = ""
    """The first number of a range without an end (``154-UP``): the count says how many follow."""
    unclear: str = ""
    of: int | None = None
    """How many cartons there are in all, where a single number says it: ``3 of 20``, ``3/20``."""


class _Part(msgspec.Struct, frozen=True):
    prefix: str
    digits: str
    suffix: str

    def text(self, number: int | None = None) -> str:
        digits = self.digits if number is None else str(number).zfill(len(self.digits))
        return f"{self.prefix}{digits}{self.suffix}"


def read_carton_numbers(value: object, *, count: int | None = None) -> CartonNumbers:
    """Return the numbers that a cell names.

    `count`, the line's cartons, decides between two readings: ``1/20`` is a range of twenty
    cartons, or carton 1 of 20; ``A1-10`` is a range of ten, or one carton.
    """
    text = _clean(value)
    if len(text) > _TEXT_LENGTH_MAX:
        return CartonNumbers(unclear=f"{len(text)} characters are too many for carton numbers")
    if match := _COUNT_BEHIND.fullmatch(text):
        return _checked_against(match[1], int(match[2]))
    if match := _UP.fullmatch(text):
        return _open_range(text, match[1], count)
    if match := re.fullmatch(r"(\D*\d+)\s*(?:/|\bof\b)\s*(\D*\d+)", text, re.IGNORECASE):
        return _slash(text, match[1], match[2], count)
    return _list(text, count)


def _checked_against(text: str, count: int) -> CartonNumbers:
    """Return the numbers of ``1-25 (25CTNS)``, if they are as many as it says."""
    found = read_carton_numbers(text, count=count)
    if found.unclear or len(found.numbers) == count:
        return found
    return CartonNumbers(
        unclear=f'"{_short(text)}" names {len(found.numbers)} cartons, not {count}'
    )


def _list(text: str, count: int | None) -> CartonNumbers:
    numbers: list[str] = []
    last: _Part | None = None
    for piece in _LIST_SIGNS.split(text):
        if not piece.strip(" ."):
            continue
        found, last, unclear = _range(piece, last, alone=count == 1 and not numbers)
        if unclear:
            return CartonNumbers(unclear=f'"{_short(text)}": {unclear}')
        numbers.extend(found)
        if len(numbers) > CARTONS_MAX:
            return CartonNumbers(unclear=f'"{_short(text)}" names more than {CARTONS_MAX} cartons')
    twice = len(numbers) - len(set(numbers))
    if twice:
        return CartonNumbers(unclear=f'"{_short(text)}" names {twice} cartons twice')
    return CartonNumbers(numbers=tuple(numbers))


def expand_open(first: str, count: int) -> tuple[str, ...]:
    """Return the numbers of an open range (``154-UP``) of so many cartons."""
    part = _part(first)
    if part is None or not 1 <= count <= CARTONS_MAX:
        return ()
    start = int(part.digits)
    return tuple(part.text(number) for number in range(start, start + count))


def _clean(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFKC", str(value)).translate(_DASHES)
    text = re.sub(r"(?<=\d)\s*一\s*(?=\D{0,6}\d)", "-", text)  # the numeral looks like a dash
    text = " ".join(text.strip(" .:'`()").split())
    for _ in range(2):
        text = _LABEL.sub("", text)
    return _TAIL.sub("", _LAST.sub("", text)).strip(" .:#")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _part(text: str) -> _Part | None:
    text = _TAIL.sub("", _LABEL.sub("", text.strip(" .:#()"))).strip(" .:#()")
    matches = list(re.finditer(r"\d+", text))
    if not matches:
        return None
    last = matches[-1]
    if len(last[0]) > 18 or len(text) > 60:
        return None
    suffix = text[last.end() :].strip()
    prefix = text[: last.start()]
    return _Part(prefix.strip(), last[0], suffix)


def _open_range(text: str, first: str, count: int | None) -> CartonNumbers:
    part = _part(first.strip(" -"))
    if part is None:
        return CartonNumbers(unclear=f'"{_short(text)}" has no number')
    if count is None:
        return CartonNumbers(open_from=part.text())
    return CartonNumbers(numbers=expand_open(part.text(), count), open_from=part.text())


def _slash(text: str, first: str, last: str, count: int | None) -> CartonNumbers:
    start, end = _part(first), _part(last)
    if start is None or end is None:
        return CartonNumbers(unclear=f'"{_short(text)}" has no number')
    low, high = int(start.digits), int(end.digits)
    if " of " in text.lower():
        return CartonNumbers(numbers=(start.text(),), of=high)
    if count is not None and count == high - low + 1 > 1:
        found, _, unclear = _range(f"{first}-{last}", None)
        return CartonNumbers(numbers=tuple(found), unclear=unclear)
    if count == 1 and high >= low:
        return CartonNumbers(numbers=(start.text(),), of=high)
    return CartonNumbers(
        unclear=f'"{_short(text)}" may be the cartons {low} to {high}, carton {low} of {high}, or '
        f"the cartons {low} and {high}: write {low}-{high}, {low} or {low},{high}"
    )


def _range(
    piece: str, before: _Part | None, *, alone: bool = False
) -> tuple[list[str], _Part | None, str]:
    """Return the numbers of ``7`` or ``F134-F136``, the last one, or what is unclear.

    `alone` says that the line has one carton: ``GZ-2024-001`` is its number, no range.
    """
    whole = _part(piece)
    if whole is None:
        return [], before, f'"{_short(piece)}" has no number'
    ends = [end.strip() for end in _RANGE_SIGNS.split(piece.strip())]
    if len(ends) == 4:
        ends = [f"{ends[0]}-{ends[1]}", f"{ends[2]}-{ends[3]}"]
    start, end = _part("-".join(ends[:-1])), _part(ends[-1])
    lettered = any(sign.isalpha() for sign in ends[0])
    if len(ends) == 1 or (start is None and ends[0]):
        return _single(whole, before)  # a word, a dash and a number, too: "A-12"
    if start is None or end is None:
        return [], before, f'"{_short(piece)}" has no beginning or no end: write it as 1-20'
    padded = end.digits.startswith("0") and not start.digits.startswith("0")
    if alone and (lettered or padded) and start.digits != end.digits:
        return _single(_Part("", piece.strip(), ""), before=None)
    if len(ends) == 3 and not lettered:
        return [], None, f'"{_short(piece)}" has three numbers: write 1-20, or 1,2,3'
    return _between(piece.strip(), start, end)


def _single(part: _Part, before: _Part | None) -> tuple[list[str], _Part, str]:
    if not part.prefix and before is not None and before.prefix:
        part = _Part(before.prefix, part.digits.zfill(len(before.digits)), part.suffix)
    return [part.text()], part, ""


def _between(piece: str, start: _Part, end: _Part) -> tuple[list[str], _Part | None, str]:
    low, high = int(start.digits), int(end.digits)
    unclear = ""
    if end.prefix and end.prefix.lower() != start.prefix.lower():
        unclear = f'begins with "{start.prefix}", ends with "{end.prefix}"'
    elif start.suffix and end.suffix and start.suffix != end.suffix:
        unclear = f'ends in "{start.suffix}" and in "{end.suffix}"'
    elif high < low:
        unclear = f"runs from {low} down to {high}"
    elif high - low >= CARTONS_MAX:
        unclear = f"names {high - low + 1} cartons"
    if unclear:
        return [], None, f'"{_short(piece)}" {unclear}'
    full = _Part(start.prefix, start.digits, start.suffix or end.suffix)
    last = _Part(start.prefix, end.digits, full.suffix)
    return [full.text(number) for number in range(low, high + 1)], last, ""
