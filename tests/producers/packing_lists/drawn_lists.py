"""Lists drawn at random, each with its truth: many forms of header, units, sums and articles."""

import random
from collections.abc import Callable
from decimal import Decimal
from itertools import accumulate
from math import ceil, prod

import msgspec

from producers.sheets.workbook import Area, Cell, Sheet

NAMES: dict[str, tuple[str, ...]] = {
    "number": ("C/NO.", "CTN NO.", "箱号", "箱號", "Case No.", "Carton Number", "箱号 C/NO"),
    "goods": (
        "Description",
        "品名",
        "Goods",
        "Item",
        "品名 Description",
        "产品名称",
        "Descripción",
    ),
    "count": (
        "CTNS",
        "Cartons",
        "件数",
        "箱数",
        "No. of Ctns",
        "Packages",
        "TTL CTNS",
        "件数/CTNS",
    ),
    "size": ("Size", "Carton Size", "外箱尺寸", "MEAS", "Measurement", "箱规", "L*W*H", "长*宽*高"),
    "length": ("L", "Length", "长", "外箱长", "Carton L", "Largo"),
    "width": ("W", "Width", "宽", "外箱宽", "Carton W", "Ancho"),
    "height": ("H", "Height", "高", "外箱高", "Carton H", "Alto"),
    "gross_each": ("G.W./CTN", "单箱毛重", "@G.W.", "毛重/箱", "Carton gross weight", "单件毛重"),
    "gross_row": ("Total G.W.", "总毛重", "TTL G.W.", "T.G.W.", "毛重合计"),
    "gross": ("G.W.", "毛重", "Gross weight", "G/W"),
    "volume_row": ("Total CBM", "总体积(m3)", "TTL CBM", "总立方", "CBM", "方数"),
    "rate": ("PCS/CTN", "Qty/Ctn", "每箱数量", "装箱数", "件数/箱", "Case pack"),
    "pieces": ("QTY (PCS)", "数量", "Total Qty", "总数量(PCS)", "TTL PCS", "Q'TY"),
    "price": ("Unit Price (USD)", "单价", "U/PRICE USD"),
    "serial": ("No.", "序号", "S/N", "Pos"),
    "remark": ("Remark", "备注"),
}
"""Headers of each column; those of edges and masses get a unit."""
TWINS: dict[str, str] = {kind: names[2] for kind, names in NAMES.items() if len(names) > 2}
"""A second header row in another language."""
TOTALS = ("TOTAL", "合计", "合 计", "总计", "Total:", "GRAND TOTAL", "TTL", "共计")
MILLIMETRES = {"cm": Decimal(10), "mm": Decimal(1), "m": Decimal(1000), "inch": Decimal("25.4")}
GRAMS = {"kg": Decimal(1000), "KGS": Decimal(1000), "g": Decimal(1), "lbs": Decimal("453.59237")}
EDGES = ("length", "width", "height")


class DrawnLine(msgspec.Struct, frozen=True):
    """Equal cartons: count, first number, edges and mass as the list writes them, articles."""

    count: int
    first: int
    edges: tuple[Decimal, ...]
    mass: Decimal
    goods: tuple[str, ...]


class DrawnList(msgspec.Struct, frozen=True):
    """A sheet, the kinds of its columns, and its truth."""

    sheet: Sheet
    header_row: int
    kinds: tuple[str, ...]
    truth: tuple[tuple[int, tuple[int, ...], int, tuple[str, ...]], ...]
    """Of each line: cartons, edges in mm, grams of one carton, goods."""


def draw_list(seed: int) -> DrawnList:
    """Return the list that a seed draws."""
    dice = random.Random(seed)
    length, mass = dice.choice(list(MILLIMETRES)), dice.choice(list(GRAMS))
    lines = _lines(dice, length, mass)
    kinds = _kinds(dice)
    header = [_header(dice, kind, length, mass) for kind in kinds]
    body, merged = _body(dice, lines, kinds, length)
    top: list[list[Cell]] = [["PACKING LIST"], ["Shipper:", "ABC Trading"], []]
    rows: list[list[Cell]] = [*top[: dice.choice((0, 1, 3))], list(header)]
    if dice.random() < 0.3:
        rows.append([TWINS.get(kind) for kind in kinds])
    start = len(rows)
    rows += body
    if "gross" in kinds or dice.random() < 0.6:
        rows.append(_sums(dice, lines, kinds, length))
    if dice.random() < 0.5:
        rows += [[], ["SAY TOTAL CARTONS ONLY."], [None, "AUTHORIZED SIGNATURE"]]
    if dice.random() < 0.3:
        rows = [[_text(cell) for cell in row] for row in rows]
    moved = [
        msgspec.structs.replace(
            area, first_row=area.first_row + start, last_row=area.last_row + start
        )
        for area in merged
    ]
    truth = tuple(
        (
            line.count,
            tuple(ceil(edge * MILLIMETRES[length]) for edge in line.edges),
            int((line.mass * GRAMS[mass]).to_integral_value()),
            line.goods,
        )
        for line in lines
    )
    sheet = Sheet(name="PL", rows=tuple(tuple(row) for row in rows), merged=tuple(moved))
    return DrawnList(sheet, start, kinds, truth)


