"""Lanes, services and the merchants' quarters around Yiwu."""

from random import Random

import msgspec

from groupage.domain.events.base import Place
from groupage.domain.events.schedule import TransportMode
from groupage.domain.ids import lane_of


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One service from a port or terminal to a destination.

    Freights are US cents for one container.
    """

    service_id: str
    carrier: str
    mode: TransportMode
    pol: str
    pod: str
    pod_name: str
    transit_h: int
    freight_22g1: int
    freight_42g1: int
    freight_45g1: int

    @property
    def lane_id(self) -> str:
        """The lane that it serves."""
        return lane_of(pol=self.pol, pod=self.pod)


def _sea(service: str, carrier: str, pol: str, pod: str, name: str, days: int, usd: int) -> Line:
    """`usd` for a 40' high cube; a 40' costs 5 % less and a 20' 58 % of it.

    Freight levels and days are assumptions.
    """
    return Line(
        service_id=service,
        carrier=carrier,
        mode="VESSEL",
        pol=pol,
        pod=pod,
        pod_name=name,
        transit_h=days * 24,
        freight_22g1=usd * 58,
        freight_42g1=usd * 95,
        freight_45g1=usd * 100,
    )


def _rail(service: str, pod: str, name: str, days: int, usd: int) -> Line:
    """A Yixin'ou train: Yiwu-Madrid takes 16 to 18 days (read); prices are assumptions."""
    line = _sea(service, "YXO", "CNYIU", pod, name, days, usd)
    return msgspec.structs.replace(line, mode="RAIL")


LINES: tuple[Line, ...] = (
    _sea("FE4", "OCEANA", "CNNGB", "NLRTM", "Rotterdam", 31, 2_600),
    _sea("MEX1", "GULFLINE", "CNNGB", "AEJEA", "Jebel Ali", 19, 1_900),
    _rail("YXO-MAD", "ESMAD", "Madrid", 17, 6_800),
    _sea("PSW2", "TRANSPAC", "CNNGB", "USLAX", "Los Angeles", 16, 2_900),
    _sea("FE4H", "OCEANA", "CNNGB", "DEHAM", "Hamburg", 34, 2_700),
    _sea("MD3", "MEDEAST", "CNNGB", "ESVLC", "Valencia", 29, 3_000),
    _sea("SAEC", "AUSTRAL", "CNNGB", "BRSSZ", "Santos", 33, 3_600),
    _sea("ACSA", "AUSTRAL", "CNNGB", "MXZLO", "Manzanillo", 21, 3_100),
    _sea("RES1", "GULFLINE", "CNNGB", "SAJED", "Jeddah", 22, 2_300),
    _sea("IMX", "INDUS", "CNSHA", "INNSA", "Nhava Sheva", 18, 1_500),
    _sea("FE2", "OCEANA", "CNSHA", "GBFXT", "Felixstowe", 33, 2_700),
    _sea("USEC", "TRANSPAC", "CNSHA", "USNYC", "New York", 30, 3_900),
    _sea("WAF1", "AFRIQUE", "CNNGB", "NGAPP", "Apapa", 35, 3_800),
    _sea("SAF", "AFRIQUE", "CNNGB", "ZADUR", "Durban", 26, 2_800),
    _sea("SEA3", "STRAITS", "CNNGB", "THLCH", "Laem Chabang", 9, 700),
    _sea("WSA2", "AUSTRAL", "CNSHA", "PECLL", "Callao", 30, 3_400),
    _sea("MD1", "MEDEAST", "CNNGB", "ITGOA", "Genoa", 28, 2_950),
    _sea("MD2", "MEDEAST", "CNSHA", "TRIST", "Istanbul", 30, 2_900),
    _sea("PAK", "INDUS", "CNNGB", "PKKHI", "Karachi", 17, 1_450),
    _sea("EAF", "AFRIQUE", "CNNGB", "KEMBA", "Mombasa", 24, 2_600),
    _sea("SEA1", "STRAITS", "CNNGB", "VNSGN", "Ho Chi Minh City", 6, 550),
    _sea("SEA2", "STRAITS", "CNSHA", "PHMNL", "Manila", 6, 650),
    _sea("AUS", "AUSTRAL", "CNNGB", "AUSYD", "Sydney", 17, 2_100),
    _sea("WSA1", "AUSTRAL", "CNNGB", "CLSAI", "San Antonio", 34, 3_500),
    _sea("FE5", "OCEANA", "CNNGB", "BEANR", "Antwerp", 32, 2_650),
    _sea("MD4", "MEDEAST", "CNNGB", "GRPIR", "Piraeus", 25, 2_800),
    _sea("MD5", "MEDEAST", "CNSHA", "EGALY", "Alexandria", 27, 2_750),
    _sea("RES2", "GULFLINE", "CNNGB", "KWSWK", "Shuwaikh", 24, 2_200),
    _sea("MEX2", "GULFLINE", "CNSHA", "IQUQR", "Umm Qasr", 26, 2_500),
    _sea("IMX2", "INDUS", "CNNGB", "INMUN", "Mundra", 19, 1_500),
    _sea("IMX3", "INDUS", "CNNGB", "LKCMB", "Colombo", 15, 1_400),
    _sea("WAF2", "AFRIQUE", "CNNGB", "GHTEM", "Tema", 34, 3_700),
    _sea("WAF3", "AFRIQUE", "CNNGB", "CIABJ", "Abidjan", 36, 3_800),
    _sea("EAF2", "AFRIQUE", "CNNGB", "TZDAR", "Dar es Salaam", 25, 2_600),
    _sea("NAF", "MEDEAST", "CNNGB", "DZALG", "Algiers", 31, 3_000),
    _sea("GLF", "TRANSPAC", "CNNGB", "USHOU", "Houston", 34, 4_000),
    _sea("SAEC2", "AUSTRAL", "CNNGB", "ARBUE", "Buenos Aires", 37, 3_700),
    _sea("CCA", "AUSTRAL", "CNNGB", "COBUN", "Buenaventura", 26, 3_300),
    _sea("SEA4", "STRAITS", "CNNGB", "MYPKG", "Port Klang", 8, 650),
    _rail("YXO-DUI", "DEDUI", "Duisburg", 18, 6_500),
)
"""Real ports and terminals by UN/LOCODE (`groupage.domain.places`); services and carriers are
invented."""


