"""``groupage contracts``: documents for the developers of other systems."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from groupage.settings import TopicSettings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Write JSON Schema, AsyncAPI and OpenAPI; print the page of codes.",
)


@app.callback()
def contracts() -> None:
    """Write documents for the developers of other systems."""


@app.command()
def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to write into; created if missing.")
    ],
    *,
    server: Annotated[
        str, typer.Option(help="Address of Kafka in the AsyncAPI document.")
    ] = "localhost:9092",
) -> None:
    """Write AsyncAPI 3, OpenAPI 3.1 of both HTTP interfaces, and JSON Schema of every event."""
    written = 0
    for name, document in documents(server=server):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written += 1
    typer.echo(f"{written} documents in {folder}")


@app.command()
def codes() -> None:
    """Print the page of all codes, as in docs/codes.md."""
    from groupage.app.commands.codes_page import page  # noqa: PLC0415 - not for `--help`

    typer.echo(page(), nl=False)


def documents(*, server: str = "localhost:9092") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every document with its file name."""
    from groupage.contracts.asyncapi import asyncapi_document  # noqa: PLC0415 - not for `--help`
    from groupage.contracts.attributes import ce_type  # noqa: PLC0415
    from groupage.contracts.publication import publishable  # noqa: PLC0415
    from groupage.contracts.schemas import reader_schema, writer_schema  # noqa: PLC0415
    from groupage.domain.catalogue import EVENTS  # noqa: PLC0415

    yield "asyncapi.json", asyncapi_document(prefix=TopicSettings().prefix, server=server)
    yield "openapi-gateway.json", gateway_openapi()
    yield "openapi-reading.json", reading_openapi()
    for event in EVENTS.values():
        yield f"schemas/write/{ce_type(event)}.json", publishable(writer_schema(event))
        yield f"schemas/read/{ce_type(event)}.json", publishable(reader_schema(event))


def gateway_openapi() -> dict[str, Any]:
    """Build the OpenAPI document of the gateway."""
    from producers.gateway.openapi import document  # noqa: PLC0415 - not for `--help`

    return document()


def reading_openapi() -> dict[str, Any]:
    """Build the OpenAPI document of the read API."""
    from groupage.app.api.app import ENDPOINTS  # noqa: PLC0415 - not for `--help`
    from groupage.app.api.openapi import build_document  # noqa: PLC0415

    return build_document(ENDPOINTS)
