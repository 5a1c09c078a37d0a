"""The OpenAPI document, made from the declarations of the endpoints."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.routing import compile_path

from groupage import __version__
from groupage.app.api.endpoints import JSON, Endpoint, Write
from groupage.app.api.query import parameters_of, schema_of
from groupage.contracts.publication import LICENSE, SERVERS, bearer_scheme, publishable
from groupage.serving.problems import MEDIA_TYPE, Problem

_EVERYWHERE = (400, 401, 421, 500, 503)
"""Statuses of problem documents at every path; 401 where a token is set."""
_REFERENCE = "#/components/schemas/{name}"


def build_document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Build the OpenAPI 3.1 document."""
    results = [endpoint.result for endpoint in endpoints]
    writes = [write for endpoint in endpoints for write in endpoint.writes]
    bodies = [each for write in writes for each in (write.body, write.result)]
    schemas, components = msgspec.json.schema_components(
        [*results, *bodies, Problem], ref_template=_REFERENCE
    )
    problem = schemas[-1]
    body_schemas = iter(schemas[len(results) :])
    paths = {}
    for endpoint, result in zip(endpoints, schemas, strict=False):
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
        in_path = parameters[: len(path_parameters)]
        paths[path] = {"get": _operation(endpoint, parameters, result, problem)}
        if not endpoint.reads:
            del paths[path]["get"]
        for write in endpoint.writes:
            body, answer = next(body_schemas), next(body_schemas)
            operation = _writing(endpoint, write, in_path, body, problem)
            if write.result is not None:
                operation["responses"][str(write.status)]["content"] = {JSON: {"schema": answer}}
            paths[path][write.method.lower()] = operation
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "groupage read API",
            "summary": "Consignments, consolidations, plans, their events; named queries.",
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
    success: dict[str, Any] = {
        "description": endpoint.summary,
        "content": {JSON: {"schema": result}},
    }
    for kind in endpoint.other_media_types:
        success["content"][kind] = {"schema": {"type": "string"}}
    if endpoint.headers:
        success["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in endpoint.headers
        }
    responses: dict[str, Any] = {"200": success, **_problems(endpoint.problems, problem)}
    if endpoint.answer_invalid is not None:
        responses["400"]["content"] = {JSON: {"schema": problem}}
    return {
        "operationId": _operation_id(endpoint.path),
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses,
    }


def _writing(
    endpoint: Endpoint,
    write: Write,
    parameters: list[dict[str, Any]],
    body: dict[str, Any],
    problem: dict[str, Any],
) -> dict[str, Any]:
    operation = {
        "operationId": _operation_id(endpoint.path, write.method.lower()),
        "summary": write.summary,
        "parameters": parameters,
        "responses": {
            str(write.status): {"description": write.summary},
            **_problems((403, *write.problems), problem),
        },
    }
    if write.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return operation


def _problems(statuses: tuple[int, ...], problem: dict[str, Any]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": problem}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*_EVERYWHERE, *statuses})
    }


def _operation_id(path: str, method: str = "get") -> str:
    """Name the operation by its path: ``get_plans``, ``get_plans_plan_id_diff``."""
    words = re.findall("[a-z_]+", path.removeprefix("/v1"))
    return "_".join([method, *words])