class Quarter(msgspec.Struct, frozen=True, kw_only=True):
    """Where merchants sit, and its share of them.

    Centre in 1e-6 degrees, from memory, to about a kilometre.
    """

    name: str
    latitude_udeg: int
    longitude_udeg: int
    share: float


QUARTERS: tuple[Quarter, ...] = (
    Quarter(name="Futian market", latitude_udeg=29_334_000, longitude_udeg=120_106_000, share=0.42),
    Quarter(name="Huangyuan", latitude_udeg=29_315_000, longitude_udeg=120_071_000, share=0.10),
    Quarter(name="Beiyuan", latitude_udeg=29_328_000, longitude_udeg=120_050_000, share=0.12),
    Quarter(name="Niansanli", latitude_udeg=29_318_000, longitude_udeg=120_185_000, share=0.08),
    Quarter(name="Suxi", latitude_udeg=29_410_000, longitude_udeg=120_130_000, share=0.08),
    Quarter(name="Fotang", latitude_udeg=29_205_000, longitude_udeg=120_020_000, share=0.06),
    Quarter(name="Dongyang", latitude_udeg=29_268_000, longitude_udeg=120_235_000, share=0.06),
    Quarter(name="Pujiang", latitude_udeg=29_453_000, longitude_udeg=119_892_000, share=0.04),
    Quarter(name="Yongkang", latitude_udeg=28_895_000, longitude_udeg=120_038_000, share=0.04),
)

_SPREAD_UDEG = 9_000  # about a kilometre


def draw_merchant(random: Random, number: int) -> Place:
    """One merchant's stall or works, scattered around its quarter."""
    quarter = random.choices(QUARTERS, [quarter.share for quarter in QUARTERS])[0]
    return Place(
        place_id=f"M{number:05d}",
        name=f"Merchant {number}, {quarter.name}",
        latitude_udeg=quarter.latitude_udeg + round(random.gauss(0, _SPREAD_UDEG)),
        longitude_udeg=quarter.longitude_udeg + round(random.gauss(0, _SPREAD_UDEG)),
    )
