"""The exported documents: valid by their own meta-schemas, and enough for a stranger."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from groupage.contracts.asyncapi import asyncapi_document, events_on
from groupage.contracts.decoding import decode
from groupage.contracts.example_values import EXAMPLE_AT
from groupage.contracts.examples import example_fact
from groupage.contracts.topics import TOPICS, topic_of
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.validation import validate_for_writing
from groupage.domain.catalogue import EVENTS
from tests.fetched import asyncapi_schema


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document as written to the file."""
    document: dict[str, Any] = json.loads(json.dumps(asyncapi_document(prefix="hub1.")))
    return document


def followed(document: dict[str, Any], reference: str) -> Any:
    """Resolve a local reference. Raises KeyError when it points nowhere."""
    node: Any = document
    assert reference.startswith("#/")
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def references_in(node: Any) -> list[str]:
    """All references of a document."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references_in(value)]
    if isinstance(node, list):
        return [found for value in node for found in references_in(value)]
    return []


@pytest.mark.slow
def test_asyncapi_obeys_its_schema(asyncapi: dict[str, Any]) -> None:
    """The official schema of AsyncAPI 3.0 passes it."""
    schema = json.loads(asyncapi_schema().read_text(encoding="utf-8"))
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft7Validator(schema).iter_errors(asyncapi)
    ]
    assert errors == []


def test_asyncapi_is_whole(asyncapi: dict[str, Any]) -> None:
    """All references lead somewhere; every topic, event and operation is there."""
    assert asyncapi["asyncapi"] == "3.0.0"
    for reference in set(references_in(asyncapi)):
        followed(asyncapi, reference)
    assert {channel["address"] for channel in asyncapi["channels"].values()} == {
        f"hub1.{topic.name}" for topic in TOPICS
    }
    described = {name for channel in asyncapi["channels"].values() for name in channel["messages"]}
    others = {"captured-event", "dead-letter"}
    assert described == {f"{name}.v1" for name in EVENTS} | others
    for operation in asyncapi["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        assert all(ref["$ref"].startswith(f"{channel}/messages/") for ref in operation["messages"])


def test_public_events_can_be_sent(asyncapi: dict[str, Any]) -> None:
    """Receiving operations hold the events that other systems may publish, and no others."""
    received = {
        reference["$ref"].rpartition("/")[2].removesuffix(".v1")
        for operation in asyncapi["operations"].values()
        if operation["action"] == "receive"
        for reference in operation["messages"]
    }
    public = {
        name
        for topic in TOPICS
        if topic.public
        for name in [event.name for event in events_on(topic) if not event.internal]
    }
    assert received == public
    assert {"consignment.booked", "unit.loaded", "command.accept_plan"} <= received
    assert not any(EVENTS[name].internal for name in received)
    assert "clock.ticked" not in received


def test_topics_are_described_as_made(asyncapi: dict[str, Any]) -> None:
    """Partitions and retention of the document are those of the topic table."""
    bindings = {
        channel["bindings"]["kafka"]["topic"]: channel["bindings"]["kafka"]
        for channel in asyncapi["channels"].values()
    }
    for topic in TOPICS:
        binding = bindings[f"hub1.{topic.name}"]
        assert binding["partitions"] == topic.partitions
        wanted = -1 if topic.retention is None else int(topic.retention.total_seconds() * 1_000)
        assert binding["topicConfiguration"]["retention.ms"] == wanted


@pytest.mark.parametrize("name", EVENTS)
def test_examples_decode(name: str, asyncapi: dict[str, Any]) -> None:
    """Sending headers and payload of an example gives the fact, on its own topic."""
    message = asyncapi["components"]["messages"][f"{name}.v1"]
    (example,) = message["examples"]
    headers = [(key, value.encode()) for key, value in example["headers"].items()]
    value = json.dumps(example["payload"]).encode()
    expected = example_fact(EVENTS[name])
    topic = None if EVENTS[name].kind == "clock" else topic_of(expected.data).name
    fact = decode(headers, None, value, recorded_at=EXAMPLE_AT, topic=topic)
    assert fact == expected
    assert validate_for_writing(name, example["payload"]) == ()


@pytest.mark.parametrize("name", EVENTS)
def test_examples_obey_the_document(name: str, asyncapi: dict[str, Any]) -> None:
    """Headers and payload of an example pass the schemas that stand beside it."""
    message = asyncapi["components"]["messages"][f"{name}.v1"]
    (example,) = message["examples"]
    for part in ("headers", "payload"):
        schema = {**message[part], "components": asyncapi["components"]}
        Draft202012Validator(schema).validate(example[part])


def test_required_headers_are_required(asyncapi: dict[str, Any]) -> None:
    """Leaving out any header that the document requires is refused; the others may be left out."""
    message = asyncapi["components"]["messages"]["unit.received.v1"]
    example = message["examples"][0]
    value = json.dumps(example["payload"]).encode()
    required = asyncapi["components"]["schemas"]["CloudEventHeaders"]["required"]
    least = {name: example["headers"][name].encode() for name in required}
    assert decode(list(least.items()), None, value, recorded_at=EXAMPLE_AT).type == "unit.received"
    for name in required:
        fewer = [pair for pair in least.items() if pair[0] != name]
        with pytest.raises(Undecodable):
            decode(fewer, None, value, recorded_at=EXAMPLE_AT)


@pytest.mark.slow
def test_export_writes_valid_documents(tmp_path: Path) -> None:
    """`groupage contracts export` writes them all; each passes its own meta-schema."""
    from groupage.app.commands.contracts import export  # noqa: PLC0415 - builds the HTTP applications

    export(tmp_path / "contracts")
    folder = tmp_path / "contracts"
    for name in ("openapi-gateway.json", "openapi-reading.json"):
        document = json.loads((folder / name).read_text(encoding="utf-8"))
        assert document["openapi"].startswith("3.1")
        OpenAPIV31SpecValidator(document).validate()
        for reference in set(references_in(document)):
            followed(document, reference)
    for use in ("write", "read"):
        files = list((folder / "schemas" / use).glob("*.json"))
        assert {file.stem for file in files} == {f"{name}.v1" for name in EVENTS}
        for file in files:
            Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))
    assert json.loads((folder / "asyncapi.json").read_text(encoding="utf-8"))["channels"]
