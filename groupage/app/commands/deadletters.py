"""``groupage deadletters``: records without effect, with the reason; send them again."""

from datetime import datetime
from typing import Annotated, Any

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.app.commands.reading import query
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.words import number_of, when
from groupage.settings import HubSettings, KafkaSettings, TopicSettings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

_VALUE_CHARACTERS_MAX = 4_000
Code = Annotated[str | None, typer.Option(help="Only dead letters with this code.")]
Topic = Annotated[str | None, typer.Option(help="Only dead letters of records on this topic.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of dead letters.")]


@app.callback()
def _root() -> None:
    """List, show and replay records that had no effect."""
    quiet_logs("deadletters")


@app.command("list")
def list_dead_letters(
    *,
    code: Code = None,
    topic: Topic = None,
    settled: Annotated[
        bool,
        typer.Option("--settled", help="Also dead letters whose event has since been applied."),
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List open dead letters, the newest first, with a count per code.

    docs/codes.md explains the codes.
    """
    from groupage.store import dead_letters  # noqa: PLC0415 - imports the database driver

    async def work(pool: Any) -> tuple[list[Any], dict[str, int]]:
        found = await dead_letters.find_dead_letters(
            pool, code=code, topic=topic, settled=settled, limit=limit
        )
        return found, await dead_letters.count_dead_letters(pool, settled=settled)

    found, counts = query(work)
    if as_json:
        rows = [_summary(dead_letter) for dead_letter in found]
        print_json({"counts": counts, "letters": rows})  # codespell:ignore letters
        return
    for dead_letter in found:
        sent = " (replayed)" if dead_letter.replayed_at else ""
        place = f"{dead_letter.topic}[{dead_letter.partition}]@{dead_letter.record_offset}"
        print_line(f"{str(dead_letter.letter_id)[:8]}  {when(dead_letter.at)}  {place}{sent}")
        print_line(f"          {dead_letter.code}: {dead_letter.reason}")
        if dead_letter.settled_at:
            outcome = dead_letters.SETTLEMENT_TEXTS[dead_letter.settled_as]
            print_line(f"          settled {when(dead_letter.settled_at)}: {outcome}")
    parts = ", ".join(f"{count} {name}" for name, count in counts.items())
    total = number_of(sum(counts.values()), "dead letter") + (f": {parts}" if parts else "")
    filters = [f"{name} {value!r}" for name, value in (("code", code), ("topic", topic)) if value]
    if filters and not found:
        print_line(f"no {'' if settled else 'open '}dead letter with {' and '.join(filters)}")
    print_line(f"in total {total}" if filters else total)


@app.command()
def show(
    dead_letter_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the dead letter, or its beginning.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a dead letter and its record."""
    dead_letter = query(lambda pool: _find_dead_letter(pool, dead_letter_id))
    value = dead_letter.value.decode("utf-8", "replace")
    headers = [[name, (raw or b"").decode("utf-8", "replace")] for name, raw in dead_letter.headers]
    if as_json:
        whole = {**_summary(dead_letter), "headers": headers, "value": value}
        print_json(whole)
        return
    for name, field in _summary(dead_letter).items():
        if field not in (None, ""):
            print_line(f"{name:14} {when(field) if isinstance(field, datetime) else field}")
    print_line("headers")
    for name, text in headers:
        print_line(f"  {name}: {text}")
    print_line("value")
    print_line(value[:_VALUE_CHARACTERS_MAX])


@app.command()
def replay(
    dead_letter_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids of dead letters, or their beginnings."),
    ] = None,
    *,
    code: Code = None,
    topic: Topic = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All open dead letters that were not replayed yet.")
    ] = False,
    without_key: Annotated[
        bool, typer.Option(help="Take the key from the event, not from the record.")
    ] = False,
    limit: Limit = 10_000,
    as_json: AsJson = False,
) -> None:
    """Send records again after the cause is removed. Repeating it does no harm."""
    if not (dead_letter_ids or code or topic or everything):
        raise typer.BadParameter(
            "name dead letters by id, or choose them by --code, --topic or --all"
        )
    from groupage.contracts.signing import hub_key_from  # noqa: PLC0415 - imports all events
    from processors.operations import replay as replaying  # noqa: PLC0415 - imports the Kafka client

    async def work(pool: Any) -> tuple[int, int]:
        if dead_letter_ids:
            chosen = [await _find_dead_letter(pool, beginning) for beginning in dead_letter_ids]
            left = 0
        else:
            chosen, left = await _choose_replayable(pool, code=code, topic=topic, limit=limit)
        topics = TopicSettings()
        signs = any(replaying.needs_key(dead_letter) for dead_letter in chosen)
        sent = await replaying.replay(
            pool,
            KafkaSettings(),
            chosen,
            prefix=topics.prefix,
            hub_key=hub_key_from(HubSettings(), topics) if signs else None,
            without_key=without_key,
        )
        return sent, left

    count, left = query(work)
    if as_json:
        print_json({"replayed": count} | ({"without_topic": left} if left else {}))
        return
    print_line(f"{number_of(count, 'record')} sent again")
    if left:
        print_line(
            f"{number_of(left, 'record')} not sent: without an event there is no topic to send to"
        )


async def _choose_replayable(
    pool: Any, *, code: str | None, topic: str | None, limit: int
) -> tuple[list[Any], int]:
    """Return open dead letters that can be sent again, and the number of those that cannot.

    If none can be sent, return them all: `replay` raises an error that says why.
    """
    from groupage.store import dead_letters  # noqa: PLC0415 - imports the database driver

    found = await dead_letters.find_dead_letters(
        pool, code=code, topic=topic, waiting=True, limit=limit
    )
    replayable = [dead_letter for dead_letter in found if dead_letter.is_replayable]
    return (replayable, len(found) - len(replayable)) if replayable else (found, 0)


def _summary(dead_letter: Any) -> dict[str, Any]:
    return {
        "letter_id": str(dead_letter.letter_id),
        "at": dead_letter.at,
        "topic": dead_letter.topic,
        "partition": dead_letter.partition,
        "offset": dead_letter.record_offset,
        "code": dead_letter.code,
        "reason": dead_letter.reason,
        "type": dead_letter.type,
        "source": dead_letter.source,
        "event_id": dead_letter.event_id,
        "key": dead_letter.key,
        "replayed_at": dead_letter.replayed_at,
        "settled_at": dead_letter.settled_at,
        "settled_as": dead_letter.settled_as,
    }


async def _find_dead_letter(pool: Any, dead_letter_id: str) -> Any:
    from groupage.store import dead_letters  # noqa: PLC0415 - as above

    found = await dead_letters.find_by_id_prefix(pool, dead_letter_id)
    if not found:
        raise NotFound(
            f"no dead letter begins with {dead_letter_id!r}; `groupage deadletters list`"
        )
    if len(found) > 1:
        raise InvalidInput(
            f"several dead letters begin with {dead_letter_id!r}; give more of the id"
        )
    return found[0]
