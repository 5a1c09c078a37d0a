"""Ports, modes, dates and codes as lists write them."""

from datetime import UTC, date, datetime

import pytest

from producers.packing_lists import terms
from producers.packing_lists.danger import find_danger_words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NLRTM", "NLRTM"),
        ("NL RTM", "NLRTM"),
        ("Rotterdam NLRTM", "NLRTM"),
        ("ROTTERDAM, NETHERLANDS", "NLRTM"),
        ("Port of Felixstowe", "GBFXT"),
        ("LOS ANGELES, CA, USA", "USLAX"),
        ("宁波港", "CNNGB"),
        ("寧波", "CNNGB"),
        ("Yiwu / 义乌", "CNYIU"),
        ("CNNBO", "CNNGB"),
        ("LAGOS", "NGLOS"),
        ("GENOA", "ITGOA"),
        ("Göteborg", "SEGOT"),
        ("广州南沙", "CNNSA"),
        ("SUVAX", None),
        ("Atlantis", None),
        ("GENOVA, ITALY", "ITGOA"),
        ("VIAREGGIO, ITALY", None),
        ("TOKYO", "JPTYO"),
        ("CAIRO / EGYPT", None),
        ("CADIZ", None),
        ("DEBRV", "DEBRV"),
        ("BREMERHAVEN (DEBRV)", "DEBRV"),
        ("Bremerhaven, DE BRV", "DEBRV"),
        ("Los Angeles USA", "USLAX"),
        ("Jebel Ali, Dubai, UAE", "AEJEA"),
        ("HONG KONG, CHINA", "HKHKG"),
        ("Savannah, GA", "USSAV"),
        ("La Spezia", "ITSPE"),
        ("FOS SUR MER, FRANCE", "FRFOS"),
        ("Bremerhaven-DEBRV", "DEBRV"),
        ("Valencia, Venezuela", None),
        ("Barcelona Venezuela", None),
        ("Valencia 委内瑞拉", None),
        ("Hamburg NY", None),
        ("Melbourne FL", None),
        ("San Antonio, Texas", None),
        ("NLRTM/DEHAM", None),
        ("ROTTERDAM / HAMBURG", None),
        ("Antwerp via Rotterdam", "BEANR"),
        ("NLXXX/DEYYY", None),
        ("NEW GOODS", None),
        ("TOYS", None),
        ("", None),
        (None, None),
    ],
)
def test_ports(text: str | None, code: str | None) -> None:
    """By code, by name, or both; a country behind the name does no harm.

    A city of five capitals is not a code: LAGOS would be in Laos, SUVAX in no country.
    """
    assert terms.port(text) == code


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "soon"])
def test_dates_beyond_the_calendar_are_none(text: str) -> None:
    """Reported like any other text that is not a date."""
    assert terms.instant(text) is None


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-01",
        "2026/3/1",
        "2026.03.01",
        "2026年3月1日",
        date(2026, 3, 1),
        datetime(2026, 3, 1),  # noqa: DTZ001 - as a sheet has it
    ],
)
def test_a_date_is_its_first_minute_at_the_hub(cell: object) -> None:
    """Texts and the dates of spreadsheets alike."""
    assert terms.instant(cell) == datetime(2026, 2, 28, 16, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("goods", "kinds"),
    [
        ("玩具枪(带锂电池)", ["battery"]),
        ("Toy gun with Lithium BATTERY", ["battery"]),
        ("Toy car, battery not included", []),
        ("遥控车(不含电池)", []),
        ("Power Bank 10000 mAh", ["battery"]),
        ("NAIL  POLISH, perfume", ["liquid"]),
        ("油漆刷", []),
        ("Paint brush", []),
        ("Printed cups", []),
        ("powder-coated rack", []),
        ("磁铁玩具", ["magnet"]),
        ("充電寶 / 打火機", ["battery", "gas"]),
        ("Safety matches", ["fire"]),
        ("Matching socks", []),
        ("电子烟", ["battery"]),
        ("电动滑板车", ["battery"]),
        ("E-bike", ["battery"]),
        ("Bluetooth headset", ["battery"]),
        ("Laptop bag", []),
        ("CR2032 for scales", ["battery"]),
        ("灭火器", ["gas"]),
        ("Camping stove cartridge", ["gas"]),
        ("Nail gel remover", ["liquid"]),
        ("", []),
    ],
)
def test_words_that_may_mean_dangerous_goods(goods: str, kinds: list[str]) -> None:
    """Whole words in English, any place in Chinese; phrases that deny it do not count."""
    assert [word.kind for word in find_danger_words(goods)] == kinds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LAGOS, NIGERIA VIA JEBEL ALI", "NGLOS"),
        ("Rotterdam (via Piraeus, Greece)", "NLRTM"),
        ("鹿特丹经釜山", "NLRTM"),
        ("鹿特丹（经由釜山中转）", "NLRTM"),
    ],
)
def test_a_port_on_the_way_is_not_the_port(text: str, code: str) -> None:
    """Two ports in a cell are an error otherwise."""
    assert terms.port(text) == code
