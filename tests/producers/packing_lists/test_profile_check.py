"""What a profile remembers, against the figures of a list."""

from pathlib import Path

import pytest
import tomli_w

from groupage.domain.policy import Policy
from producers.packing_lists.booking import Booking
from producers.packing_lists.importing import ListRequest, read_list
from producers.packing_lists.shared import Options
from tests.producers.packing_lists.made_lists import TIMES
from tests.producers.packing_lists.read_lists import Rows, read

HEADER = "品名,件数,外箱尺寸(cm),毛重(kg)\n"
OPEN = HEADER + "杯子,10,60*40*35,25\n盘子,4,50*40*40,8\n"
PROVES_CARTON = OPEN + "合计,14,,282\n"
PROVES_ROW = HEADER + "杯子,10,60*40*35,250\n盘子,4,50*40*40,80\n合计,14,,330\n"


def book(text: str, folder: Path, remembered: dict[str, str], **answers: str) -> Booking:
    """Read a list with a profile."""
    (folder / "star.toml").write_text(tomli_w.dumps({"answers": remembered}), encoding="utf-8")
    request = ListRequest(
        options=Options(shipper="S", pod="NLRTM"),
        answers={key.replace("_", "."): answer for key, answer in answers.items()},
        profile="star",
        profiles=folder,
    )
    return read_list("l.csv", text.encode(), request, times=TIMES, policy=Policy()).booking


@pytest.mark.parametrize("per", ["carton", "row"])
def test_a_profile_answers_what_a_list_leaves_open(tmp_path: Path, per: str) -> None:
    """25 kg a carton, or of the row."""
    assert book(OPEN, tmp_path, {"D1.per": per}).facts


@pytest.mark.parametrize(
    ("text", "per", "other"), [(PROVES_CARTON, "row", "carton"), (PROVES_ROW, "carton", "row")]
)
def test_a_list_whose_figures_prove_otherwise_is_asked_about(
    tmp_path: Path, text: str, per: str, other: str
) -> None:
    """The question names the profile, its answer and the figures; either answer settles it."""
    found = book(text, tmp_path, {"D1.per": per})
    (asked,) = found.questions
    assert not found.errors
    assert (asked.cell, asked.code) == ("D1", "profile_contradiction")
    assert f"profile star says D1.per={per}" in asked.text
    assert "D4: " in asked.text
    assert [choice.answer for choice in asked.choices] == [f"D1.per={per}", f"D1.per={other}"]
    assert book(text, tmp_path, {"D1.per": per}, D1_per=other).facts


def test_what_the_profile_confirms_is_read(tmp_path: Path) -> None:
    """The figures say the same."""
    assert book(PROVES_CARTON, tmp_path, {"D1.per": "carton"}).facts
    assert book(PROVES_ROW, tmp_path, {"D1.per": "row", "D9.amount": "amount"}).facts


def test_a_unit_that_the_volumes_disprove_is_asked_about(tmp_path: Path) -> None:
    """Inches remembered, centimetres proved."""
    text = "Goods,Ctns,Size,CBM,G.W./ctn (kg)\ncups,10,60*40*35,0.84,12.5\n"
    (asked,) = book(text, tmp_path, {"C1.unit": "in"}).questions
    assert asked.code == "profile_contradiction"
    assert [choice.answer for choice in asked.choices] == ["C1.unit=in", "C1.unit=cm"]


def test_another_question_about_the_column_names_the_profile(tmp_path: Path) -> None:
    """The total fits neither meaning."""
    found = book(OPEN + "合计,14,,999\n", tmp_path, {"D1.per": "row"})
    assert [asked.code for asked in found.questions] == ["mass_contradiction"]
    assert "(profile star says D1.per=row)" in found.questions[0].text


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (("D1.per", "ctn"), "expected D1.per= one of carton, row"),
        (("D1.prr", "carton"), "open are D1.per=carton, D1.per=row"),
        (("Z9.unit", "cm"), "open are D1.per=carton, D1.per=row"),
    ],
)
def test_an_answer_that_fits_no_question_says_what_is_expected(
    answer: tuple[str, str], says: str
) -> None:
    """A wrong value, a wrong key."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W. (kg)"],
        ["cups", 10, "60*40*35", 25],
        ["mugs", 4, "50*40*40", 8],
    ]
    (error,) = read(rows, answers=dict([answer])).errors
    assert says in error.text
    rows[0][3] = "G.W. per carton (kg)"
    (error,) = read(rows, answers={"Z9.unit": "cm"}).errors
    assert "no open question" in error.text
