"""Limits of one reading: bytes, rows, columns, cells, time. Files come from strangers."""

import time
from collections.abc import Callable, Iterator

import msgspec

from groupage.domain.errors import InvalidInput

_SLICE = 2**18
_CELLS_BETWEEN_TIME_CHECKS = 1_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a file may have; real lists with pictures stay far below."""

    file_bytes: int = 64 * 2**20
    text_bytes: int = 16 * 2**20
    """Of a text file or an HTML page, which are held in memory as a whole."""
    unpacked_bytes: int = 256 * 2**20
    """Of the parts that are read; pictures are not unpacked."""
    sheets: int = 200
    rows: int = 100_000
    columns: int = 1_024
    cells: int = 2_000_000
    """Of all sheets; an empty cell before a full one in its row counts."""
    merged_areas: int = 100_000
    seconds: float = 30.0


class Budget:
    """What is left of the limits while one file is read. Raises InvalidInput beyond them."""

    def __init__(
        self, name: str, limits: Limits, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.limits = limits
        self._now = now
        self._deadline = now() + limits.seconds
        self._unpacked = 0
        self._cells = 0
        self._until_check = 0

    def check_file(self, size: int) -> None:
        """Compare the file's size."""
        if size > self.limits.file_bytes:
            raise InvalidInput(
                f"{self.name} has {size} bytes; at most {self.limits.file_bytes} are read"
            )

    def check_text(self, size: int) -> None:
        """Compare the size of a text file."""
        if size > self.limits.text_bytes:
            raise InvalidInput(
                f"{self.name} has {size} bytes of text; at most {self.limits.text_bytes} are read"
            )

    def check_time(self) -> None:
        """Compare the time since the reading began."""
        if self._now() > self._deadline:
            raise InvalidInput(
                f"{self.name} takes longer than {self.limits.seconds:g} s to read; "
                "send the sheet of the packing list alone"
            )

    def slices(self, data: bytes) -> Iterator[bytes]:
        """Yield the data in pieces, and compare the time before each.

        expat before 2.6 reads a token that has not ended again with each piece.
        """
        for start in range(0, len(data), _SLICE):
            self.check_time()
            yield data[start : start + _SLICE]

    def check_cell(self, row: int, column: int) -> None:
        """Refuse a cell outside the rows and columns; both count from 0."""
        if row < 0 or column < 0:
            raise InvalidInput(
                f"{self.name} is damaged: a cell stands outside of rows; save it again"
            )
        if row >= self.limits.rows:
            raise InvalidInput(
                f"{self.name} has a value in row {row + 1}; {self.limits.rows} rows are the most"
            )
        if column >= self.limits.columns:
            raise InvalidInput(
                f"{self.name} has a value in column {column + 1} of row {row + 1}; "
                f"{self.limits.columns} columns are the most"
            )

    def check_sheets(self, count: int) -> None:
        """Compare the number of sheets."""
        if count > self.limits.sheets:
            raise InvalidInput(f"{self.name} has {count} sheets; {self.limits.sheets} are the most")

    def count_unpacked(self, size: int) -> None:
        """Count bytes as they come out of an archive, not as its directory states them."""
        self._unpacked += size
        if self._unpacked > self.limits.unpacked_bytes:
            raise InvalidInput(
                f"{self.name} unpacks to more than {self.limits.unpacked_bytes} bytes, "
                "the most that is read"
            )
        self.check_time()

    def count_cells(self, count: int) -> None:
        """Count cells, empty ones before full ones too: they take memory."""
        self._cells += count
        if self._cells > self.limits.cells:
            raise InvalidInput(
                f"{self.name} has more than {self.limits.cells} cells, the most that is read"
            )
        self._until_check -= count
        if self._until_check <= 0:
            self._until_check = _CELLS_BETWEEN_TIME_CHECKS
            self.check_time()
