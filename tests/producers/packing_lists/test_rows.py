"""Rows of a table: lines of cartons, articles, sums, and what is not cargo."""

import pytest

from producers.packing_lists.layout import read_layout
from producers.packing_lists.model import Layout
from producers.sheets.workbook import Area, Cell, Sheet

Rows = list[list[Cell]]
HEADER: list[Cell] = ["C/NO.", "Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "Total G.W. (kg)"]


def read(rows: Rows, *merged: Area, hidden: frozenset[int] = frozenset()) -> Layout:
    """Read the layout of rows; there must be one."""
    sheet = Sheet(
        name="PL",
        rows=tuple(tuple(row) for row in rows),
        merged=merged,
        hidden_rows=hidden,
    )
    found = read_layout(sheet)
    assert found is not None
    return found


def down(column: int, first: int, last: int) -> Area:
    """Return an area in one column over several rows."""
    return Area(first_row=first, first_column=column, last_row=last, last_column=column)


def groups(found: Layout) -> list[tuple[int, ...]]:
    """Return the rows of each line."""
    return [group.rows for group in found.groups]


def codes(found: Layout) -> list[tuple[str, str]]:
    """Return the errors with their cells."""
    return [(error.cell, error.code) for error in found.errors]


def test_empty_size_count_and_number_continue_the_carton() -> None:
    """A text file has no merged cells: the cells below are empty."""
    found = read(
        [
            HEADER,
            ["4", "Pen", "1", "42*30*26", "12.4"],
            [None, "Eraser", None, None, None],
            [None, "Ruler", None, None, None],
            ["5", "Stapler", "1", "40*30*24", "14"],
        ]
    )
    assert groups(found) == [(1, 2, 3), (4,)]
    assert not found.errors


def test_a_number_repeated_without_figures_is_the_same_carton() -> None:
    """The mixed carton's number stands in each of its rows."""
    found = read(
        [
            HEADER,
            ["B01", "Shirt white", 1, "60*40*30", 9.3],
            ["B01", "Shirt blue", None, None, None],
            ["B02", "Trousers", 1, "60*40*40", 14.8],
        ]
    )
    assert groups(found) == [(1, 2), (3,)]


def test_a_number_repeated_with_figures_is_an_error_unless_the_sum_decides() -> None:
    """One carton written twice, or two cartons with one number: nobody knows."""
    rows: Rows = [
        HEADER,
        ["B01", "Shirt white", 1, "60*40*30", 9.3],
        ["B01", "Shirt blue", 1, "60*40*30", 9.3],
    ]
    assert codes(read(rows)) == [("A3", "carton_number_repeated")]
    assert codes(read([*rows, ["TOTAL", None, 2, None, None, 18.6]])) == []


def test_a_weight_of_its_own_without_size_count_and_number_is_not_guessed() -> None:
    """The row may be an article with its share of the weight, or a carton."""
    rows: Rows = [
        HEADER,
        ["1", "Lamp", 1, "60*40*30", None, 9.3],
        [None, "Shade", None, None, None, 4],
    ]
    assert codes(read(rows)) == [("B3", "row_unplaced")]
    total: list[Cell] = ["Total", None, 1, None, None, 13.3]
    assert codes(read([*rows, total])) == []


def test_a_merged_size_makes_a_row_with_a_weight_an_article() -> None:
    """The remark names the weight, because it may belong to the carton's."""
    found = read(
        [
            HEADER,
            ["1", "Lamp", 1, "60*40*30", None, 9.3],
            [None, "Shade", None, None, None, 4],
        ],
        down(3, 1, 2),
    )
    assert groups(found) == [(1, 2)]
    assert [remark.code for remark in found.remarks] == ["article_with_mass"]


@pytest.mark.parametrize(
    "word", ["TOTAL:", "合 计", "总计", "G. Total", "TOPLAM / TOTAL", "Grand total", "共计", "Sum"]
)
def test_words_for_sums(word: str) -> None:
    """In several languages, spaced, with signs around them."""
    found = read([HEADER, ["1-4", "Cup", 4, "60*40*30", 9, 36], [word, None, 4, None, None, 36]])
    assert groups(found) == [(1,)]
    assert [(total.row, total.groups) for total in found.totals] == [(2, (0,))]


def test_figures_tell_a_sum_that_has_no_word() -> None:
    """The row has no number and no goods, and equals the sums above."""
    found = read(
        [
            HEADER,
            ["1-4", "Cup", 4, "60*40*30", 9, 36],
            ["5-6", "Pan", 2, "60*40*30", 8, 16],
            [None, None, 6, None, None, 52],
        ]
    )
    assert [total.row for total in found.totals] == [3]


def test_goods_that_are_called_total_are_cargo() -> None:
    """A total station is an instrument."""
    found = read([HEADER, ["1-4", "Total station", 4, "60*40*30", 9, 36]])
    assert groups(found) == [(1,)]
    assert not found.totals


def test_sub_totals_sum_the_lines_since_the_last_one() -> None:
    """小计 after each mark, 总计 at the end."""
    found = read(
        [
            HEADER,
            ["1-4", "Cup", 4, "60*40*30", 9, 36],
            ["小计", None, 4, None, None, 36],
            ["5-6", "Pan", 2, "60*40*30", 8, 16],
            ["小计", None, 2, None, None, 16],
            ["总计", None, 6, None, None, 52],
        ]
    )
    assert [(total.scope, total.groups) for total in found.totals] == [
        ("section", (0,)),
        ("section", (1,)),
        ("table", (0, 1)),
    ]


def test_a_sum_above_the_first_line_sums_all_lines() -> None:
    """Some lists begin with their totals."""
    found = read([HEADER, ["TOTAL", None, 4, None, None, 36], ["1-4", "Cup", 4, "6*4*3", 9, 36]])
    assert [(total.scope, total.groups) for total in found.totals] == [("table", (0,))]


def test_page_breaks_repeat_title_header_and_page_number() -> None:
    """None of them is cargo."""
    found = read(
        [
            ["PACKING LIST", None, None, None, "Page 1 of 2"],
            HEADER,
            ["1-4", "Cup", 4, "60*40*30", 9, 36],
            ["PACKING LIST", None, None, None, "Page 2 of 2"],
            HEADER,
            ["5-6", "Pan", 2, "60*40*30", 8, 16],
            ["续表", None, None, None, "第3页"],
        ]
    )
    assert groups(found) == [(2,), (5,)]
    assert not found.errors


def test_footers_are_no_cargo() -> None:
    """Words, banks, signatures and labels below the table, some with figures in them."""
    found = read(
        [
            HEADER,
            ["1-4", "Cup", 4, "60*40*30", 9, 36],
            ["TOTAL", None, 4, None, None, 36],
            ["SAY TOTAL FOUR CARTONS ONLY."],
            ["Account No.:", None, 622848, None, None, None],
            [None, "AUTHORIZED SIGNATURE", None, "(盖章) 2026.03.05"],
            ["起运港：宁波", None, None, "目的港：汉堡"],
        ]
    )
    assert groups(found) == [(1,)]
    assert not found.errors
    assert {label.field: label.value for label in found.labels if label.field != "ignored"} == {
        "pol": "宁波",
        "pod": "汉堡",
        "cartons": "4",
    }


def test_rows_below_an_agreeing_sum_are_told_and_not_read() -> None:
    """A tax, an average, a freight: figures in the columns, no size and no number."""
    found = read(
        [
            HEADER,
            ["1-4", "Cup", 4, "60*40*30", 9, 36],
            ["TOTAL", None, 4, None, None, 36],
            [None, "AVERAGE", 2, None, None, 18],
        ]
    )
    assert groups(found) == [(1,)]
    assert [(remark.cell, remark.code) for remark in found.remarks] == [("B4", "row_after_sum")]


def test_rows_below_a_sum_that_does_not_agree_are_errors() -> None:
    """One of them may be the carton that the sum misses."""
    found = read(
        [
            HEADER,
            ["1-4", "Cup", 4, "60*40*30", 9, 36],
            ["TOTAL", None, 5, None, None, 45],
            [None, "Saucer", 1, None, None, 9],
        ]
    )
    assert codes(found) == [("B4", "row_unplaced")]


def test_the_example_of_a_form_is_an_error() -> None:
    """It looks like cargo, and nobody would have deleted a list's only line in silence."""
    found = read([HEADER, ["例:1-10", "杯子", 10, "6*4*3", 9, 90], ["1-4", "Cup", 4, "6*4*3", 9]])
    assert codes(found) == [("A2", "example_row")]


def test_rows_of_a_form_that_nobody_filled_in_are_empty() -> None:
    """Formulas give 0 in each of them."""
    found = read([HEADER, ["1-4", "Cup", 4, "60*40*30", 9, 36], [None, None, None, None, None, 0]])
    assert groups(found) == [(1,)]
    assert not found.errors


def test_a_row_with_goods_and_figures_after_a_gap_is_not_dropped() -> None:
    """It belongs to no carton: an error with its cell."""
    header: list[Cell] = ["C/NO.", "Goods", "Pcs", "Ctns", "Size (cm)"]
    found = read([header, ["1", "Cup", 40, 1, "6*4*3"], [], [None, "Pan", 12, None, None]])
    assert codes(found) == [("B4", "row_unplaced")]


def test_hidden_rows_are_told_and_not_read() -> None:
    """People do not see them. If the sum includes them the list contradicts itself."""
    rows: Rows = [
        HEADER,
        ["1-4", "Cup", 4, "60*40*30", 9, 36],
        ["5-6", "Pan", 2, "60*40*30", 8, 16],
    ]
    found = read(rows, hidden=frozenset((2,)))
    assert groups(found) == [(1,)]
    assert [remark.code for remark in found.remarks] == ["hidden_rows"]
    summed = read([*rows, ["TOTAL", None, 6, None, None, 52]], hidden=frozenset((2,)))
    assert codes(summed) == [("A3", "hidden_rows_in_sum")]


def test_a_ditto_mark_is_a_size_of_its_own() -> None:
    """``同上`` begins a line: the size is that above."""
    found = read([HEADER, ["1-4", "Cup", 4, "6*4*3", 9], ["5-6", "Pan", 2, "同上", 8]])
    assert groups(found) == [(1,), (2,)]


def test_three_sizes_share_one_range_of_numbers() -> None:
    """``F134-F136`` is merged over three rows with a size each."""
    found = read(
        [
            HEADER,
            ["F134-F136", "Shelf", 3, "180*25*12", 30, 62],
            [None, None, None, "180*15*12", 18, None],
            [None, None, None, "175*20*12", 14, None],
        ],
        down(0, 1, 3),
        down(2, 1, 3),
    )
    assert [(group.rows, group.continues) for group in found.groups] == [
        ((1,), False),
        ((2,), True),
        ((3,), True),
    ]


def test_headings_between_the_lines_are_no_articles() -> None:
    """A heading stands before the first line, too, or ends in a colon."""
    header: list[Cell] = ["品名", "箱数", "外箱尺寸cm", "单箱毛重kg"]
    lines: Rows = [["小车", 10, "60*40*35", 12], ["文具"], ["铅笔", 5, "40*30*20", 9]]
    assert groups(read([header, *lines])) == [(1, 2), (3,)]
    assert groups(read([header, ["玩具"], *lines])) == [(2,), (4,)]
    lines[1] = ["B类：文具"]
    assert groups(read([header, *lines])) == [(1,), (3,)]


def test_a_row_with_0_cartons_is_no_article_of_the_carton_above() -> None:
    """An article that is out of stock; one with pieces shares the carton."""
    header: list[Cell] = ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)", "Total pcs"]
    found = read(
        [
            header,
            ["Phones", 7, "42*32*30", 9.3, 700],
            ["Speakers", 0, None, None, None],
            ["Mics", 5, "46*36*30", 10.1, 200],
            ["Stands", 0, None, None, 50],
        ]
    )
    assert groups(found) == [(1,), (3, 4)]
    assert [remark.code for remark in found.remarks] == ["no_cartons"]


