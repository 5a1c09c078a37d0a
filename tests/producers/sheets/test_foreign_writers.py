"""What SheetJS and exceljs write is read: half of all lists come from web systems.

`make check-contracts` runs this file, because it installs the packages from a registry.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Area, Cell

_WRITERS = Path(__file__).parents[2] / "contracts" / "foreign" / "writers"
_TIMEOUT_S = 300
_ROWS: tuple[tuple[Cell, ...], ...] = (
    ("品名", "件数", "G.W.", "SSCC"),
    ("杯子", 12, 12.5, "00369012345678901239"),
    ("灯 lamp", 7, 0.084, 369012345678901),
    ("合计", 19),
    ("merged",),
)
_SHOWN = (*_ROWS[:1], ("杯子", "12", "12.5kg", "00369012345678901239"))
"""Text formats hold what a sheet shows."""
_MERGED = (Area(first_row=4, first_column=0, last_row=5, last_column=1),)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2 * _TIMEOUT_S),
    pytest.mark.skipif(
        not os.environ.get("GROUPAGE_TEST_FOREIGN_SDKS"),
        reason="installs packages: set GROUPAGE_TEST_FOREIGN_SDKS, as `make check-contracts` does",
    ),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files; skips the tests where the packages cannot be installed."""
    folder = tmp_path_factory.mktemp("writers")
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here")
    for name in ("package.json", "package-lock.json", "write.mjs"):
        shutil.copy(_WRITERS / name, folder)
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=folder, capture_output=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install: {done.stderr[-500:].decode(errors='replace')}")
    subprocess.run(["node", "write.mjs"], cwd=folder, timeout=_TIMEOUT_S, check=True)
    return folder


@pytest.mark.parametrize(
    ("file", "kind", "unit"),
    [
        ("sheetjs.xlsx", "xlsx", True),
        ("sheetjs.xlsb", "xlsb", True),
        ("sheetjs.biff8", "xls", True),
        ("sheetjs.xlml", "xml", True),
        ("sheetjs.ods", "ods", False),  # SheetJS writes no number formats there
        ("sheetjs.fods", "ods", False),
        ("exceljs.xlsx", "xlsx", True),
    ],
)
def test_workbooks_of_other_writers(written: Path, file: str, kind: str, unit: bool) -> None:  # noqa: FBT001
    """Values, merged cells, units and hidden sheets, in each format."""
    workbook = read_workbook(file, (written / file).read_bytes())
    sheet = workbook.sheets[0]
    assert (workbook.format, sheet.name, sheet.rows, sheet.merged) == (kind, "PL", _ROWS, _MERGED)
    assert sheet.number_formats == ({(1, 2): '0.0"kg"'} if unit else {})
    assert (sheet.hidden_rows, sheet.hidden_columns) == (frozenset(), frozenset())
    assert workbook.sheets[1].rows == (("old",),)
    assert workbook.sheets[1].hidden or kind == "ods"  # there SheetJS writes no such mark


@pytest.mark.parametrize(
    ("file", "kind"), [("sheetjs.html", "html"), ("sheetjs.csv", "csv"), ("sheetjs.txt", "tsv")]
)
def test_text_of_other_writers(written: Path, file: str, kind: str) -> None:
    """In UTF-8 and UTF-16, with what the sheet shows."""
    workbook = read_workbook(file, (written / file).read_bytes())
    assert (workbook.format, workbook.sheets[0].rows[:2]) == (kind, _SHOWN)
