"""Columns of a packing list, by headers in English or in Chinese trade terms, with their units."""

import re
import unicodedata
from typing import Literal

import msgspec

from groupage.domain.currencies import DECIMALS
from producers.files.table import Table, plain_text

Field = Literal[
    "consignment_id",
    "shipper",
    "consignee",
    "buyer",
    "pol",
    "pod",
    "mode",
    "incoterm",
    "currency",
    "ready_at",
    "latest_arrival_at",
    "vehicle",
    "marks",
    "unit_ids",
    "carton_no",
    "goods",
    "hs",
    "un_number",
    "imo_class",
    "pieces",
    "length",
    "width",
    "height",
    "size",
    "gross",
    "gross_each",
    "gross_total",
    "volume",
    "value",
    "this_side_up",
]
NAMES: dict[Field, str] = {
    "consignment_id": "入仓号 进仓号 进仓编号 入仓编号 托单号 订舱号 委托编号 | consignment | "
    "consignment no | booking no | booking number | so no | s/o no | warehouse entry no",
    "shipper": "发货人 发货单位 托运人 商户 店铺 供应商 | "
    "shipper | consignor | merchant | supplier",
    "consignee": "收货人 收货单位 | consignee",
    "buyer": "买家 买方 采购商 采购方 | buyer",
    "pol": "起运港 装货港 启运港 | pol | port of loading | loading port",
    "pod": "目的港 卸货港 目的地 | pod | port of discharge | destination | destination port",
    "mode": "贸易方式 监管方式 报关方式 | trade mode | customs mode | supervision mode",
    "incoterm": "成交方式 贸易条款 贸易术语 | incoterm | incoterms | trade terms",
    "currency": "币种 币制 | currency",
    "ready_at": "送货日期 送货时间 进仓日期 入仓日期 交货日期 备货日期 | ready date | "
    "cargo ready date | cargo ready | delivery date | ready at",
    "latest_arrival_at": "最晚到港日期 要求到港日期 | latest arrival | required arrival",
    "vehicle": "车牌 车牌号 送货车牌 | plate | truck plate | truck | vehicle",
    "marks": "唛头 箱唛 正唛 | marks | mark | shipping mark | shipping marks | marks and numbers | "
    "marks & nos",
    "unit_ids": "箱码 物流单元号 | sscc | unit id | carton id | barcode",
    "carton_no": "箱号 件号 | carton no | carton nos | c/no | ctn no | case no",
    "goods": "品名 货名 货物名称 中文品名 英文品名 商品名称 | description | goods | commodity | "
    "description of goods | goods description | product | product name | item",
    "hs": "hs编码 海关编码 商品编码 税号 | hs | hs code | hscode | tariff code",
    "un_number": "un号 联合国编号 | un no | un number | un",
    "imo_class": "危险品类别 危品类别 | imo class | dg class | class",
    "pieces": "件数 箱数 总箱数 总件数 件 | ctns | ctn | cartons | pieces | packages | pkgs | "
    "number of packages | no of packages | no of cartons | number of cartons | qty of cartons",
    "length": "长 长度 外箱长 | l | length",
    "width": "宽 宽度 外箱宽 | w | width",
    "height": "高 高度 外箱高 | h | height",
    "size": "长宽高 长x宽x高 长*宽*高 尺寸 外箱尺寸 箱规 外箱规格 包装尺寸 规格 | "
    "size | dimensions | dimension | carton size | l*w*h | lxwxh | dims",
    "gross": "毛重 | gross weight | gross | g.w. | gw | weight",
    "gross_each": "单件毛重 单箱毛重 每箱毛重 每件毛重 单重 | gross weight per carton | gw/ctn | "
    "g.w./ctn | gw per carton | unit gross weight | gross weight each | weight per carton",
    "gross_total": "总毛重 毛重合计 | total gross weight | total g.w. | total gw | "
    "ttl gw | total weight",
    "volume": "体积 总体积 方数 立方 材积 | cbm | volume | total cbm | "
    "total volume | measurement | meas",
    "value": "货值 金额 总价 总金额 申报价值 申报金额 | "
    "value | amount | total value | total amount | declared value",
    "this_side_up": "向上 此面朝上 不可倒置 | this side up | upright",
}
"""Headers by field: Chinese names, separated by spaces, then English names, separated by bars."""
REQUIRED: dict[str, tuple[Field, ...]] = {
    "件数 / Cartons": ("pieces",),
    "尺寸 / Size, or 长, 宽, 高 / Length, Width, Height": ("size", "length"),
    "毛重 / Gross weight": ("gross", "gross_each", "gross_total"),
}
UNITS: dict[str, str] = {
    "mm": "mm",
    "毫米": "mm",
    "cm": "cm",
    "厘米": "cm",
    "公分": "cm",
    "m": "m",
    "米": "m",
    "kg": "kg",
    "kgs": "kg",
    "千克": "kg",
    "公斤": "kg",
    "g": "g",
    "克": "g",
    "cbm": "m3",
    "m3": "m3",
    "立方米": "m3",
    "立方": "m3",
    "方": "m3",
}
CURRENCIES: dict[str, str] = {
    **{code.lower(): code for code in DECIMALS},
    "rmb": "CNY",
    "cnh": "CNY",
    "人民币": "CNY",
    "元": "CNY",
    "美元": "USD",
    "美金": "USD",
    "欧元": "EUR",
    "日元": "JPY",
    "港币": "HKD",
    "港元": "HKD",
    "英镑": "GBP",
    "韩元": "KRW",
    "卢布": "RUB",
}
"""Currencies by their code of ISO 4217, and by the names that lists use."""
_HEADER_ROWS_MAX = 40
_FIELDS_MIN = 3
_UNIT_TAIL = re.compile(
    r"(mm|cm|kgs|kg|cbm|m3|毫米|厘米|公分|千克|公斤|立方米"
    r"|(?<![a-z0-9.])[mg])\s*$"
)
_BRACKETS = re.compile(r"[(\[【{]([^)\]】}]*)[)\]】}]")


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the list. An empty unit means the usual one of the trade: cm, kg, m³."""

    index: int
    field: Field
    unit: str
    header: str


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The row with the column names, and the ``label: value`` cells above it."""

    row: int
    columns: tuple[Column, ...]
    unused: tuple[str, ...]
    above: dict[Field, str]

    def of(self, field: Field) -> tuple[Column, ...]:
        """Return the columns of a field; the tuple may be empty."""
        return tuple(column for column in self.columns if column.field == field)


