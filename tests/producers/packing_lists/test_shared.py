"""What holds for a whole consignment, and what happens when sources contradict one another."""

import msgspec
import pytest

from groupage.domain.events.consignment import AsnReceived, ConsignmentBooked
from producers.packing_lists.booking import Booking
from producers.packing_lists.shared import Options
from tests.producers.packing_lists.made_lists import (
    OPTIONS,
    booked,
    errors,
    imported,
    label,
    line,
    packing_list,
)


def questions(found: Booking) -> list[tuple[str, list[str]]]:
    """Return cell and answers of each question."""
    return [(each.cell, [choice.answer for choice in each.choices]) for each in found.questions]


def event_of(found: Booking) -> ConsignmentBooked:
    """Return the booking."""
    event = found.facts[0].data
    assert isinstance(event, ConsignmentBooked)
    return event


def test_a_port_by_option_that_the_sheet_contradicts_is_a_question() -> None:
    """Both are offered, with where they come from; either answer settles it."""
    found = packing_list(line(), labels=(label("pod", "ROTTERDAM"),))
    options = msgspec.structs.replace(OPTIONS, pod="ESVLC")
    booking = booked(found, options)
    assert booking.facts == ()
    assert questions(booking) == [("B1", ["pod=NLRTM", "pod=ESVLC"])]
    assert "ROTTERDAM, as B1 says, or ESVLC, as --pod says" in booking.questions[0].text
    for code in ("NLRTM", "ESVLC"):
        assert event_of(booked(found, options, {"pod": code})).pod == code


@pytest.mark.parametrize("text", ["Rotterdam", "NLRTM", "鹿特丹港"])
def test_the_same_port_by_another_name_is_no_contradiction(text: str) -> None:
    """Names are compared by what they mean."""
    assert booked(packing_list(line(), labels=(label("pod", text),))).questions == ()


def test_a_label_that_a_column_contradicts_is_a_question() -> None:
    """The sheet itself says two things."""
    found = packing_list(
        line(shared={"pod": "DEHAM"}), labels=(label("pod", "Rotterdam"),), columns={"D": "pod"}
    )
    booking = booked(found, msgspec.structs.replace(OPTIONS, pod=None))
    assert questions(booking) == [("D2", ["pod=DEHAM", "pod=NLRTM"])]


@pytest.mark.parametrize(
    ("field", "option", "in_list", "answers"),
    [
        ("mode", "0110", "市场采购", ["mode=1039", "mode=0110"]),
        ("currency", "EUR", "美元", ["currency=USD", "currency=EUR"]),
        ("consignment_id", "CN-1", "CN-9", ["consignment_id=CN-9", "consignment_id=CN-1"]),
    ],
)
def test_other_options_that_the_sheet_contradicts(
    field: str, option: str, in_list: str, answers: list[str]
) -> None:
    """Mode, currency and the consignment's id as well."""
    options = msgspec.structs.replace(OPTIONS, **{field: option})
    made = line(articles=())
    booking = booked(packing_list(made, labels=(label(field, in_list),)), options)  # type: ignore[arg-type]
    assert questions(booking) == [("B1", answers)]
    assert booked(
        packing_list(made, labels=(label(field, in_list),)),  # type: ignore[arg-type]
        options,
        dict([answers[1].split("=")]),
    ).facts


def test_an_option_for_the_shipper_does_not_contradict_its_full_name() -> None:
    """A hub's short name of the shipper and the name in the list may be one: the list's counts."""
    booking = booked(packing_list(line(), labels=(label("shipper", "Gläserhaus GmbH"),)))
    assert event_of(booking).shipper == "Gläserhaus GmbH"
    assert ("B1", "option_not_used") in [(each.cell, each.code) for each in booking.remarks]


