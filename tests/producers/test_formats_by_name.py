"""What is not taken is called by its name, at each entrance, with what is taken instead."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from groupage.app.commands.import_ import app
from groupage.contracts.decoding import decode
from groupage.contracts.foreign_formats import name_format
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import InvalidInput
from groupage.settings import GatewaySettings, KafkaSettings
from producers.dcsa.document import read_bundle
from producers.epcis.documents import read_document
from producers.gateway.app import Gateway, create_app
from producers.sheets.reading import read_workbook

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
EDIFACT = (
    b"UNA:+.? '\r\nUNB+UNOC:3+4012345000009:14+4012345000016:14+260302:0800+1'\r\n"
    b"UNH+1+DESADV:D:96A:UN:EAN005'\r\nBGM+351+DES587441+9'\r\n"
)
_ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0800*U*00401"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (EDIFACT, "EDIFACT DESADV D.96A"),
        (b"UNB+UNOA:1+A+B+260302:0800+1'UNH+1+IFTMIN:D:04A:UN'", "EDIFACT IFTMIN D.04A"),
        (b"UNA.*,? ~UNB*UNOA.1*A*B~UNH*1*COPARN.D.95B.UN~", "EDIFACT COPARN D.95B"),
        (b"UNB+UNOA:1+A+B'", "an EDIFACT interchange"),
        (
            _ISA + b"*000000001*0*P*:~GS*SH*A*B*20260302*0800*1*X*004010~ST*856*0001~",
            "X12 856 004010",
        ),
        (
            b"\xef\xbb\xbf<?xml version='1.0'?><!-- x --><a:Order xmlns:a='urn:o'>",
            "XML (Order of urn:o)",
        ),
        (
            b'<epcis:EPCISDocument schemaVersion="1.2" xmlns:epcis="urn:epcglobal:epcis:xsd:1">',
            "EPCIS XML 1.2 (EPCISDocument)",
        ),
        (b"%PDF-1.7", "a PDF document"),
        (
            b"\0\0\0\0\x07\x02abc",
            "a record with a schema id before it (Confluent's Avro, Protobuf or JSON Schema)",
        ),
        (b'{"specversion": "1.0"}', None),
        (b"UNIT,Size\n1,2", None),
        (b"BMW parts,3", None),
        (b"ISABELLA,3", None),
        (b"", None),
    ],
)
def test_names_of_formats(data: bytes, name: str | None) -> None:
    """By the formats' own first bytes; a list that begins with the same characters has none."""
    assert name_format(data) == name


@given(st.sampled_from([b"", b"UNA", b"UNB+", b"UNH+", b"ISA*", b"<?xml", b"<a "]), st.binary())
def test_any_bytes_have_a_short_name_or_none(start: bytes, data: bytes) -> None:
    """Naming never fails, and the name can be printed."""
    name = name_format(start + data)
    assert name is None or (name.isprintable() and len(name) < 400)


@pytest.mark.parametrize(
    "headers",
    [[], [("content-type", b"application/cloudevents+json")], [("content-type", b"text/plain")]],
)
def test_a_record_is_named(headers: list[tuple[str, bytes]]) -> None:
    """The reason of the dead letter says what lies in the topic."""
    with pytest.raises(Undecodable, match=r"it is EDIFACT DESADV D\.96A, .* CloudEvents 1\.0"):
        decode(headers, None, EDIFACT, recorded_at=_NOW)


def test_a_records_data_is_named() -> None:
    """With the headers of a CloudEvent and the message as data."""
    headers = [
        (f"ce_{name}", value)
        for name, value in {
            "specversion": b"1.0",
            "id": b"1",
            "source": b"/edi",
            "type": b"unit.received.v1",
            "time": b"2026-03-02T10:00:00Z",
        }.items()
    ]
    with pytest.raises(Undecodable, match=r"not JSON: it is EDIFACT DESADV D\.96A"):
        decode(headers, None, EDIFACT, recorded_at=_NOW)
    with pytest.raises(Undecodable, match=r"'application/edifact'; it is EDIFACT DESADV"):
        decode(
            [*headers, ("content-type", b"application/edifact")], None, EDIFACT, recorded_at=_NOW
        )


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/v1/events", "application/cloudevents+json", 400),
        ("/v1/events", "application/edifact", 415),
        ("/v1/events:batch", "application/cloudevents-batch+json", 400),
        ("/v1/events:batch", "text/plain", 415),
        ("/capture", "application/json", 400),
        ("/capture", "application/edifact", 415),
        ("/dcsa/tnt/v3/events", "application/edifact", 415),
    ],
)
async def test_a_body_is_named(path: str, content_type: str, status: int) -> None:
    """Whatever content type the sender states."""
    gateway = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    transport = httpx.ASGITransport(create_app(gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        response = await client.post(path, content=EDIFACT, headers={"content-type": content_type})
    assert response.status_code == status
    assert "it is EDIFACT DESADV D.96A, which is not taken here" in response.json()["detail"]


def test_documents_are_named() -> None:
    """In the readers that files and interfaces share."""
    for read in (read_document, read_bundle):
        with pytest.raises(InvalidInput, match=r"it is EDIFACT DESADV D\.96A"):
            read(EDIFACT)
    with pytest.raises(InvalidInput, match=r"is EDIFACT DESADV D\.96A"):
        read_workbook("list.xlsx", EDIFACT)


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    """`groupage import ocel` reads CSV."""
    file = tmp_path / "log.csv"
    file.write_bytes(EDIFACT)
    result = CliRunner().invoke(app, ["ocel", str(file), "--dry-run"])
    assert isinstance(result.exception, InvalidInput)
    assert "it is EDIFACT DESADV D.96A" in str(result.exception)


@pytest.mark.parametrize("begin", [b"<!--", b"<?", b"<!DOCTYPE"])
def test_a_prolog_that_never_ends_has_no_name(begin: bytes) -> None:
    """Each byte of it is looked at once."""
    assert name_format(b"<?xml version='1.0'?>" + begin * 16_000) in (None, "XML")
    assert name_format(begin * 16_000) in (None, "XML")
