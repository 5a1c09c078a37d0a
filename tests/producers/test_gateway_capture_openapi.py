"""A client that knows only GS1's OpenAPI document, and the capture interface of a real gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

from tests.producers.epcis_events import document
from tests.producers.gateway_process import Running

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CONFORMANCE = [
    check
    for check in CHECKS.get_all()
    if check.__name__
    in {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    }
]
_KAFKA_IS_SLOW, _TRIES = 503, 3


async def test_answers_are_those_of_gs1s_document(gateway: Running, foreign_data: Path) -> None:
    """Whatever a client sends that follows it: status, media type and body of each answer."""
    raw: dict[str, Any] = json.loads((foreign_data / "epcis" / "rest-openapi.json").read_text())
    raw["paths"] = {
        path: item for path, item in raw["paths"].items() if path.startswith("/capture")
    } | {"/events": {name: raw["paths"]["/events"][name] for name in ("options", "post")}}
    # GS1's document lets perPage be any integer, and knows no answer to a page of -3 jobs.
    listing = raw["paths"]["/capture"]["get"]["responses"]
    assert "400" not in listing
    listing["400"] = raw["paths"]["/capture"]["post"]["responses"]["400"]
    # Each of its two forms of a job fits all objects, so that its oneOf fits none.
    _, forms = raw["components"]["schemas"]["CaptureJob"]["allOf"]
    forms["anyOf"] = forms.pop("oneOf")
    captured = await gateway.client.post(
        "/capture", content=document(), headers={"content-type": "application/json"}
    )
    assert captured.status_code == 202  # so that there is a job to list
    found: Any = schemathesis.openapi.from_dict(raw).get_all_operations()
    operations = [result.ok() for result in found]
    assert len(operations) == 7

    @settings(
        max_examples=80,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of([operation.as_strategy() for operation in operations]))
    def follow(case: Any) -> None:
        answer = case.call(base_url=gateway.url)
        for _ in range(_TRIES):
            if answer.status_code != _KAFKA_IS_SLOW:
                break
            answer = case.call(base_url=gateway.url)  # as that answer asks for
        case.validate_response(answer, checks=CONFORMANCE)

    await asyncio.to_thread(follow)
