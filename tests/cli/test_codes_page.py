"""docs/codes.md says what the enumerations in the code say."""

from pathlib import Path

from groupage.app.commands.codes_page import page

PAGE = Path(__file__).parents[2] / "docs" / "codes.md"


def test_the_page_of_codes_is_current() -> None:
    """Renew it with `groupage contracts codes > docs/codes.md`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_code_has_a_meaning() -> None:
    """A row without a meaning says that a code was added and not explained."""
    assert "|  |" not in page()
