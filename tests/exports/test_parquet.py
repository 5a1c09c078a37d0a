import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from groupage.app.exports.files import write_archive
from groupage.domain.errors import Misconfigured
from tests.api.hub import START

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
ALWAYS = (None, None)


def _rows(file: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet  # noqa: PLC0415 - an extra, which one test hides

    rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    return rows


async def test_the_archive_has_every_fact_with_its_columns(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """Corrected and retracted ones, copies and snapshots, too."""
    file = tmp_path / "facts.parquet"
    written = await write_archive(pool, file, ALWAYS)
    rows = _rows(file)
    stored = await pool.fetch("select fact_id, type, occurred_at, data, retracted from fact")
    assert written == len(rows) == len(stored)
    assert sorted(
        (row["fact_id"], row["type"], row["occurred_at"], row["data"].encode(), row["retracted"])
        for row in rows
    ) == sorted((row[0].hex, *row[1:4], row[4]) for row in stored)


async def test_the_archive_says_which_facts_count(
    pool: "Pool[asyncpg.Record]", tmp_path: Path
) -> None:
    """As the fold decides."""
    file = tmp_path / "facts.parquet"
    await write_archive(pool, file, ALWAYS)
    scans = {
        row["event_id"]: row["effective"]
        for row in _rows(file)
        if row["event_id"].startswith("scan-") and row["relayed_by"] is None
    }
    assert scans == {
        "scan-1": True,
        "scan-2": False,
        "scan-2b": True,
        "scan-3": False,
        "scan-4": False,
        "scan-5": True,
        "scan-6": True,
    }


async def test_the_day_is_that_of_the_hub(pool: "Pool[asyncpg.Record]", tmp_path: Path) -> None:
    """A quarter past four in the afternoon in UTC is after midnight in Yiwu."""
    late = START.replace(hour=16, minute=15)
    await pool.execute("update fact set occurred_at = $1 where event_id = 'scan-6'", late)
    file = tmp_path / "facts.parquet"
    await write_archive(pool, file, ALWAYS)
    days = {row["event_id"]: row["day"] for row in _rows(file)}
    assert (days["scan-5"], days["scan-6"]) == (date(2026, 3, 2), date(2026, 3, 3))


async def test_without_pyarrow_the_error_says_how_to_install_it(
    pool: "Pool[asyncpg.Record]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is large, so most hubs do not have it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Misconfigured, match=r"groupage\[parquet\]"):
        await write_archive(pool, tmp_path / "facts.parquet", ALWAYS)
    assert os.listdir(tmp_path) == []  # noqa: PTH208