@pytest.mark.parametrize(
    "rows",
    [
        "店铺,品名,箱数,箱规(cm),单箱毛重(kg)\n小店,杯,4,40*30*30,8\n小店,碗,3,40*30*30,9",
        "店铺：小店\n品名,箱数,箱规(cm),单箱毛重(kg)\n杯,4,40*30*30,8",
    ],
)
@pytest.mark.parametrize(("option", "shipper"), [("star", "star"), (None, "小店")])
def test_a_shop_is_the_shipper_only_if_no_option_names_another(
    rows: str, option: str | None, shipper: str
) -> None:
    """It sells in the market what somebody else ships; with several shops the option counted."""
    booking = imported(rows, shipper=option, pod="ESVLC").booking
    assert event_of(booking).shipper == shipper
    remarks = [each.code for each in booking.remarks if each.code.startswith("option")]
    assert remarks == (["option_used"] if option else [])


def test_several_suppliers_are_one_shipper_with_an_option() -> None:
    """A column of suppliers names the factories; without the option it is an error."""
    lines = [line(row, shared={"shipper": name}) for row, name in enumerate("甲乙丙", 1)]
    found = packing_list(*lines, columns={"C": "shipper"})
    booking = booked(found, msgspec.structs.replace(OPTIONS, shipper="S"))
    assert event_of(booking).shipper == "S"
    assert "option_used" in [each.code for each in booking.remarks]
    assert errors(booked(found, msgspec.structs.replace(OPTIONS, shipper=None))) == [
        ("C3", "several_values")
    ]


def test_two_ports_in_a_column_are_an_error() -> None:
    """One consignment goes to one port."""
    lines = [line(row, shared={"pod": code}) for row, code in enumerate(("NLRTM", "DEHAM"), 1)]
    booking = booked(packing_list(*lines, columns={"C": "pod"}), Options(shipper="S"))
    assert errors(booking) == [("C3", "several_values")]


def test_several_shippers_may_be_several_consignments() -> None:
    """The error names the answer; it makes a consignment of each, under ids that stay the same."""
    shared = [{"shipper": "甲", "pod": "NLRTM"}, {}, {"shipper": "乙"}, {"shipper": "甲"}]
    lines = [line(row, shared=more) for row, more in enumerate(shared, 1)]
    found = packing_list(*lines, columns={"C": "shipper", "D": "pod"})
    booking = booked(found, Options())
    assert errors(booking) == [("C4", "several_values")]
    assert "consignments=split" in booking.errors[0].text
    split = [booked(found, Options(), {"consignments": "split"}) for _ in range(2)]
    assert split[0].facts == split[1].facts
    assert [(each.shipper, each.cartons, each.pod) for each in split[0].consignments] == [
        ("甲", 30, "NLRTM"),
        ("乙", 10, "NLRTM"),
    ]
    assert len({each.consignment_id for each in split[0].consignments}) == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"pod": "Atlantis"}, "bad_pod"),
        ({"mode": "7777"}, "bad_mode"),
        ({"currency": "XYZ"}, "bad_currency"),
        ({"ready_at": "soon"}, "bad_ready_at"),
    ],
)
def test_options_that_cannot_be_read(options: dict[str, str], code: str) -> None:
    """They are errors like cells."""
    booking = booked(packing_list(line()), msgspec.structs.replace(OPTIONS, **options))
    assert errors(booking) == [("", code)]


@pytest.mark.parametrize(
    ("text", "code"), [("FOB NINGBO", "FOB"), ("C&F Rotterdam", "CFR"), ("cif", "CIF")]
)
def test_incoterms(text: str, code: str) -> None:
    """With their place, and by an old name."""
    assert (
        event_of(booked(packing_list(line(), labels=(label("incoterm", text),)))).incoterm == code
    )


def test_every_question_about_the_consignment_takes_its_answer() -> None:
    """Also about fields that no option has."""
    text = (
        "INCOTERM:,FOB NINGBO,,,\n\n品名,箱数,外箱尺寸(cm),单箱毛重(KG),贸易条款\n"
        "玩具,10,60*40*35,12.5,CIF\n"
    )
    (question,) = imported(text, shipper="S", pod="NLRTM").booking.questions
    key, _, answer = question.choices[0].answer.partition("=")
    found = imported(text, shipper="S", pod="NLRTM", answers={key: answer}).booking
    assert event_of(found).incoterm == answer


