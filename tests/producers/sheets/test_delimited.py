import pytest

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Limits
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


def test_a_line_of_millions_of_cells_is_refused() -> None:
    """The csv module would make them all before anything counts them."""
    with pytest.raises(InvalidInput, match="a line of 200001 characters; 200000 are the most"):
        read_workbook("list.csv", b"a,b\n" + b"," * 200_001)


def test_the_size_of_texts_is_limited() -> None:
    """They are held in memory as a whole, in several readings while the encoding is decided."""
    with pytest.raises(InvalidInput, match="8 bytes of text; at most 5 are read"):
        read_workbook("list.csv", b"a,b\n1,2\n", limits=Limits(text_bytes=5))
