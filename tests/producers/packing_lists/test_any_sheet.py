"""Any sheet gives a layout or none, in bounded time: input is hostile."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.packing_lists.cells import look
from producers.packing_lists.choice import choose_sheets
from producers.packing_lists.layout import read_layout
from producers.packing_lists.naming import read_name
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Area, Cell, CellError, Formula, Sheet, Workbook

WORDS = (
    *("C/NO.", "箱号", "Goods", "品名", "CTNS", "件数", "Size (cm)", "外箱尺寸", "L", "W", "H"),
    *("G.W.", "毛重(KG)", "CBM", "TOTAL", "合 计", "小计", "From: A To: B", "Page 1", "1-10"),
    *("60*40*35", "12.5KGS", "1,250", "同上", "例：", "(L*W*H)", "Qty/Ctn", "×", "pallet", ":"),
)
cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.sampled_from(WORDS),
    st.integers(-5, 400),
    st.floats(),
    st.booleans(),
    st.text(max_size=20),
    st.datetimes(timezones=st.just(UTC)),
    st.text(max_size=5).map(Formula),
    st.just(CellError("#N/A")),
)
areas = st.tuples(*[st.integers(0, 12)] * 4).map(
    lambda ends: Area(
        first_row=min(ends[0], ends[1]),
        last_row=max(ends[0], ends[1]),
        first_column=min(ends[2], ends[3]),
        last_column=max(ends[2], ends[3]),
    )
)
sheets = st.builds(
    Sheet,
    name=st.text(max_size=8),
    rows=st.lists(st.lists(cells, max_size=12).map(tuple), max_size=14).map(tuple),
    hidden=st.booleans(),
    merged=st.lists(areas, max_size=4).map(tuple),
    hidden_rows=st.frozensets(st.integers(0, 14), max_size=2),
    hidden_columns=st.frozensets(st.integers(0, 12), max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(sheets)
def test_any_sheet_gives_a_layout_or_none(sheet: Sheet) -> None:
    """Each row is in one line at most, and each column has a meaning."""
    found = read_layout(sheet)
    if found is None:
        return
    rows = [row for group in found.groups for row in group.rows]
    assert len(rows) == len(set(rows))
    assert not set(rows) & {total.row for total in found.totals}
    assert not set(rows) & set(found.header_rows)
    assert all(column.meanings for column in found.columns)


@settings(max_examples=50, deadline=None)
@given(st.lists(sheets, max_size=3))
def test_any_workbook_gives_lists_or_an_error(found: list[Sheet]) -> None:
    """Without a list there is an error."""
    chosen = choose_sheets(Workbook(name="x", sheets=tuple(found), format="xlsx"))
    assert chosen.lists or chosen.errors


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=200) | st.lists(st.sampled_from((*WORDS, "/", "per", "(", ")"))).map("".join)
)
def test_any_text_is_a_name_or_none(text: str) -> None:
    """Scores stay between 0 and 1."""
    words_of(text)
    for section in ("fields", "labels"):
        assert all(0 <= score <= 1.0001 for score in read_name(text, section).scores.values())


@settings(max_examples=300, deadline=None)
@given(cells)
def test_any_cell_looks_like_something(cell: Cell) -> None:
    """A figure is a number, whatever the cell holds."""
    seen = look(cell)
    assert seen.figure is None or seen.kind == "number"


def test_long_texts_and_wide_sheets_are_cut() -> None:
    """A header of a megabyte, a cell of digits and signs, and ten thousand columns."""
    long: tuple[Cell, ...] = ("G.W. " * 200_000, "1*" * 100_000, "1-" * 100_000, "a" * 500_000)
    wide: tuple[Cell, ...] = ("CTNS",) * 10_000
    header: tuple[Cell, ...] = ("C/NO.", "Goods", "CTNS", "Size (cm)")
    sheet = Sheet(name="PL", rows=(long, wide, header, ("1", "Cup", 1, "6*4*3"), long, wide))
    found = read_layout(sheet)
    assert found is None or len(found.columns) <= 500


def test_a_sheet_of_nothing_but_headers_ends() -> None:
    """Each row repeats the header."""
    header: tuple[Cell, ...] = ("C/NO.", "Goods", "CTNS", "Size (cm)")
    assert read_layout(Sheet(name="PL", rows=(header,) * 2_000)) is None


def test_a_date_is_not_taken_for_a_size() -> None:
    """2026/3/5 is neither 2026 × 3 × 5 nor a range."""
    assert look("2026/3/5").kind == "date"
    assert look(datetime(2026, 3, 5, tzinfo=UTC)).kind == "date"
