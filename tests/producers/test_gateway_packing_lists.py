"""``POST /v1/packing-lists`` without Kafka: forms, questions, dry runs, hostile bodies."""

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from groupage.contracts.cloudevents import fact_from_json
from groupage.domain.carton_limits import CartonLimits
from groupage.settings import GatewaySettings, KafkaSettings
from producers.gateway import packing_lists
from producers.gateway.app import Gateway, create_app
from producers.packing_lists import child
from producers.packing_lists.jobs import FIELDS, ListJob, ListReply
from producers.sheets.limits import Limits

LIST = "品名,箱数,外箱尺寸(cm),单箱毛重(KG),发货人,目的港\n玩具,10,60*40*35,12.5,甲,NLRTM\n"
ASKS = LIST.replace("单箱毛重(KG)", "毛重(KG)")
BOUNDARY = "b0undary"


def body_of(*parts: tuple[str, str | bytes], file: bytes | None = LIST.encode()) -> bytes:
    """Write a form by hand: fields, then the file."""
    lines = []
    for name, value in parts:
        data = value.encode() if isinstance(value, str) else value
        head = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        lines.append(head + data)
    if file is not None:
        head = b'Content-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
        lines.append(head + file)
    mark = f"--{BOUNDARY}\r\n".encode()
    return b"".join(mark + line + b"\r\n" for line in lines) + f"--{BOUNDARY}--\r\n".encode()


def handled(body: bytes, profiles: str = "") -> ListReply:
    """Handle a body as the child process does."""
    job = ListJob(
        boundary=BOUNDARY, body_bytes=len(body), check_digits="quarantine", profiles=profiles
    )
    return child.handle(job, body)


def test_a_list_becomes_facts() -> None:
    """The report says what was understood; the facts are CloudEvents."""
    reply = handled(body_of(("consignment_id", "CN-1"), ("listed_at", "2026-03-01T10:00:00+08:00")))
    assert (reply.code, reply.dry_run) == ("", False)
    assert (reply.report["cartons"], reply.report["gross_g"]) == (10, 125_000)
    facts = [fact_from_json(text.encode(), recorded_at=reply.recorded_at) for text in reply.facts]
    assert [fact.type for fact in facts] == ["consignment.booked", "asn.received"]
    assert facts[0].occurred_at.isoformat() == "2026-03-01T02:00:00+00:00"


def test_the_same_list_posted_twice_is_the_same_events() -> None:
    """Also without `listed_at`, on the same day; ids do not depend on the day."""
    first, second = handled(body_of()), handled(body_of())
    facts = [
        [fact_from_json(text.encode(), recorded_at=each.recorded_at) for text in each.facts]
        for each in (first, second)
    ]
    assert [(f.event_id, f.occurred_at, f.data) for f in facts[0]] == [
        (f.event_id, f.occurred_at, f.data) for f in facts[1]
    ]


def test_questions_and_their_answers() -> None:
    """The first reply asks; with the answer the list is taken."""
    asked = handled(body_of(file=ASKS.encode()))
    assert asked.code == "invalid_packing_list"
    assert asked.facts == ()
    (question,) = asked.report["questions"]
    answer = question["choices"][0]["answer"]
    answered = handled(body_of(("answer", answer), file=ASKS.encode()))
    assert answered.code == ""
    assert answered.facts


def test_an_explained_list_is_a_workbook_without_formulas() -> None:
    """It implies a dry run; a text that begins as a formula stays text."""
    reply = handled(body_of(("explain", "true"), file=ASKS.replace("玩具", "=1+1").encode()))
    assert reply.dry_run
    page = load_workbook(io.BytesIO(reply.explained)).worksheets[1]
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1", "s")
    assert page["D1"].comment is not None


@pytest.mark.parametrize(
    ("parts", "file", "field"),
    [
        ([], None, "file"),
        ([("file", "text")], None, "file"),
        ([("colour", "blue")], b"x", "colour"),
        ([("pod", "NLRTM"), ("pod", "DEHAM")], b"x", "pod"),
        ([("answer", "nothing")], b"x", "answer"),
        ([("dry_run", "perhaps")], b"x", "dry_run"),
        ([("listed_at", "yesterday")], b"x", "listed_at"),
        ([("shipper", "x" * 20_000)], b"x", "body"),
        ([("answer", "a=b")] * 600, b"x", "body"),
    ],
)
def test_a_wrong_form_names_its_field(
    parts: list[tuple[str, str]], file: bytes | None, field: str
) -> None:
    """And nothing is read."""
    reply = handled(body_of(*parts, file=file))
    assert reply.code == "bad_request"
    assert field in [problem.field for problem in reply.problems]


