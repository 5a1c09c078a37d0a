"""A writer gets all errors in wrong data at once, with field, value and what would be right."""

import json
from datetime import datetime

import msgspec
import pytest
from jsonschema import Draft202012Validator

from groupage.contracts.describe import descriptions_json
from groupage.contracts.examples import example_data
from groupage.contracts.schemas import (
    DESCRIPTIONS_FILE,
    reader_schema,
    writer_schema,
    writer_struct,
)
from groupage.contracts.validation import INSTANT_EXPECTED, validate_for_writing
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import NotFound

MEASURED = {
    "unit_id": "106141412345678908",
    "size": {"length_mm": 400, "width_mm": 300, "height_mm": 200},
    "gross_g": 12_000,
}


@pytest.mark.parametrize("name", EVENTS)
def test_schemas_are_valid_and_documented(name: str) -> None:
    """Both schemas of each event obey the meta-schema; the event and its units are described."""
    for schema in (writer_schema(EVENTS[name]), reader_schema(EVENTS[name])):
        Draft202012Validator.check_schema(schema)
        for part in schema["$defs"].values():
            for field, described in part.get("properties", {}).items():
                if field.endswith(("_mm", "_g", "_cm3", "_at", "_s")):
                    assert described.get("description") or "$ref" in described, (name, field)
    written = writer_schema(EVENTS[name])
    own = written["$defs"][EVENTS[name].__name__]
    assert own["description"]
    assert own["additionalProperties"] is False
    assert "additionalProperties" not in json.dumps(reader_schema(EVENTS[name]))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("unit.measured", {"declared_size": MEASURED["size"], "declared_gross_g": 11_500}),
        ("unit.measured", {"delta_permille": -30}),
        ("hold.placed", {"scope": "cartons 3 and 4"}),
        ("container.sealed", {"source": "CARRIER", "seal_type": "bolt"}),
        ("container.resealed", {"source": "CUSTOMS", "seal_type": "cable"}),
        ("leg.eta_updated", {"mode": "RAIL"}),
        (
            "dg.declared",
            {
                "goods": [
                    {
                        "un_number": "1230",
                        "imo_class": "3",
                        "subsidiary_risks": ["6.1"],
                        "packing_group": "II",
                        "net_g": 5_000,
                        "limited_quantity": True,
                        "flashpoint_c": -11,
                    }
                ],
                "msds_ref": "MSDS-1",
            },
        ),
    ],
)
def test_events_have_fields_for_what_the_trade_records(
    name: str, fields: dict[str, object]
) -> None:
    """Instruments, docks and desks record more than the required fields."""
    data = msgspec.to_builtins(example_data(EVENTS[name])) | fields
    assert validate_for_writing(name, data) == ()


def test_field_descriptions_are_those_of_the_sources() -> None:
    """Run `python -m groupage.contracts.describe` after changing the docstring of a field."""
    assert DESCRIPTIONS_FILE.read_bytes() == descriptions_json()


def test_a_field_is_described_by_its_docstring_its_type_or_its_unit() -> None:
    """In this order, with the limits of its type; a text of the hub's own may have none."""
    fields = writer_schema(EVENTS["unit.announced"])["$defs"]["UnitAnnounced"]["properties"]
    assert fields["owner_id"]["description"].startswith("The consignment.")
    assert fields["consignment_id"]["description"].startswith("Id of the consignment, ")
    assert "description" not in fields["consignment_id"]["anyOf"][0]
    assert fields["announced_at"]["description"].startswith("An instant by RFC 3339")
    assert fields["consignment_id"]["description"].endswith("no white space at either end.")
    raised = writer_schema(EVENTS["alert.raised"])["$defs"]["AlertRaised"]["properties"]
    assert "description" not in raised["message"]


def test_a_point_in_a_whole_number_is_among_the_errors() -> None:
    """A number with a point is an integer if nothing follows the point, as JSON Schema says."""
    for value, wrong in ((12.0, []), (12.5, ["/gross_g"]), (1e300, ["/gross_g"])):
        data = MEASURED | {"gross_g": value, "unit_id": " x"}
        errors = validate_for_writing("unit.measured", data)
        assert [error.pointer for error in errors] == ["/unit_id", *wrong]


