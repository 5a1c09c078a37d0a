"""Dangerous goods of a list: those that it declares, and goods of which it is open.

A UN number with its class declares goods. A "yes" without a number, and words such as battery in
the names of goods, in remarks beside them, or above and below the table (`danger`), are a question
for the shipper, which reaches the booking as a remark.
A "no" beside the goods, or the answer ``dangerous=no``, settles it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, cast

from groupage.domain.events.consignment import DangerousGoods
from producers.packing_lists import terms
from producers.packing_lists.danger import find_danger_words
from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.model import CartonLine, Text

TEXT_LENGTH_MAX = 2_000
WORDS_MAX = 50
"""More goods than a person asks the shipper about one by one."""
_NO_WORDS = """
no n none non false 0 否 无 無 不是 不带 不 普货 普貨 general non-dg non-dangerous n/a - /
"""
_NO = frozenset((*_NO_WORDS.split(), "non dg", "non dangerous"))
"""Words by which a list or an answer says that goods are not dangerous."""
_NUMBERS = (range(4, 600), range(1_001, 3_700))
"""UN numbers that exist, with room for later ones: explosives, and all others (UN Model
Regulations, 23rd edition: up to 0514 and 3560)."""
_CLASSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("3480", "3481", "3090", "3091", "3171"), ("9",)),
    **dict.fromkeys(("1133", "1170", "1203", "1210", "1263", "1266"), ("3",)),
    **dict.fromkeys(("2794", "2795", "2800"), ("8",)),
    "1044": ("2.2",),
    "1057": ("2.1",),
    "1362": ("4.2",),
    "1944": ("4.1",),
    "1950": ("2.1", "2.2", "2.3"),
    "2037": ("2.1", "2.2", "2.3"),
}
"""Classes of the goods that danger_words.toml names: batteries, paints, perfumes, glue, inks,
lighters, fire extinguishers, activated carbon, matches, aerosols (IMDG Code, Dangerous Goods List).
"""
_UN_NUMBER = re.compile(r"(?<![A-Z])UN\s?-?([0-9]{4})(?![0-9])", re.IGNORECASE)
_COMPANY = re.compile(
    r"\b(?:co|ltd|inc|gmbh|corp|s\.?l|llc|factory)\b|公司|工厂|厂家|店", re.IGNORECASE
)
"""A letterhead: ``Shenzhen Lithium Battery Co., Ltd`` says nothing of the cargo."""
_SHOWN = 80
_CLASS = re.compile(r"(?:class|cl\.?|类|類|第)\s*([1-9](?:\.[1-6])?)", re.IGNORECASE)


def declared_goods(
    lines: tuple[CartonLine, ...], cells: Cells, findings: Findings
) -> tuple[DangerousGoods, ...]:
    """Return the dangerous goods that lines declare; half of an entry is an error."""
    return tuple(_declared_goods(lines, cells, findings))


def _declared_goods(
    lines: tuple[CartonLine, ...], cells: Cells, findings: Findings
) -> Iterator[DangerousGoods]:
    for number, line in enumerate(lines):
        row = line.rows[0] if line.rows else 0
        given, class_given = _un_number_of(line), line.handling.imo_class
        imo_class = terms.imo_class(class_given or _first(_CLASS, line.handling.dangerous))
        if not given:
            if imo_class and class_given:
                cell = cells.name("imo_class", row)
                findings.refuse(cell, "no_un_number", class_given, "a UN number beside the class")
            continue
        un_number = terms.un_number(given)
        number_cell = cells.name("un_number" if line.handling.un_number else "dangerous", row)
        if _denies(line.handling.dangerous):
            expected = f"yes, or no UN number beside it: {number_cell} is {given}"
            cell = cells.name("dangerous", row)
            findings.refuse(cell, "danger_contradiction", line.handling.dangerous, expected)
        elif un_number is None:
            findings.refuse(number_cell, "bad_un_number", given, "a UN number of four digits")
        elif not any(int(un_number) in numbers for numbers in _NUMBERS):
            expected = "a UN number that exists: 0004 to 0514, 1001 to 3560"
            findings.refuse(number_cell, "bad_un_number", given, expected)
        elif imo_class and not _is_class_of(un_number, imo_class):
            cell = cells.name("imo_class" if class_given else "dangerous", row)
            expected = f"class {_expected_class(un_number)}, which UN {un_number} has"
            findings.refuse(cell, "bad_imo_class", imo_class, expected)
        elif imo_class is None:
            cell = cells.name("imo_class", row)
            expected = f"the IMDG class of UN {un_number} beside its number, such as 9 or 2.1"
            findings.refuse(cell, "no_imo_class", class_given, expected)
        else:
            yield DangerousGoods(
                un_number=un_number,
                imo_class=imo_class,
                packing_group=_packing_group(line.handling.packing_group),
                line=number,
            )


def _is_class_of(un_number: str, imo_class: str) -> bool:
    """Compare a class with its UN number; all explosives have numbers below 1000, and they alone.

    ``2`` stands for 2.1, and lithium batteries have the label 9A.
    """
    division = imo_class.rstrip("ABCDEFGHJKLNS")
    if (int(un_number) < 1_000) != division.startswith("1"):
        return False
    known = _CLASSES.get(un_number, (division,))
    return any(each == division or each.startswith(f"{division}.") for each in known)


def _expected_class(un_number: str) -> str:
    of_explosives = "1" if int(un_number) < 1_000 else "2 to 9"
    return " or ".join(_CLASSES.get(un_number, (of_explosives,)))


class _Suspicion(NamedTuple):
    """Goods that may be dangerous, the cell that says so, and its words."""

    goods: str
    cell: str
    reasons: list[str]


def open_questions(
    lines: tuple[CartonLine, ...],
    texts: tuple[Text, ...],
    answer: str,
    cells: Cells,
    findings: Findings,
) -> tuple[str, ...]:
    """Return the goods of which it is open whether they are dangerous; add a remark for each.

    `texts` stand above and below the table, and hold for all lines.
    """
    found: dict[str, None] = {}
    for goods, cell, reasons in (*_suspected_lines(lines, cells), *_suspected_texts(texts)):
        asked = [f"{reason}: {goods}"[:TEXT_LENGTH_MAX] for reason in reasons]
        new = [text for text in asked if text not in found][: WORDS_MAX - len(found)]
        if not new:
            continue
        found |= dict.fromkeys(new)
        if _denies(answer):
            denied = f"{goods}: not dangerous, as the answer dangerous={answer} says"
            findings.remark(cell, "not_dangerous", denied)
            continue
        findings.remark(
            cell,
            "is_this_dangerous",
            f"is this dangerous? {goods} ({', '.join(reasons)}). Give UN number and class in "
            "columns of their own, or answer dangerous=no",
        )
    return () if _denies(answer) else tuple(found)


def _suspected_lines(lines: Iterable[CartonLine], cells: Cells) -> Iterator[_Suspicion]:
    for line in lines:
        stated = line.handling.dangerous.strip()
        if not _un_number_of(line) and not _denies(stated):
            yield from _suspected(line, stated, cells)


def _suspected(line: CartonLine, stated: str, cells: Cells) -> Iterator[_Suspicion]:
    for article in line.articles:
        name = article.goods or article.article
        reasons = _reasons(f"{article.goods} {article.article}")
        if stated and not reasons:
            reasons = [f"the list says {stated}"]
        if reasons:
            yield _Suspicion(name, cells.name("goods", article.row), reasons)
    row = line.rows[0] if line.rows else 0
    if stated and not line.articles:
        cell = cells.name("goods", row)
        yield _Suspicion("goods without a name", cell, [f"the list says {stated}"])
    name = next((each.goods or each.article for each in line.articles), f"row {row + 1}")
    for remark in line.remarks:
        if reasons := _reasons(remark.text):
            yield _Suspicion(name, remark.cell, reasons)


def _suspected_texts(texts: Iterable[Text]) -> Iterator[_Suspicion]:
    for each in texts:
        if not _COMPANY.search(each.text) and (reasons := _reasons(each.text)):
            yield _Suspicion(each.text[:_SHOWN], each.cell, reasons)


def _reasons(text: str) -> list[str]:
    """Return the danger words and UN numbers of a text."""
    reasons = [f"{danger.kind} ({danger.word})" for danger in find_danger_words(text)]
    numbers = dict.fromkeys(match[1] for match in _UN_NUMBER.finditer(text))
    return reasons + [f"UN {number}" for number in numbers]


def _un_number_of(line: CartonLine) -> str:
    return line.handling.un_number or _first(_UN_NUMBER, line.handling.dangerous)


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _denies(text: str) -> bool:
    return terms.plain_text(text).lower() in _NO


def _packing_group(text: str) -> Literal["I", "II", "III", ""]:
    group = text.strip().upper().removeprefix("PG").strip()
    return cast("Literal['I', 'II', 'III', '']", group if group in ("I", "II", "III") else "")
