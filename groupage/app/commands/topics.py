"""``groupage topics``: creation and check of Kafka's topics."""

import asyncio
from typing import Annotated

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json
from groupage.settings import KafkaSettings, TopicSettings


def main(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Create nothing; a missing topic is an error.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create missing topics and compare the others with their specification; status 1 if wrong."""
    from groupage.contracts.admin import ensure_topics  # noqa: PLC0415 - imports aiokafka

    quiet_logs("topics")
    settings = TopicSettings()
    report = asyncio.run(
        ensure_topics(
            KafkaSettings(),
            prefix=settings.prefix,
            replication_factor=settings.replication_factor,
            create=not check,
        )
    )
    if as_json:
        print_json(report)
    else:
        typer.echo(f"{len(report.created)} topics created, {len(report.present)} existed")
    report.require_equal()
