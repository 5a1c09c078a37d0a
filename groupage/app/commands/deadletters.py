"""``groupage deadletters``: records that had no effect, and why; send them again."""

from datetime import datetime
from typing import Annotated, Any

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json, say
from groupage.app.commands.reading import query
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.words import counted, when
from groupage.settings import KafkaSettings, TopicSettings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

_VALUE_CHARACTERS_MAX = 4_000
Code = Annotated[str | None, typer.Option(help="Only letters with this code.")]
Topic = Annotated[str | None, typer.Option(help="Only letters of this topic.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, newest first.")]


@app.callback()
def _root() -> None:
    """Records that had no effect, and why; send them again."""
    quiet_logs("deadletters")


@app.command("list")
def list_letters(
    *,
    code: Code = None,
    topic: Topic = None,
    settled: Annotated[
        bool, typer.Option("--settled", help="Also those whose record has its effect by now.")
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What stands, the newest first, and how many of each code."""
    from groupage.store import dead_letters  # noqa: PLC0415 - brings the database driver

    async def work(pool: Any) -> tuple[list[Any], dict[str, int]]:
        found = await dead_letters.find_dead_letters(
            pool, code=code, topic=topic, settled=settled, limit=limit
        )
        return found, await dead_letters.count_dead_letters(pool, settled=settled)

    found, counts = query(work)
    if as_json:
        rows = [_summary(letter) for letter in found]
        print_json({"counts": counts, "letters": rows})
        return
    for letter in found:
        sent = " (replayed)" if letter.replayed_at else ""
        place = f"{letter.topic}[{letter.partition}]@{letter.record_offset}"
        say(f"{str(letter.letter_id)[:8]}  {when(letter.at)}  {place}{sent}")
        say(f"          {letter.code}: {letter.reason}")
        if letter.settled_at:
            outcome = dead_letters.SETTLEMENT_TEXTS[letter.settled_as]
            say(f"          settled {when(letter.settled_at)}: {outcome}")
    parts = ", ".join(f"{count} {name}" for name, count in counts.items())
    total = counted(sum(counts.values()), "dead letter") + (f": {parts}" if parts else "")
    asked = [f"{name} {value!r}" for name, value in (("code", code), ("topic", topic)) if value]
    if asked and not found:
        say(f"no dead letter{'' if settled else ' stands'} with {' and '.join(asked)}")
    say(f"in all {total}" if asked else total)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """One letter with the record as it came."""
    letter = query(lambda pool: _one(pool, letter_id))
    value = letter.value.decode("utf-8", "replace")
    headers = [[name, (raw or b"").decode("utf-8", "replace")] for name, raw in letter.headers]
    if as_json:
        whole = {**_summary(letter), "headers": headers, "value": value}
        print_json(whole)
        return
    for name, said in _summary(letter).items():
        if said not in (None, ""):
            say(f"{name:14} {when(said) if isinstance(said, datetime) else said}")
    say("headers")
    for name, text in headers:
        say(f"  {name}: {text}")
    say("value")
    say(value[:_VALUE_CHARACTERS_MAX])


@app.command()
def replay(
    letter_ids: Annotated[list[str] | None, typer.Argument(help="Ids, or beginnings.")] = None,
    *,
    code: Code = None,
    topic: Topic = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that stand and were not replayed yet.")
    ] = False,
    without_key: Annotated[
        bool, typer.Option(help="Take the owner from the event, not from the record's key.")
    ] = False,
    limit: Limit = 10_000,
    as_json: AsJson = False,
) -> None:
    """Send records again, when what was wrong has been mended. Twice does no harm."""
    if not (letter_ids or code or topic or everything):
        raise typer.BadParameter("name letters, or choose them by --code, --topic or --all")
    from groupage.store import dead_letters  # noqa: PLC0415 - brings the database driver
    from processors.operations import replay as replaying  # noqa: PLC0415 - brings the Kafka client

    async def work(pool: Any) -> tuple[int, int]:
        left = 0
        if letter_ids:
            chosen = [await _one(pool, letter_id) for letter_id in letter_ids]
        else:
            found = await dead_letters.find_dead_letters(
                pool, code=code, topic=topic, waiting=True, limit=limit
            )
            sendable = [letter for letter in found if letter.is_replayable]
            # When nothing else was chosen, the refusal says why.
            chosen, left = (sendable, len(found) - len(sendable)) if sendable else (found, 0)
        sent = await replaying.replay(
            pool,
            KafkaSettings(),
            chosen,
            prefix=TopicSettings().prefix,
            without_key=without_key,
        )
        return sent, left

    count, left = query(work)
    if as_json:
        print_json({"replayed": count} | ({"without_topic": left} if left else {}))
        return
    say(f"{counted(count, 'record')} sent again")
    if left:
        say(f"{counted(left, 'record')} left in place: of no event, without a topic to go to")


def _summary(letter: Any) -> dict[str, Any]:
    return {
        "letter_id": str(letter.letter_id),
        "at": letter.at,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.record_offset,
        "code": letter.code,
        "reason": letter.reason,
        "type": letter.type,
        "source": letter.source,
        "event_id": letter.event_id,
        "key": letter.key,
        "replayed_at": letter.replayed_at,
        "settled_at": letter.settled_at,
        "settled_as": letter.settled_as,
    }


async def _one(pool: Any, letter_id: str) -> Any:
    from groupage.store import dead_letters  # noqa: PLC0415 - as above

    found = await dead_letters.find_by_id_prefix(pool, letter_id)
    if not found:
        raise NotFound(f"no dead letter begins with {letter_id!r}; `groupage deadletters list`")
    if len(found) > 1:
        raise InvalidInput(f"several dead letters begin with {letter_id!r}; give more of the id")
    return found[0]
