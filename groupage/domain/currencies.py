"""Currencies by ISO 4217, with the decimals of their minor units.

The table is list one of ISO 4217 as its maintenance agency (SIX) published it on 2026-01-01. Do not
take it from CLDR, Babel or a browser: they say how people write prices (HUF and IDR without
decimals), and ISO says what a minor unit is.
"""

from decimal import ROUND_HALF_UP, Decimal

_TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_WITHOUT_MINOR_UNITS = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"
"""Metals, funds, and the codes for tests and for no currency: counted in whole units."""
DECIMALS: dict[str, int] = (
    dict.fromkeys(_TWO_DECIMALS.split(), 2)
    | {code: decimals for decimals, codes in _OTHERS.items() for code in codes.split()}
    | dict.fromkeys(_WITHOUT_MINOR_UNITS.split(), 0)
)
"""Decimals of the minor unit by code."""
EXPECTED = "a currency of ISO 4217 in use, such as USD, CNY or EUR"


def minor_units(amount: Decimal, currency: str) -> int:
    """Convert an amount to minor units, half up. Raises KeyError for an unknown currency."""
    scaled = amount.scaleb(DECIMALS[currency])
    return int(scaled.to_integral_value(rounding=ROUND_HALF_UP))


def amount_text(amount_minor: int, currency: str) -> str:
    """Write an amount for people: ``1,234.50 EUR``, ``10,000 JPY``.

    Stored facts may have a code that ISO 4217 does not know, or no longer.
    """
    decimals = DECIMALS.get(currency)
    if decimals is None:
        return f"{amount_minor:,} minor units of {currency}"
    return f"{Decimal(amount_minor).scaleb(-decimals):,.{decimals}f} {currency}"
