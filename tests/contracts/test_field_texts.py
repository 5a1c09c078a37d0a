"""Each field of an event that others send says what it is; each code says what it stands for."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from jsonschema import Draft202012Validator

from groupage.contracts.field_texts import FIELD_TEXTS
from groupage.contracts.provenance import OWN_EVENTS
from groupage.contracts.schemas import reader_schema, writer_schema
from groupage.contracts.validation import validate_for_writing
from groupage.domain.catalogue import EVENTS
from groupage.domain.events.consignment import CustomsMode
from groupage.domain.events.schedule import CutoffCode
from groupage.domain.fact import Classifier
from groupage.domain.value_names import CLASSIFIERS, CUSTOMS_MODES, CUTOFFS, names_of, spell_out

PUBLIC = sorted(name for name, event in EVENTS.items() if event not in OWN_EVENTS)


def fields_of(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield struct, field and schema of each field of an event, at any depth."""
    for struct, part in writer_schema(EVENTS[name])["$defs"].items():
        for field, schema in part.get("properties", {}).items():
            yield struct, field, schema


def literals_in(hint: Any) -> Iterator[tuple[str, ...]]:
    """Yield the values of each enumeration in a type."""
    if get_origin(hint) is Literal:
        yield get_args(hint)
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        for field in msgspec.structs.fields(hint):
            yield from literals_in(field.type)
    else:
        for argument in get_args(hint):
            yield from literals_in(argument)


@pytest.mark.parametrize("name", PUBLIC)
def test_each_field_says_what_it_is(name: str) -> None:
    """An id says of what: nothing is just "an id"."""
    for struct, field, schema in fields_of(name):
        assert schema.get("description"), (struct, field)
        assert not schema["description"].startswith("An id:"), (struct, field)
        assert not schema["description"].startswith("An instant"), (struct, field)


@pytest.mark.parametrize("name", EVENTS)
def test_examples_stand_beside_what_they_show(name: str) -> None:
    """Of the event and of single fields; each obeys the schema that it stands in."""
    for schema in (writer_schema(EVENTS[name]), reader_schema(EVENTS[name])):
        (example,) = schema["examples"]
        Draft202012Validator(schema).validate(example)
        assert validate_for_writing(name, example) == ()
    for _, field, schema in fields_of(name):
        for example in schema.get("examples", ()):
            Draft202012Validator({"$defs": {}} | schema).validate(example)
            assert field not in ("size", "lines")


@pytest.mark.parametrize("name", PUBLIC)
def test_each_value_of_an_enumeration_has_its_name(name: str) -> None:
    """Or says itself what it is."""
    for values in literals_in(EVENTS[name]):
        assert set(names_of(values)) == set(values)


def test_the_tables_are_those_of_the_types() -> None:
    """All customs modes, cut-off codes and classifiers."""
    for table, hint in (
        (CUSTOMS_MODES, CustomsMode),
        (CUTOFFS, CutoffCode),
        (CLASSIFIERS, Classifier),
    ):
        assert set(table) == set(get_args(hint))
        assert all(table.values())


def test_customs_modes_are_named_where_they_are_asked_for() -> None:
    """In the schema, and in the errors about a wrong and a missing one."""
    described = writer_schema(EVENTS["customs.declared"])["$defs"]["CustomsDeclared"]["properties"]
    assert "9610: cross-border e-commerce, parcels to consumers" in described["mode"]["description"]
    for data in ({"mode": "9999"}, {}):
        errors = validate_for_writing("customs.declared", data)
        (error,) = (each for each in errors if each.pointer == "/mode")
        assert "1039" in error.message
        assert "market procurement trade" in error.message


def test_codes_are_spelled_out_and_words_are_not() -> None:
    """`damaged` needs no name beside it."""
    assert spell_out(["SM1", "SM2"]).startswith("SM1 (the packed container was weighed), SM2 (")
    assert spell_out(["fit", "unfit"]) == "fit, unfit"
    assert spell_out(["a", "b"]) == "a, b"


def test_no_text_is_left_over() -> None:
    """Each name of the table is a field of some event."""
    names = {field for name in EVENTS for _, field, _ in fields_of(name)}
    assert set(FIELD_TEXTS) <= names
