import tomllib
from pathlib import Path

import pytest

from groupage.app.bench import packing_lists as lists
from groupage.domain.errors import InvalidInput
from producers.sheets.encodings import decode_text
from producers.sheets.reading import read_workbook

_HEADER = "Pos;Description;Cartons;Size (cm);G.W. (kg)\n1;"
_RIGHT = [
    ("cp1252", _HEADER + "Gläser;10;60*40*35;12\n"),
    ("cp1252", _HEADER + "Stühle;10;60*40*35;12,5\n2;Körbe groß;3;50*40*30;8\n"),
    ("cp1252", "Désignation;Quantité;Pièces;Poids\nTasses en grès;10;3;2\n"),
    ("cp1252", _HEADER + "Pièces détachées;1;60*40*35;2\n"),
    ("cp1252", "Descripción;Cajas;Tamaño;Peso\nCañas de bambú;10;60*40*35;12\n"),
    ("cp1252", _HEADER + "Muñecas;10;60*40*35;12\n"),
    ("cp1252", "Descrição;Caixas;Dimensões;Peso\nCadeiras de plástico;10;60*40*35;12\n"),
    ("cp1252", "Descrizione;Quantità;Colli\nTazzine da caffè;10;2\n"),
    ("cp1252", "Beskrivelse;Antal;Mål;Vægt\nKøkkenborde;10;60*40*35;12\n"),
    ("cp1252", "Beskrivning;Antal;Mått;Vikt\nKöksbord, små;10;60*40*35;12\n"),
    ("cp1252", "Kuvaus;Määrä;Paino\nTyynyjä;10;5\n"),
    ("cp1252", "Omschrijving;Hoeveelheid\nIdeeën voor café's;1\n"),
    ("cp1252", "Artikel;Größe;Maße\nTÜRGRIFFE AUS STAHL FÜR DIE KÜCHE;1;2\n"),
    ("cp1252", "Marks,Goods,Volume (m³),Temp\nA,Cups,0.84 m³,20°C\n"),
    ("cp1252", "Goods,Price €\nCups,€ 10\n"),
    ("cp1252", "Goods,Size\nCups,60×40×35\n"),
    ("cp1252", "Goods\nJohn’s “cups” – blue\n"),
    ("cp1250", "Opis;Ilość;Wymiary;Waga\nKrzesła drewniane, żółte;10;60*40*35;12\n"),
    ("cp1250", "Popis;Počet;Rozměry;Hmotnost\nŽidle dřevěné;10;60*40*35;12\n"),
    ("cp1250", "Megnevezés;Mennyiség;Méret;Súly\nFűszertartó üveg;10;60*40*35;12\n"),
    ("cp1250", "Descriere;Cutii\nScaune de grădină şi mese;10\n"),
    ("cp1250", "Opis;Količina;Težina\nStolice žute;10;12\n"),
    ("cp1251", "Описание;Количество;Размер;Вес\nКоробка;10;60*40*35;12\n"),
    ("cp1251", "ТОВАР;МЕСТ;ВЕС\nЛАМПЫ НАСТОЛЬНЫЕ;10;12\n"),
    ("cp1251", "Опис;Кількість;Вага\nЛампи настільні;10;12\n"),
    ("cp1251", _HEADER + "Игрушки;10;60*40*35;12\n"),
    ("cp1254", "Açıklama;Koli;Ölçü;Ağırlık\nBardak şişe;10;60*40*35;12\n"),
    ("cp1253", "Περιγραφή;Κιβώτια;Βάρος\nΚαρέκλες;10;12\n"),
    ("cp1257", "Aprašymas;Kiekis;Svoris\nKėdės medinės, žaislai;10;12\n"),
    ("cp1257", "Apraksts;Skaits;Svars\nKrēsli bērniem un rotaļlietas;10;12\n"),
    ("cp1255", "תיאור;כמות;משקל\nכוסות;10;12\n"),
    ("cp1256", "الوصف;الكمية;الوزن\nأكواب;10;12\n"),
    ("gb18030", "品名,件数,外箱尺寸(cm),总毛重\n杯子,10,60*40*35,125\n"),
    ("gb18030", "Goods,Ctns,Size\n杯子,10,60*40*35\n"),
    ("gb18030", "Description,Qty\n雨伞,10\n"),
    ("gb18030", "目的港：鹿特丹\n发货人：义乌市某某进出口有限公司\n品名,箱数\n圣诞树,5\n"),
    ("gb18030", "C/No.,Goods,Ctns,Size (cm),G.W. (kg)\n3月8日,cups,6,60*40*35,12\n"),
    ("gb18030", "C/No.,Goods,Ctns\n3月8日,cups,6\n9月14日,mugs,6\n"),
    ("gb18030", "Date: 2026年3月5日\nGoods,Ctns\ncups,6\n"),
    ("gb18030", "Goods,Ctns,Ready\ncups,6,12月28号\n"),
    ("big5", "Goods,Ctns,Ready\ncups,6,12月28日\n"),
    ("cp932", "Goods,Ctns,Ready\ncups,6,2026年12月28日\n"),
    ("big5", "品名,件數,外箱尺寸(cm),總毛重\n杯子,10,60*40*35,125\n"),
    (
        "big5",
        "箱號,品名,數量,毛重（KG）,淨重（KG）,體積（CBM）\n1-10,不鏽鋼保溫杯,480,12.5,11,0.84\n",
    ),
    ("big5", "裝箱單\n出貨人：台灣某某股份有限公司\n品名,箱數\n聖誕樹,5\n"),
    ("cp932", "品名,箱数,サイズ,重量\nガラスのコップ,10,60*40*35,12\n"),
    ("cp949", "품명,수량,중량\n유리컵,10,12\n"),
]