def test_every_error_at_once() -> None:
    """Wrong values, missing and unknown fields of all depths are in the list."""
    errors = validate_for_writing(
        "unit.measured.v1",
        {
            "unit_id": " x",
            "size": {"length_mm": "long", "width_mm": 0, "heigth_mm": 3},
            "gross_g": 12.5,
            "colour": "red",
        },
    )
    found = {error.pointer: (error.value, error.expected) for error in errors}
    whole = "a whole number"
    assert found["/unit_id"][0] == " x"
    assert found["/size/length_mm"] == ("long", whole)
    assert found["/size/width_mm"] == (0, "at least 1")
    assert found["/size/height_mm"] == (None, "a field that is required: Height. Millimetres.")
    assert found["/size/heigth_mm"] == (
        3,
        (
            "no such field; did you mean height_mm (Millimetres)? "
            "Known are length_mm, width_mm, height_mm"
        ),
    )
    assert found["/gross_g"] == (12.5, whole)
    assert found["/colour"][1].startswith("no such field")
    assert len(found) == len(errors) == 7


def test_valid_data_has_no_errors() -> None:
    """With and without the version in the name."""
    assert validate_for_writing("unit.measured", MEASURED) == ()
    assert validate_for_writing("unit.measured.v1", MEASURED) == ()


@pytest.mark.parametrize(
    "at",
    ["2026-03-01T08:00:00", "2026-03-01", "tomorrow", "", 1_772_352_000, "9999-12-31T23:59:59Z"],
)
def test_instants_need_their_offset(at: object) -> None:
    """The error of a time without offset names the field and what would be right."""
    (error,) = validate_for_writing("clock.ticked", {"at": at})
    assert (error.pointer, error.value) == ("/at", at)
    assert error.expected in (
        INSTANT_EXPECTED,
        "a text",
    )


@pytest.mark.parametrize("data", [None, [], "text", 3, {}])
def test_data_that_is_not_an_event(data: object) -> None:
    """Any JSON gives a list of errors."""
    assert validate_for_writing("unit.measured", data)


def test_nul_is_refused_with_the_rest() -> None:
    """The database cannot hold NUL in a text."""
    errors = validate_for_writing("unit.measured", MEASURED | {"device": "a\x00", "gross_g": 0})
    assert {error.pointer for error in errors} == {"/device", "/gross_g"}
    (alone,) = validate_for_writing("unit.measured", MEASURED | {"device": "a\x00"})
    assert (alone.pointer, alone.value) == ("/device", "a\x00")
    assert alone.expected.startswith("a text without control characters")


def test_a_flood_of_errors_is_cut() -> None:
    """Ten thousand wrong lines do not make ten thousand errors."""
    lines = [{"pieces": 0}] * 10_000
    assert len(validate_for_writing("consignment.booked", {"lines": lines})) == 100


def test_long_values_are_shortened() -> None:
    """An error repeats at most 200 characters of what was sent."""
    (error,) = validate_for_writing("unit.stored", {"unit_id": "u", "location": "x" * 5_000})
    assert error.value == "x" * 200 + "…"


@pytest.mark.parametrize("field", ["unit_id", "consignment_id"])
@pytest.mark.parametrize("text", ["", "  ", " x" * 150])
def test_an_id_with_two_faults_is_one_error(field: str, text: str) -> None:
    """Too short or too long and with white space at an end; of an optional field, too."""
    data = {"unit_id": "U1", field: text}
    (error,) = validate_for_writing("unit.received", data)
    assert error.pointer == f"/{field}"
    assert "1 to 200 characters, no white space at either end" in error.expected


def test_unknown_event() -> None:
    """Events outside the catalogue have no schema."""
    with pytest.raises(NotFound, match=r"unit\.teleported"):
        validate_for_writing("unit.teleported.v1", {})


def test_a_writers_struct_has_the_fields_of_its_event() -> None:
    """It differs from the event in strictness only."""
    for event in EVENTS.values():
        strict = writer_struct(event)
        assert strict.__struct_fields__ == event.__struct_fields__
        assert strict.__struct_config__.forbid_unknown_fields
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"at": datetime(2026, 3, 1)}, writer_struct(EVENTS["clock.ticked"]))  # noqa: DTZ001
