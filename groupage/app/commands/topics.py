"""``groupage topics``: creation and check of Kafka's topics."""

import asyncio
from typing import Annotated

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.settings import DatabaseSettings, KafkaSettings, TopicSettings


def main(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Create nothing; a missing topic is an error.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--read-again",
            help="Let the workers read topics that were deleted and created again from their "
            "beginning. Events that the hub has are recognized; no worker may run.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create missing topics and compare the others with their specification; status 1 if wrong."""
    from groupage.contracts.admin import ensure_topics  # noqa: PLC0415 - imports aiokafka

    quiet_logs("topics")
    settings = TopicSettings()
    if again:
        _read_again(settings)
        return
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


def _read_again(topics: TopicSettings) -> None:
    from groupage.app.log_identity import read_topics_again  # noqa: PLC0415 - imports aiokafka

    names = asyncio.run(
        read_topics_again(KafkaSettings(), DatabaseSettings(), prefix=topics.prefix)
    )
    if not names:
        print_line("nothing to do: the topics are those that the hub has read")
    for name in names:
        print_line(f"{name}: the workers will read it from its beginning")
