"""Which dangerous goods may not share a container (table 7.2.4 of the IMDG Code).

The figures were read from two carriers' public charts that name no amendment; they are data with a
version, to be compared with the amendment in force before anybody claims compliance. Entries of the
Dangerous Goods List (column 16b, segregation groups, subsidiary risks, limited quantities) override
the table and are not modelled. Class 1 with class 1 follows its own rules and is forbidden here.
"""

from typing import Literal

import msgspec

Code = Literal["X", "1", "2", "3", "4", "*"]
"""X no general rule (see the entry); 1 away from; 2 separated from; 3 by a complete compartment;
4 longitudinally by one; * rules of class 1."""

_COLUMNS = (
    "1.1 1.3 1.4 2.1 2.2 2.3 3 4.1 4.2 4.3 5.1 5.2 6.1 6.2 7 8 9".split()  # noqa: SIM905 - a table
)
_ROWS = """
* * * 4 2 2 4 4 4 4 4 4 2 4 2 4 X
* * * 4 2 2 4 3 3 4 4 4 2 4 2 2 X
* * * 2 1 1 2 2 2 2 2 2 X 4 2 2 X
4 4 2 X X X 2 1 2 X 2 2 X 4 2 1 X
2 2 1 X X X 1 X 1 X X 1 X 2 1 X X
2 2 1 X X X 2 X 2 X X 2 X 2 1 X X
4 4 2 2 1 2 X X 2 1 2 2 X 3 2 X X
4 3 2 1 X X X X 1 X 1 2 X 3 2 1 X
4 3 2 2 1 2 2 1 X 1 2 2 1 3 2 1 X
4 4 2 X X X 1 X 1 X 2 2 X 2 2 1 X
4 4 2 2 X X 2 1 2 2 X 2 1 3 1 2 X
4 4 2 2 1 2 2 2 2 2 2 X 1 3 2 2 X
2 2 X X X X X X 1 X 1 1 X 1 X X X
4 4 4 4 2 2 3 3 3 2 3 3 1 X 3 3 X
2 2 2 2 1 1 2 2 2 2 1 2 X 3 X 2 X
4 2 2 1 X X X 1 1 1 2 2 X 3 2 X X
X X X X X X X X X X X X X X X X X
"""
_DIVISIONS_OF_CLASS_1 = {"1.2": "1.1", "1.5": "1.1", "1.6": "1.3"}


class SegregationTable(msgspec.Struct, frozen=True, kw_only=True):
    """One edition of the table. `codes` has a row for each class, in the order of `classes`."""

    version: str
    amendment: str
    """Amendment of the IMDG Code that the figures were compared with; empty: none yet."""
    sources: tuple[str, ...]
    classes: tuple[str, ...]
    codes: tuple[tuple[Code, ...], ...]

    def code(self, first: str, second: str) -> Code:
        """The table's entry for two classes such as ``3`` and ``5.1``, ``1.4S`` included.

        Raises KeyError for a class that the table does not hold.
        """
        return self.codes[self._index(first)][self._index(second)]

    def _index(self, imo_class: str) -> int:
        division = imo_class.rstrip("ABCDEFGHJKLNS")
        division = _DIVISIONS_OF_CLASS_1.get(division, division)
        if division not in self.classes:
            raise KeyError(imo_class)
        return self.classes.index(division)


TABLE = SegregationTable(
    version="2026-1",
    amendment="",
    sources=(
        "dangerous goods chart of a carrier (oocl.com), rows 1.1 to 5.1, undated",
        "dangerous goods chart of a forwarder (scllogistics.com), rows 1.3 to 7 and 9, undated",
        "row 8 by symmetry",
    ),
    classes=tuple(_COLUMNS),
    codes=msgspec.convert(
        [row.split() for row in _ROWS.split("\n") if row], tuple[tuple[Code, ...], ...]
    ),
)


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Two classes that may not share a container, and the table's code."""

    first: str
    second: str
    code: Code


def clashes(imo_classes: tuple[str, ...], table: SegregationTable = TABLE) -> tuple[Clash, ...]:
    """Pairs that may not be loaded together: every code but X forbids a shared container.

    Carriers read codes 1 to 4 as "no co-loading in one container". A class that the table does not
    hold clashes with everything: unknown danger is not let in.
    """
    found = []
    distinct = sorted(set(imo_classes))
    for position, first in enumerate(distinct):
        for second in distinct[position:]:
            code = _code_or_star(table, first, second)
            if code != "X" and (first != second or code == "*"):
                found.append(Clash(first=first, second=second, code=code))
    return tuple(found)


def _code_or_star(table: SegregationTable, first: str, second: str) -> Code:
    try:
        return table.code(first, second)
    except KeyError:
        return "*"
