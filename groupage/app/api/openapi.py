"""The OpenAPI document, made from the declarations of the endpoints."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.routing import compile_path

from groupage import __version__
from groupage.app.api.endpoints import JSON, Endpoint
from groupage.app.api.query import parameters_of, schema_of
from groupage.contracts.publication import LICENSE, SERVERS, bearer_scheme, publishable
from groupage.serving.problems import MEDIA_TYPE, Problem

_EVERYWHERE = (400, 401, 421, 500, 503)
"""Statuses of problem documents at every path; 401 where a token is set."""
_REFERENCE = "#/components/schemas/{name}"


def build_document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Build the OpenAPI 3.1 document."""
    types = [endpoint.result for endpoint in endpoints]
    (*results, problem), components = msgspec.json.schema_components(
        [*types, Problem], ref_template=_REFERENCE
    )
    paths = {}
    for endpoint, result in zip(endpoints, results, strict=True):
        _, path, path_parameters = compile_path(endpoint.path)
        parameters: list[dict[str, Any]] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in path_parameters
        ]
        for struct in endpoint.queries:
            for name, field in parameters_of(struct).items():
                schema, parts = schema_of(field)
                components |= parts
                parameters.append(
                    {"name": name, "in": "query", "required": field.required, "schema": schema}
                )
        paths[path] = {"get": _operation(endpoint, parameters, result, problem)}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "groupage read API",
            "summary": "Consignments, consolidations, plans and their events. Read-only.",
            "version": __version__,
            "license": LICENSE,
        },
        "servers": SERVERS,
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": bearer_scheme("GROUPAGE_API_TOKEN")},
        },
        "security": [{}, {"token": []}],
    }
    published: dict[str, Any] = publishable(document)
    return published


def _operation(
    endpoint: Endpoint,
    parameters: list[dict[str, Any]],
    result: dict[str, Any],
    problem: dict[str, Any],
) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": problem}}
    statuses = sorted({*_EVERYWHERE, *endpoint.problems})
    success: dict[str, Any] = {
        "description": endpoint.summary,
        "content": {JSON: {"schema": result}},
    }
    if endpoint.headers:
        success["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in endpoint.headers
        }
    responses: dict[str, Any] = {
        "200": success,
        **{
            str(status): {"description": HTTPStatus(status).phrase, "content": content}
            for status in statuses
        },
    }
    if endpoint.answer_invalid is not None:
        responses["400"]["content"] = {JSON: {"schema": problem}}
    return {
        "operationId": _operation_id(endpoint.path),
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses,
    }


def _operation_id(path: str) -> str:
    """Name the operation by its path: ``get_plans``, ``get_plans_plan_id_diff``."""
    words = re.findall("[a-z_]+", path.removeprefix("/v1"))
    return "_".join(["get", *words])
