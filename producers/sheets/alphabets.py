"""Characters of languages, as evidence for the encoding of a text.

The figures are shares of characters in running text, in per cent, rounded (Wikipedia's
tables of relative frequencies, 2024); for scripts without such figures all weigh the same.
"""

import re

_SHARE = re.compile(r"(\D+)([0-9.]+) ?")


def _shares(text: str) -> dict[str, float]:
    """Parse ``ä0.58 ö0.44``."""
    return {character: float(share) for character, share in _SHARE.findall(text)}


ACCENTED: dict[str, dict[str, float]] = {
    "German": _shares("ä0.58 ö0.44 ü1 ß0.31"),
    "French": _shares(
        "é1.5 à0.49 è0.27 ê0.22 ç0.09 ô0.06 û0.06 ù0.06 â0.05 î0.05 œ0.02 ë0.01 ï0.01"
    ),
    "Spanish": _shares("ó0.83 í0.73 á0.5 é0.43 ñ0.31 ú0.17 ü0.01"),
    "Portuguese": _shares("ã0.73 ç0.53 ê0.45 é0.34 ó0.3 ú0.21 í0.13 á0.12 õ0.04 à0.07 ô0.01 â0.06"),
    "Italian": _shares("à0.64 è0.26 ù0.17 ì0.03 é0.02 ò0.02"),
    "Danish, Norwegian": _shares("å1.4 æ0.7 ø0.95 é0.02"),
    "Swedish, Finnish": _shares("ä1.8 å1.3 ö1.3 é0.02"),
    "Dutch": _shares("é0.06 ë0.05 ï0.02 è0.01 ö0.01 ü0.01"),
    "Polish": _shares("ł2.1 ó1.14 ę1.04 ś0.81 ć0.74 ż0.71 ą0.7 ń0.36 ź0.08"),
    "Czech, Slovak": _shares(
        "í3.1 á2.2 é1.3 ě1.6 ř1.2 č1 ý1.1 ž1 š0.8 ů0.7 ú0.1 ň0.1 ť0.04 ď0.02 ó0.03 ľ0.4 ä0.1 "
        "ô0.2 ĺ0.01 ŕ0.01"
    ),
    "Hungarian": _shares("á3.6 é3.9 ö1.1 ó1 ő0.9 í0.5 ü0.6 ú0.3 ű0.2"),
    "Romanian": _shares("ă4.1 î1.4 ş1.6 ţ1.2 â0.9"),
    "Croatian, Slovene": _shares("č1 š1 ž0.6 ć0.6 đ0.25"),
    "Turkish": _shares("ı5.1 ü1.9 ş1.8 ğ1.1 ç1.5 ö0.8 i̇1 â0.01"),
    "Lithuanian": _shares("ė1.7 š1.3 ž0.9 ų1.3 į0.6 č0.4 ą0.6 ū0.5 ę0.2"),
    "Latvian": _shares("ā4.5 ī2.1 ē1.7 š0.9 ž0.3 ū0.3 ņ0.4 ļ0.4 č0.2 ķ0.2 ģ0.2"),
    "Estonian": _shares("ä1.7 õ1 ü0.6 ö0.3 š0.01 ž0.01"),
    "Russian, Bulgarian": _shares(
        "о11 е8.5 а8 и7.4 н6.7 т6.3 с5.5 р4.7 в4.5 л4.4 к3.5 м3.2 д3 п2.8 у2.6 я2 ы1.9 ь1.7 "
        "г1.7 з1.7 б1.6 ч1.4 й1.2 х1 ж0.9 ш0.7 ю0.6 ц0.5 щ0.4 э0.3 ф0.3 ъ0.1 ё0.05"
    ),
    "Ukrainian": _shares(
        "о9.3 а7.9 и6 н6.9 і5.4 т5.3 е4.7 р4.3 в5.1 л3.6 к3.8 м2.9 д3.1 п2.8 у3.2 я2.4 ь1.6 "
        "г1.6 з2.2 б1.6 ч1.5 й1.3 х1.1 с4.1 ж0.7 ш0.8 ю0.8 ц0.8 щ0.4 ї0.7 є0.5 ф0.3 ґ0.01"
    ),
    "Vietnamese": dict.fromkeys("ăâđêôơưàáãèéìíòóõùúýĩũ", 1.0),
    "Greek": _shares(
        "α10 ο9 ε7 τ8 ι7 ν7 σ5 ρ5 π4.5 κ4 υ4 η4 ς4 λ3.5 μ3.5 ί3 ά2 έ2 ό2 γ2 δ1.7 ω1.6 ή1.5 χ1.3 "
        "θ1.2 φ1.2 ύ1 ώ1 β0.8 ξ0.6 ζ0.5 ψ0.2 ϊ0.05 ϋ0.02"
    ),
    "Hebrew": dict.fromkeys("אבגדהוזחטיךכלםמןנסעףפץצקרשת", 1.0),
    "Arabic": dict.fromkeys("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآؤئء", 1.0),
}
"""Alphabets beyond A to Z, by language."""

LANGUAGES: dict[str, tuple[str, ...]] = {
    "cp1252": (
        *("German", "French", "Spanish", "Portuguese", "Italian"),
        *("Danish, Norwegian", "Swedish, Finnish", "Dutch"),
    ),
    "cp1250": (
        *("Polish", "Czech, Slovak", "Hungarian", "Romanian", "Croatian, Slovene", "German"),
    ),
    "cp1251": ("Russian, Bulgarian", "Ukrainian"),
    "cp1253": ("Greek",),
    "cp1254": ("Turkish", "German", "French"),
    "cp1255": ("Hebrew",),
    "cp1256": ("Arabic",),
    "cp1257": ("Lithuanian", "Latvian", "Estonian"),
}
"""Languages that are written in a Windows code page."""

TRADE_CHARACTERS = frozenset(
    "箱件数數量毛净淨重体體积積品名尺寸长長宽寬高单單位总總合计計编編号號货貨物规規格材质質"
    "包装裝发發票日期公司厂廠限有地址电電话話港目的口运運输輸船海空出进進备備注註序每个個只套"
    "双雙打卷张張台米厘克千斤吨噸立方外内內色红紅蓝藍白黑金价價额額人民币幣美元中国國英文中"
    "义義乌烏宁寧波上广廣州深圳香收客户戶供应應商订訂合同唛嘜头頭托盘盤布纸紙木塑料铁鐵钢鋼"
    "灯燈玩具衣服鞋帽杯子椅桌床机機器配件工产產类類型及和不无無与與者等大小新"
)
"""Characters that packing lists use all the time, simplified and traditional."""
