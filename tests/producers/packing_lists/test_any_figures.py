"""Any figures under a good header give lines, questions or errors, in bounded time."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.packing_lists.figures.cells import read_edges, read_quantity
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Cell, CellError, Formula, Sheet, Workbook

HEADERS = (
    *("C/No", "SSCC", "Goods", "品名", "Qty", "Qty/Ctn", "Ctns", "件数", "Size (cm)", "Size"),
    *("L", "W", "H (mm)", "CBM", "体积", "G.W.", "G.W./ctn (kg)", "Total G.W.", "N.W. (lbs)"),
    *("Unit price (USD)", "Amount", "Stackable", "Fragile", "Max load on top", "Marks", "POD"),
)
cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.integers(-5, 500),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.booleans(),
    st.text(max_size=12),
    st.text(alphabet="0123456789.,-*x× cmkgin'\"()一百长宽高", max_size=24),
    st.sampled_from(("60*40*35", "60×40×35 cm", "1-10", "12,5", "1.234", "154-UP", "TOTAL", "×")),
    st.dates(),
    st.times(),
    st.just(datetime(2026, 3, 1, tzinfo=UTC)),
    st.text(max_size=5).map(Formula),
    st.just(CellError("#REF!")),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(HEADERS), min_size=3, max_size=12, unique=True),
    st.lists(st.lists(cells, max_size=12).map(tuple), max_size=8),
    st.dictionaries(
        st.sampled_from(("F1.unit", "G1.per", "numbers", "C1.field", "D2.count", "")),
        st.sampled_from(("cm", "row", "comma", "cartons", "", "numbers")),
        max_size=3,
    ),
)
def test_any_figures_give_an_answer(
    header: list[str], rows: list[tuple[Cell, ...]], answers: dict[str, str]
) -> None:
    """Lines without questions and errors have whole figures above 0."""
    sheet = Sheet(name="S", rows=(tuple(header), *rows))
    found = understand(Workbook(name="l.xlsx", sheets=(sheet,), format="xlsx"), answers=answers)
    if found.questions or found.errors:
        return
    for line in found.lines:
        assert line.cartons >= 1
        assert min(line.length_mm, line.width_mm, line.height_mm, line.gross_g) >= 1


@settings(max_examples=500, deadline=None)
@given(cells)
def test_any_cell_is_a_quantity_or_none(cell: Cell) -> None:
    """Reading a cell never fails."""
    found = read_quantity(cell)
    assert found is None or {found.point, found.comma} != {None}
    read_edges(cell)
