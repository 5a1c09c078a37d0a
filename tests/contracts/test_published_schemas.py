"""Published documents mean the same to readers in Go, JavaScript and Java as in Python."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from groupage.app.commands.contracts import documents
from groupage.domain.events.quantities import END_OF_TEXT, EquipmentRef, Id, UnitId

DOCUMENTS = dict(documents())


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for item in node:
            yield from nodes(item)


def test_patterns_need_no_look_around_and_no_class_of_characters() -> None:
    """RE2 has no look-around; escapes such as backslash s mean other characters in each engine."""
    found = {
        each["pattern"]
        for document in DOCUMENTS.values()
        for each in nodes(document)
        if isinstance(each.get("pattern"), str)
    }
    assert len(found) > 5
    for pattern in found:
        assert "(?" not in pattern
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert not re.search(r"\\[sSdDwWbBuxp]", pattern)
        assert "." not in re.sub(r"\\\.", "", pattern), "the dot means other characters, too"


@pytest.mark.parametrize("hint", [Id, UnitId, EquipmentRef])
def test_white_space_is_unicode_s(hint: Any) -> None:
    """At both ends of an id, and no line feed inside; U+FEFF is invisible, but no white space."""
    pattern = re.compile(get_args(hint)[1].extra["pattern"])
    assert pattern.pattern.endswith(END_OF_TEXT)
    for code in range(0x3100):
        space = chr(code)
        for text in (f"{space}a", f"a{space}", space):
            assert (pattern.search(text) is None) == space.isspace(), (code, text)
    assert pattern.search("a b") is not None
    assert pattern.search("a\nb") is None


def test_every_array_has_a_schema_of_its_items() -> None:
    """Spectral's rule `array-items`: a schema, also where no further item may come."""
    for name, document in DOCUMENTS.items():
        for each in nodes(document):
            if each.get("type") == "array":
                assert isinstance(each.get("items"), dict), (name, each)


def test_headers_are_objects() -> None:
    """Spectral's rule `asyncapi-3-headers-schema-type-object`, for which `allOf` is not enough."""
    for name, message in DOCUMENTS["asyncapi.json"]["components"]["messages"].items():
        headers = message["headers"]
        assert headers.get("type") == "object" or "$ref" in headers, name


@pytest.mark.parametrize("name", ["openapi-gateway.json", "openapi-reading.json"])
def test_openapi_names_servers_security_license_and_operations(name: str) -> None:
    """Redocly's recommended rules."""
    document = DOCUMENTS[name]
    assert document["servers"]
    assert document["security"]
    assert document["info"]["license"]["url"]
    setting = "GROUPAGE_GATEWAY_TOKEN" if "gateway" in name else "GROUPAGE_API_TOKEN"
    assert setting in document["components"]["securitySchemes"]["token"]["description"]
    ids = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(ids) == len(set(ids)) > 5
