"""True lists in random units and meanings: read back exactly, or asked about; never wrong."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.packing_lists.reading import understand
from producers.sheets.workbook import Cell, Sheet, Workbook

_MM = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1_000), "in": Decimal("25.4")}
_STEP = {"mm": Decimal(1), "cm": Decimal("0.5"), "m": Decimal("0.01"), "in": Decimal("0.5")}
_GRAMS = {"kg": Decimal(1_000), "g": Decimal(1), "lb": Decimal("453.59237"), "jin": Decimal(500)}
_EDGE_WORDS = {
    "mm": ["(mm)", "MM", "毫米"],
    "cm": ["(cm)", "CM", "厘米"],
    "m": ["(m)", "(米)"],
    "in": ["(in)", "(inch)", "英寸"],
}
_MASS_WORDS = {"kg": ["(kg)", "KGS", "公斤"], "g": ["(g)"], "lb": ["(lbs)"], "jin": ["(斤)"]}
_VOLUMES = {"m3": ("CBM", Decimal(10) ** 9), "ft3": ("CUFT", Decimal("28316846.592"))}


class Form:
    """How a list is written: its units, and what its headers name."""

    def __init__(self, draw: Any) -> None:
        self.edge_unit = draw(st.sampled_from(sorted(_MM)))
        self.mass_unit = draw(st.sampled_from(sorted(_GRAMS)))
        self.names_mass = draw(st.booleans())
        self.volume = draw(st.sampled_from(["", "row", "carton"]))
        # A header that names a wrong unit is found out by volumes alone.
        ways = ["right", "nothing", "wrong"] if self.volume else ["right", "nothing"]
        self.names_edges = draw(st.sampled_from(ways))
        self.volume_unit = draw(st.sampled_from(sorted(_VOLUMES)))
        self.mass_columns = draw(st.sampled_from([("carton",), ("row",), ("carton", "row")]))
        self.names_per = draw(st.booleans())
        self.has_totals = draw(st.booleans())
        self.one_column = draw(st.booleans())
        self.comma = draw(st.booleans())
        self.draw = draw

    def edge_header(self) -> str:
        """Return the words behind a header of edges."""
        if self.names_edges == "nothing":
            return ""
        unit = self.edge_unit
        if self.names_edges == "wrong":
            unit = self.draw(st.sampled_from([each for each in _MM if each != unit]))
        return str(self.draw(st.sampled_from(_EDGE_WORDS[unit])))

    def mass_header(self, per: str) -> str:
        """Return a header of weights."""
        words = (
            {"carton": "G.W. per carton", "row": "Total G.W."}[per] if self.names_per else "G.W."
        )
        unit = self.draw(st.sampled_from(_MASS_WORDS[self.mass_unit])) if self.names_mass else ""
        return f"{words} {unit}".strip()

    def cell(self, value: Decimal) -> Cell:
        """Return a number as a cell: a number, or a text with a decimal comma."""
        if self.comma:
            return f"{value:f}".replace(".", ",")
        return float(value) if value % 1 else int(value)


def _edges(draw: Any, form: Form) -> tuple[Decimal, ...]:
    step = _STEP[form.edge_unit]
    millimetres = [draw(st.integers(120, 900)) for _ in range(3)]
    return tuple(
        (Decimal(mm) / _MM[form.edge_unit] / step).to_integral_value() * step for mm in millimetres
    )


@st.composite
def _lists(draw: Any) -> tuple[Workbook, list[tuple[int, tuple[int, ...], Decimal]], str]:
    """Draw a list, its truth (count, edges in mm, grams of a carton) and the unit of weights."""
    form = Form(draw)
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        edges = _edges(draw, form)
        mm3 = Decimal(1)
        for edge in edges:
            mm3 *= edge * _MM[form.edge_unit]
        density = Decimal(draw(st.integers(40, 900)))  # kg/m³
        mass = max(mm3 * density / 10**6 / _GRAMS[form.mass_unit], Decimal("0.2"))
        lines.append((draw(st.integers(1, 40)), edges, mass.quantize(Decimal("0.1")), mm3))
    suffix = form.edge_header()
    header: list[Cell] = ["Description", "Cartons"]
    header += [f"Carton size {suffix}"] if form.one_column else [f"{e} {suffix}" for e in "LWH"]
    header += [form.mass_header(per) for per in form.mass_columns]
    name, factor = _VOLUMES[form.volume_unit]
    if form.volume:
        header.append({"row": f"Total {name}", "carton": f"{name}/CTN"}[form.volume])
    rows: list[list[Cell]] = [header]
    for number, (count, edges, mass, mm3) in enumerate(lines):
        row: list[Cell] = [f"Goods {number}", count]
        texts = [f"{edge:f}".replace(".", "," if form.comma else ".") for edge in edges]
        row += ["*".join(texts)] if form.one_column else [form.cell(edge) for edge in edges]
        row += [form.cell(mass * (count if per == "row" else 1)) for per in form.mass_columns]
        if form.volume:
            whole = mm3 * (count if form.volume == "row" else 1) / factor
            row.append(form.cell(whole.quantize(Decimal("0.001"))))
        rows.append(row)
    if form.has_totals:
        total: list[Cell] = ["TOTAL", sum(count for count, *_ in lines)]
        total += [None] * (1 if form.one_column else 3)
        whole = sum((mass * count for count, _, mass, _ in lines), Decimal(0))
        total += [form.cell(whole) for _ in form.mass_columns]
        if form.volume:
            added = sum(((mm3 * count) for count, _, _, mm3 in lines), Decimal(0)) / factor
            total.append(form.cell(added.quantize(Decimal("0.001"))))
        rows.append(total)
    truth = [
        (
            count,
            tuple(
                int((edge * _MM[form.edge_unit]).to_integral_value(rounding=ROUND_CEILING))
                for edge in edges
            ),
            mass * _GRAMS[form.mass_unit],
        )
        for count, edges, mass, _ in lines
    ]
    sheet = Sheet(name="List", rows=tuple(map(tuple, rows)))
    workbook = Workbook(name="list.xlsx", sheets=(sheet,), format="xlsx")
    return workbook, truth, form.mass_unit


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(_lists())
def test_a_true_list_is_read_exactly_or_asked_about(
    drawn: tuple[Workbook, list[tuple[int, tuple[int, ...], Decimal]], str],
) -> None:
    """No form of a true list leads to a wrong figure without a question.

    A list that names no unit of its weights is in kilograms, with a remark that takes another.
    """
    workbook, truth, unit = drawn
    read = understand(workbook)
    assumed = [remark.cell for remark in read.remarks if remark.code == "mass_unit_assumed"]
    if assumed and unit != "kg":
        assert not any(word in str(workbook.sheets[0].rows[0]) for word in _MASS_WORDS[unit])
        read = understand(workbook, answers={f"{assumed[0]}.unit": unit})
    if read.questions or read.errors:
        return
    assert len(read.lines) == len(truth)
    for line, (count, edges, grams) in zip(read.lines, truth, strict=True):
        assert line.cartons == count
        assert (line.length_mm, line.width_mm, line.height_mm) == edges
        assert abs(line.gross_g - grams) <= 1


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_false_figure_is_never_taken_silently(data: st.DataObject) -> None:
    """A list that states everything twice is asked about when one of its figures is false."""
    header = ("Carton no", "Description", "Qty/Ctn", "Ctns", "Total qty", "Size (cm)", "CBM")
    masses = ("G.W./ctn (kg)", "Total G.W. (kg)", "Unit price (USD)", "Amount (USD)")
    rows: list[list[Cell]] = [[*header, *masses]]
    first = 1
    for number in range(data.draw(st.integers(2, 5))):
        count, rate = data.draw(st.integers(2, 30)), data.draw(st.integers(2, 60))
        length, width, height = (data.draw(st.integers(25, 80)) for _ in range(3))
        mass = Decimal(data.draw(st.integers(50, 250))) / 10
        rows.append(
            [
                f"{first}-{first + count - 1}",
                f"Goods {number}",
                rate,
                count,
                rate * count,
                f"{length}*{width}*{height}",
                round(length * width * height * count / 10**6, 3),
                float(mass),
                float(mass * count),
                1.5,
                1.5 * rate * count,
            ]
        )
        first += count
    sums = [sum(float(str(cells[column])) for cells in rows[1:]) for column in (3, 4, 6, 8, 10)]
    total: list[Cell] = ["TOTAL", None, None, sums[0], sums[1], None, sums[2], None, sums[3]]
    rows.append([*total, None, sums[4]])
    true = Workbook(
        name="list.xlsx",
        sheets=(Sheet(name="List", rows=tuple(map(tuple, rows))),),
        format="xlsx",
    )
    read = understand(true)
    assert (read.questions, read.errors) == ((), ())
    column = data.draw(st.sampled_from([2, 3, 4, 5, 6, 7, 8, 9, 10]))
    in_totals = column in (3, 6, 8, 10)
    row = data.draw(st.integers(1, len(rows) - (1 if in_totals else 2)))
    factor = data.draw(st.sampled_from([0.5, 2, 3, 10]))
    found = rows[row][column]
    if isinstance(found, str):
        edge, rest = found.split("*", 1)
        rows[row][column] = f"{float(edge) * factor:g}*{rest}"
    else:
        rows[row][column] = float(str(found)) * factor
    false = Workbook(
        name="list.xlsx",
        sheets=(Sheet(name="List", rows=tuple(map(tuple, rows))),),
        format="xlsx",
    )
    read = understand(false)
    assert read.questions or read.errors