def _key(text: str) -> str:
    narrow = unicodedata.normalize("NFKC", text).lower().replace("×", "x").replace("*", "x")
    return re.sub(r"[^\w³]|_", "", narrow)


def _name_table() -> dict[str, Field]:
    table: dict[str, Field] = {}
    for field, names in NAMES.items():
        chinese, *english = names.split("|")
        for name in (*chinese.split(), *(part.strip() for part in english)):
            table[_key(name)] = field
    return table


_TABLE = _name_table()


def recognise(header: str) -> tuple[Field, str] | None:
    """Return the field and unit that a header names; None for an unknown header."""
    text = unicodedata.normalize("NFKC", header).lower()
    if found := _recognise_value(text):
        return found
    bare = _BRACKETS.sub(" ", text)
    units = [UNITS.get(_key(inside), "") for inside in _BRACKETS.findall(text)]
    if match := _UNIT_TAIL.search(bare):
        units.append(UNITS[match[1]])
        bare = f"{bare}\n{bare[: match.start()]}"  # look 尺寸cm up as 尺寸
    unit = next((found for found in units if found), "")
    for candidate in _candidates(bare):
        if field := _TABLE.get(_key(candidate)):
            if field == "volume" and unit in ("mm", "cm"):
                field = "size"  # "Measurement (cm)" lists edges
            return field, unit
    return None


def _recognise_value(text: str) -> tuple[Field, str] | None:
    """Return the field of amounts with its currency: ``货值(USD)``, ``Amount JPY``."""
    bare = _BRACKETS.sub(" ", text).strip()
    found = [CURRENCIES.get(inside.strip(), "") for inside in _BRACKETS.findall(text)]
    for name, code in CURRENCIES.items():
        if bare.endswith(name) and bare != name and _is_value(bare.removesuffix(name)):
            return "value", code
    if _is_value(bare):
        return "value", next(filter(None, found), "")
    return None


def _is_value(text: str) -> bool:
    return any(_TABLE.get(_key(candidate)) == "value" for candidate in _candidates(text))


def _candidates(text: str) -> list[str]:
    """Return the header, its parts (``毛重/G.W.``), and its Chinese and Latin halves."""
    chinese = "".join(re.findall(r"[\u4e00-\u9fff]+", text))
    latin = re.sub(r"[\u4e00-\u9fff]+", " ", text)
    parts = re.split(r"[/\\|\n]", text)
    return [part for part in (text, *parts, chinese, latin) if part.strip()]


def find_header(table: Table) -> Header | None:
    """Find the first row with three known columns, among them pieces, a size or a weight."""
    for index, row in enumerate(table.rows[:_HEADER_ROWS_MAX]):
        columns, unused = _columns(row)
        fields = {column.field for column in columns}
        if len(fields) >= _FIELDS_MIN and fields & {"pieces", "size", "gross", "length"}:
            above = _labels(table.rows[:index])
            return Header(row=index, columns=columns, unused=unused, above=above)
    return None


def _columns(row: tuple[object, ...]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    columns, unused = [], []
    for index, cell in enumerate(row):
        if not isinstance(cell, str) or not plain_text(cell):
            continue
        if found := recognise(cell):
            field, unit = found
            columns.append(Column(index=index, field=field, unit=unit, header=plain_text(cell)))
        else:
            unused.append(plain_text(cell))
    return tuple(columns), tuple(unused)


def _labels(rows: tuple[tuple[object, ...], ...]) -> dict[Field, str]:
    """Read labels: ``发货人: 义乌小商品`` in a cell, or a label with its value in the next cell."""
    found: dict[Field, str] = {}
    for row in rows:
        texts = [plain_text(cell) if isinstance(cell, str | int | float) else "" for cell in row]
        for index, text in enumerate(texts):
            label, colon, value = text.partition(":")
            known = recognise(label) if label else None
            if known is None:
                continue
            if not value.strip():
                value = next((later for later in texts[index + 1 :] if later), "")
            if value.strip() and (colon or len(texts) > index + 1):
                found.setdefault(known[0], value.strip())
    return found