def test_a_count_that_begins_with_a_word_for_sums_is_cargo() -> None:
    """共20箱 beside goods and a size is the row's count."""
    header: list[Cell] = ["货物", "数量", "尺寸(cm)", "毛重(kg)/箱"]
    found = read(
        [
            header,
            ["瓷盘", "共20箱", "46*36*30", 15.5],
            ["瓷碗", "共8箱", "40*40*30", 16],
            ["合计", "共28箱", None, None],
        ]
    )
    assert groups(found) == [(1,), (2,)]
    assert [total.row for total in found.totals] == [3]


def test_a_count_that_was_forgotten_is_not_shared_from_the_row_above() -> None:
    """Two cartons of two sizes would come out; a sum that agrees proves the sharing."""
    header: list[Cell] = ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)"]
    rows: Rows = [header, ["Cup", 2, "60*40*35", 12], ["Pan", None, "50*40*30", 9]]
    assert codes(read(rows)) == [("A3", "count_missing")]
    assert codes(read([*rows, ["TOTAL", 7, None, None]])) == [("A3", "count_missing")]
    assert codes(read([*rows, ["TOTAL", 2, None, None]])) == []


@pytest.mark.parametrize(
    "note",
    [
        "以下为新款,请与旧款分开堆放",
        "※ 外箱唛头见附件2",
        "Note repacked in March",
        "Handle with care!",
    ],
)
def test_a_sentence_between_rows_is_no_article(note: str) -> None:
    """It says something about the rows; a remark names it."""
    header: list[Cell] = ["品名", "件数", "尺寸(cm)", "毛重(kg)/箱"]
    found = read(
        [header, ["书包", 10, "60*40*35", 12.5], [note], ["笔袋", 6, "45*35*30", 10]],
    )
    assert groups(found) == [(1,), (3,)]
    assert "row_without_figures" in [remark.code for remark in found.remarks]


