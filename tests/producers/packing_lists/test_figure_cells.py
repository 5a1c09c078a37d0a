"""Numbers and sizes in cells, as people write them."""

from decimal import Decimal

import pytest

from producers.packing_lists.figures.cells import read_edges, read_quantity


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("0.6m", "0.6", "m"),
        ("27.5 lbs", "27.5", "lb"),
        ("300克", "300", "g"),
        ("24斤", "24", "jin"),
        ("84 ft3", "84", "ft3"),
        ("7m³", "7", "m3"),
        ('24"', "24", "in"),
        ("１２", "12", None),
        ("一百二十", "120", None),
        ("1,234,567", "1234567", None),
        ("1'234.5", "1234.5", None),
        (0.1 + 0.2, "0.3", None),
        ("@12KGS", "12", "kg"),
        ("60KGS TTL", "60", "kg"),
        ("12.0 KGS / 26.5 LBS", "12", "kg"),
        ("5 CTNS (100PCS)", "5", None),
        ("3箱/60个", "3", None),
    ],
)
def test_a_number_is_exact_and_keeps_its_unit(cell: object, value: str, unit: str | None) -> None:
    """A number comes out exact, with the unit behind it."""
    found = read_quantity(cell)  # type: ignore[arg-type]
    assert found is not None
    assert (found.point, found.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(("cell", "value"), [("12,5 kg", "12.5"), ("1.234,5", "1234.5")])
def test_a_decimal_comma_leaves_no_other_reading(cell: str, value: str) -> None:
    """A comma before one or two digits separates decimals."""
    found = read_quantity(cell)
    assert found is not None
    assert (found.point, found.comma) == (None, Decimal(value))


def test_one_point_before_three_digits_has_two_readings() -> None:
    """A point before three digits may separate thousands."""
    found = read_quantity("1.234")
    assert found is not None
    assert (found.point, found.comma) == (Decimal("1.234"), Decimal(1234))


@pytest.mark.parametrize(
    "cell",
    [
        True,
        float("nan"),
        float("inf"),
        1e300,
        "1e400",
        "2026-03-01",
        "12/13",
        "10+3",
        "10~3",
        "(12)",
        "9" * 99,
        "12 kg / 28 lb",
        "12 kg / 26.5 kg",
        "12 kg / 0.02 m3",
    ],
)
def test_what_is_not_a_number_stays_unread(cell: object) -> None:
    """Dates, fractions, infinities and negative numbers of accountants are no numbers."""
    assert read_quantity(cell) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "edges", "unit"),
    [
        ("60*40*35", (60, 40, 35), None),
        ("60×40×35", (60, 40, 35), None),
        ("60 x 40 x 35 CM", (60, 40, 35), "cm"),
        ("14*12*10 in", (14, 12, 10), "in"),
        ('24" x 16" x 14"', (24, 16, 14), "in"),
        ("长60宽40高35", (60, 40, 35), None),
        ("L60×W40×H35cm", (60, 40, 35), "cm"),
        ("60L*40W*35H", (60, 40, 35), None),
        ("60/40/35", (60, 40, 35), None),
        ("@60*40*35", (60, 40, 35), None),
        ("60-40-35", (60, 40, 35), None),
        ("60 40 35 cm", (60, 40, 35), "cm"),
        ("60,40,35", (60, 40, 35), None),
    ],
)
def test_edges_of_a_cell(cell: str, edges: tuple[int, ...], unit: str | None) -> None:
    """Edges are read with every sign of multiplication, with initials and with units."""
    found = read_edges(cell)
    assert found is not None
    assert tuple(edge.point for edge in found.edges) == edges
    assert {edge.unit for edge in found.edges} == {unit}


def test_inches_may_have_fractions() -> None:
    """Halves to thirty-seconds; they have one reading, whatever separates decimals in the list."""
    found = read_edges('24 1/2" x 16 5/8" x 14"')
    assert found is not None
    assert [edge.point for edge in found.edges] == [Decimal("24.5"), Decimal("16.625"), 14]
    assert [edge.comma for edge in found.edges] == [None, None, 14]
    assert read_edges("24 3/2 x 16 x 14") is None
    assert read_edges("241⁄2 x 16 x 14") is None


@pytest.mark.parametrize(
    "cell",
    [
        *("60*40", "60*40*35*2", "60*40*35 kg", "60*-*35", "about 60*40*35"),
        *("1-2-3", "60-40 35", "2026-03-01", "60,40,35,20"),
    ],
)
def test_a_size_has_three_edges_and_a_unit_of_length(cell: str) -> None:
    """A text with two or four edges, or another unit, is not a size."""
    assert read_edges(cell) is None
