"""The pages: every relative link leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*.md")
    if not {".venv", "node_modules", ".git"} & set(path.parts)
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_relative_links_exist(page: Path) -> None:
    """Files that moved take their links along."""
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [link for link in _LINK.findall(text) if "://" not in link]
    broken = [
        link
        for link in targets
        if not ((ROOT / page).parent / link.partition("#")[0]).resolve().exists()
    ]
    assert broken == []


def test_there_are_pages() -> None:
    """The test above would pass on an empty list."""
    assert Path("README.md") in PAGES
    assert len(PAGES) > 15