def test_an_archive_that_grows_is_refused() -> None:
    """A small .xlsx that unpacks to more than the limit: the reader counts as it unpacks."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _ in range(Limits().unpacked_bytes // 2**20 + 1):
                part.write(b" " * 2**20)
    reply = handled(body_of(file=file.getvalue()))
    assert reply.code == "invalid_packing_list"
    assert reply.facts == ()


def test_a_profile_comes_from_the_folder_only(tmp_path: Path) -> None:
    """A path is not a name; without a folder there are no profiles."""
    for name, folder in (("../secret", str(tmp_path)), ("x", str(tmp_path)), ("x", "")):
        reply = handled(body_of(("profile", name)), folder)
        assert reply.code == "invalid_packing_list"
        assert "profile" in reply.detail


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from((*FIELDS, "x")), st.binary(max_size=30)), max_size=4),
    st.binary(max_size=200) | st.just(LIST.encode()),
    st.integers(0, 400),
)
def test_any_form_gets_a_reply(parts: list[tuple[str, bytes]], file: bytes, cut_at: int) -> None:
    """Whole or cut off, with any bytes: a reply, and facts only without questions."""
    body = body_of(*parts, file=file)
    for each in (body, body[: len(body) - cut_at]):
        reply = handled(each)
        assert not (reply.code and reply.facts)


@pytest.fixture(name="client")
def a_client() -> httpx.AsyncClient:
    """A client of a gateway that has not reached Kafka."""
    gateway = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    transport = httpx.ASGITransport(create_app(gateway), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=60)


async def post(client: httpx.AsyncClient, text: str, **fields: Any) -> httpx.Response:
    """Post a list with an ordinary client's form."""
    return await client.post(
        "/v1/packing-lists", files={"file": ("清单.csv", text.encode())}, data=fields
    )


async def test_over_http(client: httpx.AsyncClient) -> None:
    """A dry run is 200, questions are a problem document with their choices, and so is the rest."""
    read = await post(client, LIST, dry_run="true")
    assert read.status_code == 200
    assert read.json() | {"cartons": 10, "facts": 2, "published": 0} == read.json()
    asked = await post(client, ASKS)
    assert asked.status_code == 422
    assert asked.headers["content-type"] == "application/problem+json"
    problem = asked.json()
    assert problem["type"] == "urn:groupage:problem:invalid_packing_list"
    assert problem["questions"][0]["choices"]
    assert problem["report"]["cartons"] == 0 or problem["report"]["sheets"]
    assert problem["errors"][0]["field"] == "D1"
    assert problem["errors"][0]["detail"] == f"D1: {problem['questions'][0]['text']}"
    assert problem["detail"].startswith("1 question and 0 errors")
    explained = await post(client, ASKS, explain="true")
    assert explained.headers["content-type"] == packing_lists.XLSX
    assert zipfile.is_zipfile(io.BytesIO(explained.content))
    without_kafka = await post(client, LIST)
    assert without_kafka.status_code == 503


async def test_the_docs_page_has_a_line_to_try(client: httpx.AsyncClient) -> None:
    """With this gateway's address."""
    page = (await client.get("/docs")).text
    assert "curl -s http://gateway/v1/packing-lists -F file=@LIST.xlsx" in page


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data", 400),
        ('multipart/form-data; boundary=""', 400),
        (f"multipart/form-data; boundary={'x' * 71}", 400),
        ('multipart/form-data; boundary="a\\b"', 400),
    ],
)
async def test_a_content_type_that_is_not_a_form(
    client: httpx.AsyncClient, content_type: str, status: int
) -> None:
    """Refused before a process is started."""
    headers = {"content-type": content_type}
    answer = await client.post("/v1/packing-lists", content=b"x", headers=headers)
    assert answer.status_code == status


async def test_figures_are_judged_by_the_policy() -> None:
    """The gateway hands the limits of the policy that it follows to the reader."""
    gateway = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    lists = packing_lists.PackingLists(gateway.kafka, profiles="")
    lists.judge_by("quarantine", CartonLimits(gross_max_g=5_000))
    reply = await lists._read(BOUNDARY, body_of())
    assert reply.facts == ()
    assert reply.report["questions"] or reply.report["errors"]


async def test_a_reader_that_takes_too_long_is_killed() -> None:
    """The answer says so, and the next list is read."""
    gateway = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    lists = packing_lists.PackingLists(gateway.kafka, profiles="", timeout_s=0.001)
    reply = await lists._read(BOUNDARY, body_of())
    assert "within 0.001 s" in reply.detail
    lists = packing_lists.PackingLists(gateway.kafka, profiles="")
    assert (await lists._read(BOUNDARY, body_of())).code == ""