@pytest.mark.parametrize(("encoding", "text"), _RIGHT)
def test_encodings_by_evidence(encoding: str, text: str) -> None:
    """Lists of a few lines, as they come; charset-normalizer 3.5.2 has half of them right."""
    assert decode_text("list.csv", text.encode(encoding)).text == text


def _corpus() -> list[str]:
    """The texts of the corpus that have characters beyond ASCII."""
    texts = []
    for file in sorted(Path(lists.__file__).parent.joinpath("lists").glob("*.toml")):
        for entry in tomllib.loads(file.read_text("utf-8"))["list"]:
            sheets = entry.get("sheets", [entry])
            texts.append(sheets[0].get("rows", "").replace(" | ", ","))
    return [text for text in texts if not text.isascii()]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "cp1250", "cp1251", "cp1252"])
def test_no_list_of_the_corpus_is_read_in_another_encoding(encoding: str) -> None:
    """Whole lists are never wrong, some are in doubt; a line alone may be wrong, 1 in 200."""
    right = doubt = lines = 0
    wrong = []
    for text in _corpus():
        for part in (text, *text.splitlines()):
            try:
                data = part.encode(encoding)
            except UnicodeEncodeError:
                continue
            lines += part != text
            try:
                decoded = decode_text("list.csv", data)
            except InvalidInput:
                doubt += part == text
            else:
                assert part != text or decoded.text == part
                right += part == text
                wrong += [part] * (decoded.text != part)
    # Lists in Arabic and Korean, and one of signs, are in doubt in GB 18030.
    assert doubt <= 4 < right + 4
    assert len(wrong) * 200 <= lines, wrong


def test_two_chinese_characters_that_are_utf8_by_chance() -> None:
    """水桶 in GB 18030 is ˮͰ in UTF-8; five such lines or a real word of UTF-8 are no chance."""
    for word in ("水桶", "刷头", "拼图", "毛毯"):
        assert decode_text("list.csv", f"{word},48*36*30,12.6".encode("gb18030")).text[:2] == word
    for word in ("Müller", "Ångström", "Łódź", "ш", "Ğ", "ԱԲԳԴԵԶԷ"):
        assert decode_text("list.csv", f"{word},12.6".encode()).encoding == "UTF-8"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_with_and_without_its_mark(encoding: str) -> None:
    """The mark does not belong to the text."""
    text = "品名,件数\nGläser,10\n"
    assert decode_text("list.csv", text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", _HEADER + "Świeczki;10;60*40*35;12\n"),
        ("cp1250", _HEADER + "Hračky pro děti;10;60*40*35;12\n"),
        ("big5", "Shipper;Goods\n高雄;cup\n"),
    ],
)
def test_in_doubt_the_candidates_are_shown_and_the_caller_decides(encoding: str, text: str) -> None:
    """Two characters are too little evidence: each candidate has a line, the right one too."""
    data = text.encode(encoding)
    with pytest.raises(InvalidInput) as error:
        read_workbook("list.csv", data)
    lines = str(error.value).splitlines()
    right = next(line for line in text.splitlines() if not line.isascii())
    assert "the encoding is in doubt" in lines[0]
    assert any(line.strip() == f"{_python_name(encoding)}: {right}" for line in lines[1:])
    read = read_workbook("list.csv", data, encoding=encoding)
    assert right in ";".join(str(cell) for row in read.sheets[0].rows for cell in row)


def _python_name(encoding: str) -> str:
    return {"big5": "cp950"}.get(encoding, encoding)


def test_evidence_beyond_the_first_lines_counts() -> None:
    """A long list in ASCII with one Chinese name at its end."""
    text = "Goods,Ctns\n" + "Cups,10\n" * 20_000 + "不锈钢保温杯,10\n"
    assert decode_text("list.csv", text.encode("gb18030")).text == text


def test_a_named_encoding_that_does_not_fit_is_refused() -> None:
    """The position is named; an unknown encoding is met with usual ones."""
    data = "杯子".encode("gb18030")
    with pytest.raises(InvalidInput, match="is not text in utf-8: it breaks off at byte 1"):
        decode_text("list.csv", data, "utf-8")
    with pytest.raises(InvalidInput, match="'klingon' is not an encoding; usual ones are utf-8"):
        decode_text("list.csv", data, "klingon")
    with pytest.raises(InvalidInput, match="zlib"):
        decode_text("list.csv", data, "zlib")


def test_binary_data_is_not_text() -> None:
    """Zero bytes that are no UTF-16, and bytes of nothing."""
    with pytest.raises(InvalidInput, match="zero bytes"):
        decode_text("list.csv", b"ab\0\0cd\0e")
    with pytest.raises(InvalidInput, match=r"in doubt|not text"):
        decode_text("list.csv", bytes(range(1, 256)) * 3)