def test_running_totals_stand_beside_those_of_pages() -> None:
    """累计 sums all rows above, 本页小计 those since the last sum."""
    header: list[Cell] = ["箱号", "品名", "件数", "尺寸(cm)", "毛重(kg)/箱"]
    found = read(
        [
            header,
            ["1-10", "花盆", 10, "52*52*40", 13],
            ["本页小计", None, 10, None, None],
            ["累计", None, 10, None, None],
            ["11-18", "水管", 8, "60*60*30", 14],
            ["本页小计", None, 8, None, None],
            ["累计", None, 18, None, None],
        ]
    )
    assert groups(found) == [(1,), (4,)]
    assert [(total.row, total.groups) for total in found.totals] == [
        (2, (0,)),
        (3, (0,)),
        (5, (1,)),
        (6, (0, 1)),
    ]


def test_a_count_with_a_sign_of_thousands_is_a_count() -> None:
    """1,000 has two readings until the figures decide, and was forgotten in neither."""
    header: list[Cell] = ["Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)"]
    found = read([header, ["Cup", "1,000", "60*40*35", 12], ["Pan", "1,200", "50*40*30", 9]])
    assert (groups(found), codes(found)) == ([(1,), (2,)], [])


def test_a_sum_that_names_its_mark_is_a_sum() -> None:
    """``TOTAL MARK A`` in the column of numbers, with the count of the section."""
    found = read(
        [
            HEADER,
            ["1-5", "Cup", 5, "60*40*35", 12, 60],
            ["TOTAL MARK A", None, 5, None, None, 60],
            ["1-3", "Mug", 3, "60*40*35", 12, 36],
            ["TOTAL MARK B", None, 3, None, None, 36],
        ]
    )
    assert groups(found) == [(1,), (3,)]
    assert [(total.scope, total.groups) for total in found.totals] == [
        ("section", (0,)),
        ("section", (1,)),
    ]


def test_a_date_in_the_column_of_sizes_is_no_size() -> None:
    """It stands beside the signature."""
    found = read([HEADER, ["1-5", "Cup", 5, "6*4*3", 12], [None, None, None, "2026/3/5"]])
    assert groups(found) == [(1,)]


def test_lines_below_the_total_are_read_with_a_remark() -> None:
    """They may have come late; with a total of their own they are a block, without a remark."""
    late: Rows = [
        HEADER,
        ["1-5", "Cups", 5, "50*40*30", 12, 60],
        ["6-8", "Dolls", 3, "60*40*30", 10, 30],
        ["TOTAL", None, 8, None, None, 90],
        ["9", "Pan", 1, "40*30*30", 5, 5],
    ]
    found = read(late)
    assert groups(found) == [(1,), (2,), (4,)]
    assert [(each.cell, each.code) for each in found.remarks] == [("A5", "below_total")]
    assert read([*late, ["TOTAL", None, 9, None, None, 95]]).remarks == ()
