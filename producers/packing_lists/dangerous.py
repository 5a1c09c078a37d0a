"""Dangerous goods of a list: those that it declares, and goods of which it is open.

A UN number with its class declares goods. A "yes" without a number, and words such as battery in
the name of goods (`danger`), are a question for the shipper, which reaches the booking as a remark.
A "no" beside the goods, or the answer ``dangerous=no``, settles it.
"""

import re
from collections.abc import Iterator
from typing import Literal, cast

from groupage.domain.events.consignment import DangerousGoods
from producers.packing_lists import terms
from producers.packing_lists.danger import find_danger_words
from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.model import CartonLine

TEXT_LENGTH_MAX = 2_000
WORDS_MAX = 50
"""More goods than a person asks the shipper about one by one."""
_NO_WORDS = """
no n none non false 0 否 无 無 不是 不带 不 普货 普貨 general non-dg non-dangerous n/a - / × ✗
"""
_NO = frozenset((*_NO_WORDS.split(), "non dg", "non dangerous"))
"""Words by which a list or an answer says that goods are not dangerous."""
_UN_NUMBER = re.compile(r"\bUN\s?-?([0-9]{4})\b", re.IGNORECASE)
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
        if un_number is None:
            cell = cells.name("un_number", row)
            findings.refuse(cell, "bad_un_number", given, "a UN number of four digits")
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


def open_questions(
    lines: tuple[CartonLine, ...], answer: str, cells: Cells, findings: Findings
) -> tuple[str, ...]:
    """Return the goods of which it is open whether they are dangerous; add a remark for each."""
    found: dict[str, None] = {}
    for line in lines:
        stated = line.handling.dangerous.strip()
        if _un_number_of(line) or _denies(stated):
            continue
        for name, row, word in _suspected(line, stated):
            text = f"{word}: {name}"[:TEXT_LENGTH_MAX]
            if text in found or len(found) == WORDS_MAX:
                continue
            found[text] = None
            cell = cells.name("goods", row)
            if _denies(answer):
                denied = f"{name}: not dangerous, as the answer dangerous={answer} says"
                findings.remark(cell, "not_dangerous", denied)
                continue
            findings.remark(
                cell,
                "is_this_dangerous",
                f"is this dangerous? {name} ({word}). Give UN number and class in columns of their "
                "own, or answer dangerous=no",
            )
    return () if _denies(answer) else tuple(found)


def _suspected(line: CartonLine, stated: str) -> Iterator[tuple[str, int, str]]:
    """Yield name, row and reason of goods that may be dangerous."""
    for article in line.articles:
        name = article.goods or article.article
        words = find_danger_words(f"{article.goods} {article.article}")
        for danger in words:
            yield name, article.row, f"{danger.kind} ({danger.word})"
        if stated and not words:
            yield name, article.row, f"the list says {stated}"
    if stated and not line.articles:
        yield "goods without a name", line.rows[0] if line.rows else 0, f"the list says {stated}"


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
