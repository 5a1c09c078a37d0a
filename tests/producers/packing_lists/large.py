"""A list of 5,000 rows: time and memory, beside what pandas alone takes to load the sheet.

Each reader runs in a process of its own: ``python -m groupage.app.bench.packing_lists.large``.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

ROWS = 5_000


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Time and memory of one reader."""

    name: str
    rows: int
    cpu_s: float
    """CPU time of the reading, without imports."""
    wall_s: float
    memory_mb: int
    """The process's highest resident memory, with its imports."""


def write_large(path: Path, *, rows: int = ROWS) -> None:
    """Write a list with carton numbers, row totals and a totals row."""
    import xlsxwriter  # noqa: PLC0415 - not among what runs the hub

    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("装箱明细")
        page.write_row(0, 0, ["装箱单 PACKING LIST"])
        header = ["箱号 C/NO.", "货号", "品名 Description", "箱数 CTNS", "每箱数量 PCS/CTN"]
        header += [
            "外箱尺寸 MEAS. (cm)",
            "总体积 CBM",
            "单箱毛重 G.W./CTN (kg)",
            "总毛重 T.G.W. (kg)",
        ]
        page.write_row(1, 0, header)
        first = 1
        sums = [0, 0.0, 0.0]
        for row in range(rows):
            count, gross = 1 + row % 7, 6 + row % 11 * 0.5
            edges = 40 + row % 5, 30 + row % 3, 25 + row % 4
            volume = round(count * edges[0] * edges[1] * edges[2] / 1e6, 6)
            numbers = f"{first}-{first + count - 1}" if count > 1 else str(first)
            size = "*".join(map(str, edges))
            values = [numbers, f"YW-{row:05}", f"小商品 {row}", count, 24 + row % 9, size]
            page.write_row(row + 2, 0, [*values, volume, gross, count * gross])
            first += count
            sums = [sums[0] + count, sums[1] + volume, sums[2] + count * gross]
        page.write_row(rows + 2, 2, ["合计", sums[0]])
        page.write_row(rows + 2, 6, [round(sums[1], 3), None, sums[2]])


def run() -> tuple[Row, ...]:
    """Measure both readers on one file, one after the other."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.xlsx"
        write_large(path)
        for reader in ("groupage", "pandas.read_excel"):
            command = [sys.executable, "-m", __name__, reader, str(path)]
            printed = subprocess.run(command, check=True, capture_output=True).stdout
            rows.append(msgspec.json.decode(printed, type=Row))
    return tuple(rows)


def measure(reader: str, path: Path) -> Row:
    """Read the file in this process."""
    if reader == "groupage":
        from producers.packing_lists.reading import understand  # noqa: PLC0415 - measured alone
        from producers.sheets.reading import read_workbook  # noqa: PLC0415 - the same

        def read() -> int:
            return len(understand(read_workbook(path.name, path.read_bytes())).lines)

    else:
        import pandas as pd  # noqa: PLC0415 - measured alone

        def read() -> int:
            return len(pd.read_excel(path, header=1)) - 1

    cpu, wall = time.process_time(), time.perf_counter()
    rows = read()
    return Row(
        name=reader,
        rows=rows,
        cpu_s=round(time.process_time() - cpu, 2),
        wall_s=round(time.perf_counter() - wall, 2),
        memory_mb=_peak_memory_mb(),
    )


def _peak_memory_mb() -> int:
    """Return this program's highest resident memory.

    getrusage counts what the parent had before exec, too; Linux has the figure without it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(measure(sys.argv[1], Path(sys.argv[2]))))
