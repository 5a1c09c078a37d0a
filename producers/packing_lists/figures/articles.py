"""Goods in the cartons: names, pieces, amounts with their currency, handling marks."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from groupage.domain import currencies
from groupage.domain.checkdigits import gs1_problem
from groupage.domain.currencies import DECIMALS
from producers.packing_lists import terms
from producers.packing_lists.figures.cells import is_blank, plain, text_of
from producers.packing_lists.figures.lines import Line, first_amount, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.pieces import pieces_in_carton
from producers.packing_lists.figures.table import Amount, TableReading
from producers.packing_lists.model import Article, Field
from producers.sheets.workbook import CellError, Formula, cell_name

_CURRENCY_NAMES: dict[str, str] = {
    **{code.lower(): code for code in DECIMALS},
    "rmb": "CNY",
    "cnh": "CNY",
    "人民币": "CNY",
    "元": "CNY",
    "us$": "USD",
    "usd$": "USD",
    "美元": "USD",
    "美金": "USD",
    "€": "EUR",
    "欧元": "EUR",
    "日元": "JPY",
    "円": "JPY",
    "圆": "CNY",
    "港币": "HKD",
    "港元": "HKD",
    "hk$": "HKD",
    "£": "GBP",
    "英镑": "GBP",
    "韩元": "KRW",
    "₩": "KRW",
    "卢布": "RUB",
    "₽": "RUB",
}
"""Currencies by code (ISO 4217) and by names of a single one; `terms.SIGNS` has ``$`` and ``¥``."""
_TRADE_ITEM = re.compile(r"\b(?:e\.?a\.?n|gtin|u\.?p\.?c)|条码|條碼|条形码", re.IGNORECASE)
_GTIN_LENGTHS = (8, 12, 13, 14)
_SHARED: tuple[Field, ...] = (
    "consignment_id",
    "shipper",
    "consignee",
    "buyer",
    "pol",
    "pod",
    "mode",
    "incoterm",
    "ready_at",
    "latest_arrival_at",
    "vehicle",
    "listed_at",
    "invoice_no",
)


def shared_fields(reading: TableReading, rows: Sequence[int]) -> dict[Field, str]:
    """Return the fields of the consignment that stand in the rows of a line."""
    found: dict[Field, str] = {}
    for field in _SHARED:
        if not reading.columns(field):
            continue
        for row in rows:
            if text := reading.text(row, field):
                found.setdefault(field, text)
    return found


class ArticleReader:
    """Reads the goods of lines, and compares prices with amounts."""

    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._products = self._wrong_products = 0
        self._trade_items = [
            index
            for index in reading.columns("article")
            if _TRADE_ITEM.search(reading.table.columns[index].header)
        ]
        self._totals: dict[int, str] = {}
        amounts = reading.columns("amount")
        self._currency_of_column = {column: self._header_currency(column) for column in amounts}
        self._amounts = self._one_currency(amounts)

    def _header_currency(self, column: int) -> str:
        named = {meaning.currency for meaning in self._reading.meanings(column)} - {""}
        return named.pop() if len(named) == 1 else ""

    def _one_currency(self, columns: Sequence[int]) -> Sequence[int]:
        """Keep the columns of the first currency: amounts in two are the same value twice."""
        if not columns:
            return columns
        first = self._currency_of_column[columns[0]]
        kept = [column for column in columns if self._currency_of_column[column] == first]
        for column in columns:
            if column not in kept:
                self._notes.remark(
                    self._reading.table.header_cell(column),
                    "second_currency",
                    f"amounts in {self._currency_of_column[column] or 'another currency'} are not "
                    f"used; those in {first or 'the first column'} are",
                )
        return kept[:1]

    def articles(self, line: Line) -> tuple[Article, ...]:
        """Return the articles in a line's cartons: one for each row that names goods or figures."""
        found = [article for row in line.rows if (article := self._article(row, line)) is not None]
        return tuple(found)

    def _article(self, row: int, line: Line) -> Article | None:
        reading = self._reading
        self._check_trade_items(row)
        pieces = first_amount(reading, "pieces", row)
        rates = pieces_in_carton(reading, row)
        count = pieces.value if pieces else rates[0] * line.count if rates else None
        amount, currency = self._amount(row, count)
        article = Article(
            row=row,
            goods=_goods(reading, row),
            article=reading.text(row, "article"),
            hs=reading.text(row, "hs"),
            pieces=count,
            amount=amount,
            currency=currency,
        )
        is_empty = not (article.goods or article.article or article.hs or count or amount)
        return None if is_empty else article

    def _check_trade_items(self, row: int) -> None:
        """Tell of a wrong check digit under EAN, GTIN or UPC."""
        for column in self._trade_items:
            text = text_of(self._reading.table.cell(row, column)).replace(" ", "")
            if not (text.isascii() and text.isdigit() and len(text) in _GTIN_LENGTHS):
                continue
            if problem := gs1_problem(text):
                self._notes.remark(
                    cell_name(row, column),
                    "check_digit",
                    f"{text}: expected check digit {problem.expected} (GTIN)",
                )

    def _amount(self, row: int, pieces: Decimal | None) -> tuple[Decimal | None, str]:
        reading = self._reading
        stated: Amount | None = None
        for column in self._amounts:
            stated = stated or reading.amount(row, column)
        price = first_amount(reading, "unit_price", row)
        product = price.value * pieces if price is not None and pieces is not None else None
        if stated is None:
            return self._product(row, product, price)
        if stated.value < 0:
            self._notes.error(cell_name(row, stated.column), "amount", f"{stated.value} is below 0")
        currency = self._currency(row, stated)
        if product is not None and product > 0:
            self._compare(row, stated, product)
        return stated.value, currency

    def _product(
        self, row: int, product: Decimal | None, price: Amount | None
    ) -> tuple[Decimal | None, str]:
        """Return price × pieces for a row without an amount."""
        if product is None or price is None or product <= 0:
            return None, ""
        named = {meaning.currency for meaning in self._reading.meanings(price.column)} - {""}
        currency = named.pop() if len(named) == 1 else self._currency(row, price)
        if not self._reading.columns("amount"):
            self._notes.remark(
                self._reading.table.header_cell(price.column),
                "amount_by_price",
                "the list has no amounts; price × pieces is taken",
            )
        decimals = Decimal(1).scaleb(-DECIMALS.get(currency, 2))
        return product.quantize(decimals, rounding=ROUND_HALF_UP), currency

    def _compare(self, row: int, stated: Amount, product: Decimal) -> None:
        """Compare price × pieces with the amount; prices may be rounded to 0.1 %."""
        if abs(stated.value - product) <= max(product / 100, Decimal("0.01")):
            self._products += 1
            return
        self._wrong_products += 1
        cell = cell_name(row, stated.column)
        key = f"{cell}.amount"
        if self._answers.find(key, self._reading.table.sheet.name, ("amount",)) is None:
            self._notes.ask(
                cell,
                "amount",
                f"price × pieces is {value_text(product)}, "
                f"the list says {value_text(stated.value)}",
                [(f"{key}=amount", f"the amount is right: {value_text(stated.value)}")],
            )

    def compare_totals(self, articles: Sequence[tuple[int, Article]]) -> None:
        """Compare the amounts of all articles, each with its group, with the list's totals."""
        if self._products and not self._wrong_products:
            self._notes.confirm(f"price × pieces = amount in {self._products} rows")
        for column in self._amounts:
            for total in self._reading.totals(column):
                listed = [each.amount for group, each in articles if group in total.groups]
                added = sum(filter(None, listed), Decimal(0))
                stated = total.amount.value
                if abs(stated - added) <= max(added / 200, Decimal("0.05")):
                    continue
                key = f"{total.cell}.total"
                if self._answers.find(key, self._reading.table.sheet.name, ("rows",)) is None:
                    self._notes.ask(
                        total.cell,
                        "total_of_amounts",
                        f"the list's total is {value_text(stated)}, the rows have "
                        f"{value_text(added)}",
                        [(f"{key}=rows", f"the rows count: {value_text(added)}")],
                    )

    def _currency(self, row: int, amount: Amount) -> str:
        """Return the currency that the row, the cell, its format or its header names."""
        cell = cell_name(row, amount.column)
        column = (self._reading.columns("currency") or (amount.column,))[0]
        texts = (
            (self._reading.text(row, "currency"), cell_name(row, column)),
            (amount.words, cell),
            (self._format(amount), cell),
        )
        for text, place in texts[:2]:
            if text and not currency_code(text) and not _sign(text):
                self._notes.error(
                    place, "currency", f"{text!r} is not right; expected {currencies.EXPECTED}"
                )
        named = [code for text, _ in texts if (code := currency_code(text))]
        if self._currency_of_column.get(amount.column):
            named.append(self._currency_of_column[amount.column])
        signs = [sign for text, _ in texts if (sign := _sign(text))]
        others = [sign for sign in signs if named and named[0] not in terms.SIGNS[sign]]
        different = dict.fromkeys((*named, *others))
        if len(different) > 1:
            self._notes.error(
                cell, "currency", f"{' and '.join(different)} are named for one amount"
            )
        return (*named, *signs, self._currency_of_total(amount.column))[0]

    def _currency_of_total(self, column: int) -> str:
        """Return the currency that a sum of the column names: ``RMB220``."""
        if column not in self._totals:
            words = (total.amount.words for total in self._reading.totals(column))
            self._totals[column] = next(
                (found for text in words if (found := currency_code(text) or _sign(text))), ""
            )
        return self._totals[column]

    def _format(self, amount: Amount) -> str:
        pattern = self._reading.table.sheet.number_formats.get((amount.row, amount.column), "")
        match = re.search(r'\[\$([^\]-]+)|"([^"]+)"|([€£¥₩₽])', pattern)
        return next((group for group in match.groups() if group), "") if match else ""


def currency_code(text: str) -> str:
    """Return the ISO 4217 code that a text names; empty if it names none, or may name several."""
    return _CURRENCY_NAMES.get(plain(text).strip(" .:"), "")


def _sign(text: str) -> str:
    """Return the sign of several currencies that a text is; empty if it is none."""
    sign = plain(text).strip(" .:")
    return sign if sign in terms.SIGNS else ""


def _goods(reading: TableReading, row: int) -> str:
    """Return the goods' names: Chinese and English names stand in columns of their own."""
    texts = []
    for column in reading.columns("goods"):
        cell = reading.table.cell(row, column)
        if not is_blank(cell) and not isinstance(cell, Formula | CellError):
            texts.append(text_of(cell))
    return " / ".join(dict.fromkeys(texts))