def _lines(dice: random.Random, length: str, mass: str) -> list[DrawnLine]:
    counts = [dice.choice((1, 1, 2, 3, 5, 10, 12, 20, 48)) for _ in range(dice.randint(1, 6))]
    lines = []
    for place, (count, last) in enumerate(zip(counts, accumulate(counts), strict=True)):
        millimetres = [dice.randint(20, 90) * 10 for _ in EDGES]
        edges = tuple(round(edge / MILLIMETRES[length], 2) for edge in millimetres)
        grams = prod(millimetres) // 1_000_000 * dice.randint(120, 450) + 500
        articles = 1 if dice.random() < 0.75 else dice.randint(2, 3)
        goods = tuple(f"Thing {chr(65 + place)}{number}" for number in range(articles))
        lines.append(
            DrawnLine(count, last - count + 1, edges, round(grams / GRAMS[mass], 2), goods)
        )
    return lines


def _kinds(dice: random.Random) -> tuple[str, ...]:
    identity: tuple[tuple[str, ...], ...] = (("number",), ("count",), ("number", "count"))
    kinds = ["goods", *dice.choice(identity)]
    masses = (("gross_each",), ("gross_row",), ("gross_each", "gross_row"), ("gross",))
    kinds += dice.choice(masses)
    kinds += [
        kind
        for kind in ("volume_row", "rate", "pieces", "price", "serial", "remark")
        if dice.random() < 0.4
    ]
    dice.shuffle(kinds)
    place = dice.randint(0, len(kinds))
    kinds[place:place] = dice.choice((["size"], list(EDGES)))
    return tuple(kinds)


def _header(dice: random.Random, kind: str, length: str, mass: str) -> str:
    name = dice.choice(NAMES[kind])
    unit = length if kind in ("size", *EDGES) else mass if kind.startswith("gross") else ""
    return (
        dice.choice((f"{name} ({unit})", f"{name}（{unit}）", f"{name} {unit}")) if unit else name
    )


def _text(cell: Cell) -> Cell:
    return str(cell) if isinstance(cell, int | float) else cell


def _number(value: Decimal | float) -> Cell:
    return int(value) if value == int(value) else float(value)


def _cell(line: DrawnLine, kind: str, length: str) -> Cell:
    """Return a line's figure in a column of the carton."""
    last = line.first + line.count - 1
    volume = prod(edge * MILLIMETRES[length] for edge in line.edges) * line.count / 10**9
    readers: dict[str, Callable[[], Cell]] = {
        "number": lambda: f"{line.first}-{last}" if line.count > 1 else str(line.first),
        "count": lambda: line.count,
        "size": lambda: "*".join(str(_number(edge)) for edge in line.edges),
        "gross_each": lambda: _number(line.mass),
        "gross": lambda: _number(line.mass),
        "gross_row": lambda: _number(line.mass * line.count),
        "volume_row": lambda: round(float(volume), 3),
    }
    if kind in EDGES:
        return _number(line.edges[EDGES.index(kind)])
    return readers[kind]() if kind in readers else None


def _body(
    dice: random.Random, lines: list[DrawnLine], kinds: tuple[str, ...], length: str
) -> tuple[list[list[Cell]], list[Area]]:
    rows: list[list[Cell]] = []
    merged: list[Area] = []
    merges = dice.random() < 0.5
    for line in lines:
        of_article: dict[str, Cell] = {"rate": 12, "pieces": 12 * line.count, "price": 1.25}
        for place, goods in enumerate(line.goods):
            values: dict[str, Cell] = of_article | {"goods": goods, "serial": len(rows) + 1}
            rows.append(
                [values.get(kind, None if place else _cell(line, kind, length)) for kind in kinds]
            )
        if merges and len(line.goods) > 1:
            merged += [
                Area(
                    first_row=len(rows) - len(line.goods),
                    last_row=len(rows) - 1,
                    first_column=column,
                    last_column=column,
                )
                for column, kind in enumerate(kinds)
                if _cell(line, kind, length) is not None
            ]
    return rows, merged


def _sums(
    dice: random.Random, lines: list[DrawnLine], kinds: tuple[str, ...], length: str
) -> list[Cell]:
    volumes = [_cell(line, "volume_row", length) for line in lines]
    mass = _number(sum((line.mass * line.count for line in lines), Decimal(0)))
    sums: dict[str, Cell] = {
        "count": sum(line.count for line in lines),
        "gross": mass,
        "gross_row": mass,
        "volume_row": round(sum(v for v in volumes if isinstance(v, float)), 3),
        "pieces": sum(12 * line.count * len(line.goods) for line in lines),
        dice.choice([kind for kind in kinds if kind in ("goods", "number", "serial")]): (
            dice.choice(TOTALS)
        ),
    }
    return [sums.get(kind) for kind in kinds]