def test_an_answer_settles_a_cell_that_cannot_be_read() -> None:
    """The error names it: 买单 is a way to declare, and not a customs mode."""
    text = "品名,箱数,外箱尺寸(cm),单箱毛重(KG),报关方式,买家\n玩具,10,60*40*35,12.5,买单,ACME\n"
    booking = imported(text, shipper="S", pod="NLRTM").booking
    assert errors(booking) == [("E2", "bad_mode")]
    assert "--answer mode=VALUE" in booking.errors[0].text
    found = imported(text, shipper="S", pod="NLRTM", answers={"mode": "0110"}).booking
    assert (event_of(found).mode, event_of(found).buyer) == ("0110", "ACME")


def test_an_incoterm_that_is_none_is_an_error() -> None:
    """At its cell."""
    booking = booked(packing_list(line(), labels=(label("incoterm", "prepaid"),)))
    assert errors(booking) == [("B1", "bad_incoterm")]


def test_a_consignment_may_come_on_several_trucks() -> None:
    """The notice names all plates."""
    lines = [line(row, shared={"vehicle": plate}) for row, plate in enumerate(("A1", "B2"), 1)]
    notice = booked(packing_list(*lines)).facts[1].data
    assert isinstance(notice, AsnReceived)
    assert notice.vehicle == "A1, B2"


def test_what_is_assumed_is_told() -> None:
    """Each default that was taken is a remark."""
    texts = [each.text for each in booked(packing_list(line())).remarks]
    for word in ("consignee TO ORDER", "pol CNNGB", "mode 1039", "currency USD", "ready_at"):
        assert any(text.startswith(word) for text in texts), (word, texts)


@pytest.mark.parametrize(
    ("port", "behind"),
    [
        ("Port of Discharge", "Place of Delivery"),
        ("POD", "Final destination"),
        ("卸货港", "目的地"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_place_behind_the_port_of_discharge_is_not_the_port(
    port: str, behind: str, order: int
) -> None:
    """A bill of lading names both; a remark says which place was not read."""
    labels = [f"{port}: VALENCIA", f"{behind}: MADRID"][::order]
    rows = ("C/NO,Goods,CTNS,SIZE(CM),G.W./CTN (KG)", "1-5,cup,5,50*40*30,12")
    booking = imported("\n".join((*labels, *rows)), shipper="star").booking
    assert event_of(booking).pod == "ESVLC"
    assert "place_of_delivery" in [remark.code for remark in booking.remarks]


def test_a_place_of_delivery_alone_is_the_port() -> None:
    """Two ports of discharge remain a question, and nothing else names the port."""
    rows = ("C/NO,Goods,CTNS,SIZE(CM),G.W./CTN (KG)", "1-5,cup,5,50*40*30,12")
    alone = imported("\n".join(("Place of Delivery: MADRID", *rows)), shipper="star").booking
    assert event_of(alone).pod == "ESMAD"
    labels = ("Port of Discharge: VALENCIA", "Port of Destination: BARCELONA")
    both = imported("\n".join((*labels, *rows)), shipper="star").booking
    assert questions(both) == [("A1", ["pod=ESVLC", "pod=ESBCN"])]


@pytest.mark.parametrize("header", ["店铺", "店铺号", "商户"])
def test_a_column_of_shops_names_the_shipper(header: str) -> None:
    """Two shops are two shippers."""
    rows = (
        f"{header},C/NO,Goods,CTNS,SIZE(CM),G.W./CTN (KG)",
        "A01,1-5,cup,5,50*40*30,12",
        "A01,6-8,doll,3,60*40*30,10",
    )
    assert event_of(imported("\n".join(rows), pod="ESVLC").booking).shipper == "A01"
    two = imported("\n".join(rows).replace("A01,6", "A02,6"), pod="ESVLC").booking
    assert errors(two) == [("A3", "several_values")]
