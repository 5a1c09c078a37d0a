"""Profiles remember the answers for a form, and refuse another form."""

from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from groupage.domain.errors import InvalidInput
from groupage.domain.policy import Policy
from producers.packing_lists.importing import ListRequest, read_list
from producers.packing_lists.profiles import (
    Profile,
    load_profile,
    require_same_form,
    save_profile,
)
from producers.packing_lists.shared import Options
from tests.producers.packing_lists.made_lists import TIMES, line, packing_list

FORM = packing_list(line(), columns={"A": "goods", "B": "cartons", "C": "size"})


def test_answers_are_kept_for_the_form(tmp_path: Path) -> None:
    """The file is text that people read; the same form is taken."""
    answers, options = {"C1.unit": "cm"}, {"shipper": "甲"}
    path = save_profile(tmp_path / "new", "甲-form.1", FORM, answers=answers, options=options)
    text = path.read_text(encoding="utf-8")
    assert '"C1.unit" = "cm"' in text
    assert 'shipper = "甲"' in text
    profile = load_profile(tmp_path / "new", "甲-form.1")
    assert profile == Profile(
        answers=answers, options=options, form={"A1": "goods", "B1": "cartons", "C1": "size"}
    )
    require_same_form(profile, FORM, "甲-form.1")


def test_what_is_about_one_list_is_not_remembered(tmp_path: Path) -> None:
    """The next list's port, date and dangers are its own; what comes from a profile is a remark."""
    given = {"shipper": "甲", "pod": "NLRTM", "ready_at": "2026-03-01", "consignment_id": "CN-1"}
    answers = {"C1.unit": "cm", "dangerous": "no", "pod": "NLRTM"}
    save_profile(tmp_path, "x", FORM, answers=answers, options=given)
    profile = load_profile(tmp_path, "x")
    assert (profile.answers, profile.options) == ({"C1.unit": "cm"}, {"shipper": "甲"})
    (tmp_path / "y.toml").write_text('[options]\nshipper = "甲"\n', encoding="utf-8")
    text = "品名,箱数,外箱尺寸(cm),单箱毛重(KG)\n玩具,10,60*40*35,12.5\n".encode()
    request = ListRequest(options=Options(pod="NLRTM"), profile="y", profiles=tmp_path)
    booking = read_list("list.csv", text, request, times=TIMES, policy=Policy()).booking
    assert booking.facts
    assert "shipper 甲: profile y says it" in [each.text for each in booking.remarks]


def test_another_form_is_refused_with_its_differences() -> None:
    """A renamed, a new and a missing column are named with their cells."""
    profile = Profile(form={"A1": "goods", "B1": "Ctns", "D1": "net"})
    with pytest.raises(InvalidInput) as refusal:
        require_same_form(profile, FORM, "x")
    for part in ("B1 was 'Ctns' and is 'cartons'", "D1 'net' is missing", "C1 'size' is new"):
        assert part in str(refusal.value)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "x" * 65, "a\0b"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """Profiles lie in their folder only."""
    with pytest.raises(InvalidInput, match="is not a name for a profile"):
        load_profile(tmp_path, name)


def test_a_missing_profile_names_the_others(tmp_path: Path) -> None:
    """So that a typing mistake is seen."""
    save_profile(tmp_path, "star", FORM, answers={}, options={})
    with pytest.raises(InvalidInput, match=r"no profile 'stra'.*there: star"):
        load_profile(tmp_path, "stra")


@pytest.mark.parametrize(
    "text",
    ["=", "answers = 3", "[answers]\nx = 3", "[options]\nname = 'x'", "[other]\nx = 'y'", "\udcff"],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """The message names the file."""
    (tmp_path / "x.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidInput, match=r"x\.toml"):
        load_profile(tmp_path, "x")


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4))
def test_any_answers_come_back(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]
) -> None:
    """Whatever characters they have."""
    folder = tmp_path_factory.mktemp("profiles")
    save_profile(folder, "x", FORM, answers=answers, options={})
    assert load_profile(folder, "x").answers == answers


def test_an_answer_that_a_list_does_not_need_is_an_error_only_if_it_was_given(
    tmp_path: Path,
) -> None:
    """A profile is for many lists of a form; an answer of a call is for this one."""
    text = "品名,箱数,外箱尺寸(cm),单箱毛重(KG)\n玩具,10,60*40*35,12.5\n".encode()
    idle = {"D9.amount": "amount"}
    options = Options(shipper="S", pod="NLRTM")
    profile = Profile(answers=idle)
    path = tmp_path / "x.toml"
    path.write_text(tomli_w.dumps({"answers": profile.answers}), encoding="utf-8")
    by_profile = ListRequest(options=options, profile="x", profiles=tmp_path)
    by_call = ListRequest(options=options, answers=idle)
    for request, codes in ((by_profile, []), (by_call, ["unknown_answer"])):
        reading = read_list("list.csv", text, request, times=TIMES, policy=Policy())
        assert [error.code for error in reading.booking.errors] == codes
