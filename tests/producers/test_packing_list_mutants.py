"""Whatever is taken away from a packing list, its figures stay right or somebody is asked."""

from pathlib import Path

import msgspec
import pytest

from groupage.app.bench.packing_lists.case import Case, load_families
from groupage.app.bench.packing_lists.files import write_case
from groupage.app.bench.packing_lists.mutants import contradictions, mutants_of
from groupage.domain.errors import InvalidInput
from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.reading import read_workbook

CASE = Case(
    name="cups",
    hard="nothing",
    rows="""
品名 | 件数 | 外箱尺寸(cm) | 单箱毛重(kg)
杯子 | 10 | 60*40*35 | 12.5
盘子 | 4 | 50*40*40 | 8
合计 | 14 | |
""",
    lines="10 | 600x400x350 | 12500 | 杯子\n4 | 500x400x400 | 8000 | 盘子",
)
FAMILIES = [family for family in load_families() if family != "reported"]


def read(case: Case, folder: Path) -> PackingList | None:
    """Read the case's file; None: it is refused whole."""
    path = write_case(case, folder)
    try:
        return understand(read_workbook(path.name, path.read_bytes()))
    except InvalidInput:
        return None


def test_each_part_of_a_list_is_taken_away_in_turn() -> None:
    """Units, sums, the name of each column, and each column."""
    names = [name for name, _ in mutants_of(CASE)]
    columns = range(1, 5)
    assert names == [
        "units",
        "sums",
        *(f"name of column {column}" for column in columns),
        *(f"column {column}" for column in columns),
    ]
    assert "cm" not in next(mutant for _, mutant in mutants_of(CASE)).sheets[0].rows


def test_a_figure_that_differs_is_found(tmp_path: Path) -> None:
    """Counts, edges and masses; the order of edges and half a per cent are forgiven."""
    found = read(CASE, tmp_path)
    assert found is not None
    assert contradictions(CASE, found) == []
    for wrong in (
        "11 | 600x400x350 | 12500 | 杯子\n4 | 500x400x400 | 8000 | 盘子",
        "10 | 600x400x355 | 12500 | 杯子\n4 | 500x400x400 | 8000 | 盘子",
        "10 | 600x400x350 | 125000 | 杯子\n4 | 500x400x400 | 8000 | 盘子",
        "10 | 600x400x350 | 12500 | 杯子",
    ):
        assert contradictions(msgspec.structs.replace(CASE, lines=wrong), found)
    turned = "10 | 350x600x400 | 12505 | 杯子\n4 | 500x400x400 | 8000 | 盘子"
    assert contradictions(msgspec.structs.replace(CASE, lines=turned), found) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_no_mutant_has_a_wrong_figure(family: str, tmp_path: Path) -> None:
    """Some 1,500 lists: half of them are still read, the others are asked about or refused."""
    wrong = {}
    for case in load_families()[family]:
        for name, mutant in mutants_of(case):
            found = read(mutant, tmp_path)
            differences = contradictions(mutant, found) if found else []
            if differences:
                wrong[case.name, name] = differences
    assert not wrong
