import pytest

from groupage.domain.errors import InvalidInput
from producers.sheets.reading import read_workbook


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b,c\n1,2,3\n", (("a", "b", "c"), ("1", "2", "3"))),
        ("Größe;Gewicht;kg\n1,5;2,5;3,5\n1,5;2,5;3,5\n", None),
        ("a\tb, c\n1\t2,5\n", (("a", "b, c"), ("1", "2,5"))),
        ("a|b\n1|2\n", (("a", "b"), ("1", "2"))),
        ("goods,note\ncups,red; blue\nplates,green; white\n", None),
        ('sep=;\n"a;b";c\n', (("a;b", "c"),)),
        ('"G.W (KG)\n总毛重",24" pipe\r\n1,2\r\n', (("G.W (KG)\n总毛重", '24" pipe'), ("1", "2"))),
        ("a,b\r1,2\r", (("a", "b"), ("1", "2"))),
    ],
)
def test_delimiters_by_evidence(text: str, rows: tuple[tuple[str, ...], ...] | None) -> None:
    """Decimal commas and semicolons in goods do not divide cells."""
    found = read_workbook("list.csv", text.encode()).sheets[0].rows
    assert found == rows if rows else {len(row) for row in found} in ({2}, {3})


def test_a_quotation_mark_that_is_never_closed_is_named() -> None:
    """It would swallow the rest of the list."""
    text = 'a,b\n"1,2\n' + "1,2\n" * 500
    with pytest.raises(InvalidInput, match="opens near row 2 is never closed"):
        read_workbook("list.csv", text.encode())


def test_an_empty_file_is_refused() -> None:
    """So is one of white space."""
    for data in (b"", b" \n\n", b"\xef\xbb\xbf", b",,\n,,\n"):
        with pytest.raises(InvalidInput, match="empty"):
            read_workbook("list.csv", data)
