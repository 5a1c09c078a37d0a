"""The corpus of packing lists is whole: each list can be written, and its truth is consistent."""

from pathlib import Path

import pytest

from groupage.app.bench.packing_lists.case import Case, load_families, true_lines, true_totals
from groupage.app.bench.packing_lists.files import write_case
from groupage.app.bench.packing_lists.grid import cells_of

CASES = tuple(case for cases in load_families().values() for case in cases if not case.file)


def test_the_corpus_is_large_and_a_part_of_it_is_held_out() -> None:
    """At least 60 lists; the wording of 15 was chosen to be unexpected."""
    assert len(CASES) >= 60
    assert sum(case.held_out for case in CASES) >= 15
    assert {case.format for case in CASES} == {"xlsx", "xls", "xlsb", "ods", "csv"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_list_is_written_and_its_truth_is_consistent(case: Case, tmp_path: Path) -> None:
    """Each list says what is right; carton numbers are as many as the cartons."""
    assert write_case(case, tmp_path).stat().st_size > 0
    lines = true_lines(case)
    assert lines or true_totals(case) or case.asks or case.refuses
    for line in lines:
        assert line.cartons > 0
        assert line.gross_g > 0
        assert min(line.edges_mm) > 0
        assert not line.numbers or len(line.numbers) == line.cartons
        length, width, height = line.edges_mm
        # Feathers to screws: kilograms in a cubic metre.
        assert 30 < line.gross_g / (length * width * height / 1e6) <= 2_500, line


def test_the_notation_of_a_sheet() -> None:
    """Numbers, texts, formulas, number formats, merged areas and the place of the first cell."""
    cells = cells_of(
        'Size | < | \'x\n12 | 7.5 {0.0"kg"} | =A1*2 -> 24\n^ | =A1 | two\\nlines', at="C2"
    )
    by_place = {(cell.row, cell.column): cell for cell in cells}
    size = by_place[1, 2]
    assert (size.value, size.last_row, size.last_column) == ("Size", 1, 3)
    assert by_place[1, 4].value == "x"
    assert (by_place[2, 2].value, by_place[2, 2].last_row) == (12, 3)
    assert (by_place[2, 3].value, by_place[2, 3].number_format) == (7.5, '0.0"kg"')
    assert (by_place[2, 4].value, by_place[2, 4].formula) == (24, "=A1*2")
    assert (by_place[3, 3].value, by_place[3, 3].formula) == (None, "=A1")
    assert by_place[3, 4].value == "two\nlines"
