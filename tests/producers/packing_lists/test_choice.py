"""Which sheets of a workbook are packing lists."""

from producers.packing_lists.choice import choose_sheets
from producers.sheets.workbook import Cell, Sheet, Workbook

LIST: list[list[Cell]] = [
    ["C/NO.", "Goods", "Cartons", "Size (cm)", "G.W./ctn (kg)"],
    ["1-10", "Cups", 10, "60*40*35", 12.5],
]
INVOICE: list[list[Cell]] = [
    ["COMMERCIAL INVOICE"],
    ["Description", "Cartons", "Quantity", "Unit price USD", "Amount USD", "G.W. (kg)"],
    ["Cups", 10, 384, 6.2, 2380.8, 125],
]
SUMMARY: list[list[Cell]] = [["Mark", "Total cartons", "Total kg", "Total cbm"], ["A", 10, 125, 1]]


def sheet(name: str, rows: list[list[Cell]], *, hidden: bool = False) -> Sheet:
    """Return a sheet."""
    return Sheet(name=name, rows=tuple(tuple(row) for row in rows), hidden=hidden)


def chosen(*sheets: Sheet, only: str | None = None) -> tuple[list[str], list[str]]:
    """Return the names of the lists, and the codes of remarks and errors."""
    found = choose_sheets(Workbook(name="x.xlsx", sheets=sheets, format="xlsx"), sheet=only)
    names = [each.name for each, _ in found.lists]
    return names, [finding.code for finding in (*found.remarks, *found.errors)]


def test_a_hidden_sheet_is_told_and_not_read() -> None:
    """Last month's list is still there."""
    found = chosen(sheet("Feb", LIST, hidden=True), sheet("Mar", LIST))
    assert found == (["Mar"], ["hidden_sheet"])


def test_the_invoice_beside_the_list_is_not_read() -> None:
    """Though it has cartons and a weight."""
    assert chosen(sheet("发票", INVOICE), sheet("装箱明细", LIST)) == (
        ["装箱明细"],
        ["other_sheet"],
    )


def test_all_lists_are_read_and_a_summary_is_not() -> None:
    """Each mark has its sheet; a further one repeats their totals."""
    assert chosen(sheet("A", LIST), sheet("Summary", SUMMARY)) == (["A"], ["summary_sheet"])
    assert chosen(sheet("A", LIST), sheet("B", LIST)) == (["A", "B"], [])


def test_a_named_sheet_is_read_by_name_or_place() -> None:
    """Also a hidden one: somebody asked for it."""
    sheets = sheet("Feb", LIST, hidden=True), sheet("Mar", LIST)
    assert chosen(*sheets, only="Feb")[0] == ["Feb"]
    assert chosen(*sheets, only="2")[0] == ["Mar"]


def test_without_a_list_all_sheets_are_named() -> None:
    """The error says which sheets there are, and what a table looks like."""
    book = Workbook(name="x", sheets=(sheet("Notes", [["Hello"]]),), format="xlsx")
    found = choose_sheets(book)
    assert found.lists == ()
    assert '"Notes"' in found.errors[0].text
