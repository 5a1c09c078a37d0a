"""A client that knows only the gateway's own OpenAPI document, and a real gateway with Kafka."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.producers.gateway_process import Running

pytestmark = [pytest.mark.integration, pytest.mark.slow]

_TESTED_ALONE = ("/dcsa/", "/v1/packing-lists")


async def test_answers_are_those_of_our_document(gateway: Running) -> None:
    """Status, headers, media type and body of each answer, for events, schemas and captures."""
    document = (await gateway.client.get("/openapi.json")).json()
    document["paths"] = {
        path: item for path, item in document["paths"].items() if not path.startswith(_TESTED_ALONE)
    }
    found: Any = schemathesis.openapi.from_dict(document).get_all_operations()
    operations = [result.ok() for result in found]
    assert len(operations) == 11

    def play(operation: Any) -> None:
        @settings(
            max_examples=25,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def follow(case: Any) -> None:
            # A schema of OpenAPI cannot say all that an event of the trade has to keep to.
            case.call_and_validate(base_url=gateway.url, excluded_checks=[positive_data_acceptance])

        follow()

    for operation in operations:
        await asyncio.to_thread(play, operation)
