"""Answers as JSON by msgspec, and their schemas for the OpenAPI document."""

from typing import Any

import msgspec
from fastapi import Response

from groupage.app.api.problems import MEDIA_TYPE, Problem
from groupage.domain.plan import Plan
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.container import ContainerState
from groupage.store.readers.paging import Page
from groupage.store.readers.plans import PlanDiff
from groupage.store.readers.tracing import Trace
from groupage.store.readers.views import (
    AlertView,
    ConsignmentView,
    ConsolidationView,
    ContainerView,
    PlanView,
    RouteView,
)


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """Truck routes, the earliest first."""

    items: tuple[RouteView, ...]


_ANSWERS: dict[str, Any] = {
    "Consignments": Page[ConsignmentView],
    "Consolidations": Page[ConsolidationView],
    "Containers": Page[ContainerView],
    "Plans": Page[PlanView],
    "Alerts": Page[AlertView],
    "Routes": Routes,
    "Plan": Plan,
    "PlanDiff": PlanDiff,
    "Trace": Trace,
    "Consignment": ConsignmentState,
    "Consolidation": ConsolidationState,
    "Container": ContainerState,
    "Problem": Problem,
}
"""Every shape of an answer, by the name that the OpenAPI document gives it."""


def json_answer(answer: object) -> Response:
    """200 with the answer."""
    return Response(msgspec.json.encode(answer), media_type="application/json")


def described(name: str, *errors: int) -> dict[int | str, dict[str, Any]]:
    """What a route answers: `name` of the table above, and problems with these statuses."""
    ok = {
        "description": name,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    failures: dict[int | str, dict[str, Any]] = {
        status: {"description": "Problem", "content": {MEDIA_TYPE: problem}}
        for status in (400, *errors, 503)
    }
    return {200: ok, **failures}


def component_schemas() -> dict[str, Any]:
    """The schemas of all answers, to be merged into the document's components."""
    schemas, parts = msgspec.json.schema_components(
        list(_ANSWERS.values()), ref_template="#/components/schemas/{name}"
    )
    named = dict(zip(_ANSWERS, schemas, strict=True))
    return {**named, **parts}
