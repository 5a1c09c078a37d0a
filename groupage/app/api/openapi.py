"""The OpenAPI document, made from the declarations of the endpoints."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.routing import compile_path

from groupage import __version__
from groupage.app.api.endpoints import Endpoint
from groupage.app.api.query import parameters_of, schema_of
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
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "groupage read API",
            "summary": "Consignments, consolidations, plans and their events. Read-only.",
            "version": __version__,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(
    endpoint: Endpoint,
    parameters: list[dict[str, Any]],
    result: dict[str, Any],
    problem: dict[str, Any],
) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": problem}}
    statuses = sorted({*_EVERYWHERE, *endpoint.problems})
    success = {
        "description": endpoint.summary,
        "content": {"application/json": {"schema": result}},
    }
    return {
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            "200": success,
            **{
                str(status): {"description": HTTPStatus(status).phrase, "content": content}
                for status in statuses
            },
        },
    }
