"""The corpus of packing lists is read without a wrong figure."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from groupage.app.bench.packing_lists.case import Case, load_families
from groupage.app.bench.packing_lists.compare import Comparison
from groupage.app.bench.packing_lists.files import write_case
from groupage.app.bench.packing_lists.large import measure, write_large
from groupage.app.bench.packing_lists.run import describe, judge, run
from groupage.app.commands.bench import app

CASES = tuple(case for cases in load_families().values() for case in cases if not case.file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_figure_is_wrong_silently(case: Case, tmp_path: Path) -> None:
    """A list is read right, or asked about, or refused; never read wrong."""
    found = judge(case, write_case(case, tmp_path))
    assert found.outcome != "wrong silently", "\n".join(describe([found]))


@pytest.mark.slow
def test_nine_of_ten_readable_lists_are_read_without_a_question() -> None:
    """And where the sheet allows no answer, the reader asks or refuses."""
    reported: list[str] = []
    everything = run(files=None, report=reported.append)[-1]
    assert everything.lists == len(CASES)
    assert everything.right >= 0.9 * everything.readable, "\n".join(reported)


def test_a_large_list_is_read_whole(tmp_path: Path) -> None:
    """Every row of the list whose reading is timed arrives; the time is not asserted here."""
    path = tmp_path / "large.xlsx"
    write_large(path, rows=200)
    assert measure("groupage", path).rows == 200
    assert measure("pandas.read_excel", path).rows == 200


def test_a_wrong_figure_ends_the_command_with_status_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Scripts see by the exit status that something is wrong silently."""
    wrong = Comparison(case=CASES[0], outcome="wrong silently", details=("row 1",))
    monkeypatch.setattr("groupage.app.bench.packing_lists.run.judge", lambda *_: wrong)
    result = CliRunner().invoke(app, ["packing-lists", "--no-speed"])
    assert result.exit_code == 1
    assert "row 1" in result.output
