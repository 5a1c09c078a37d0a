"""``groupage deadletters``: records without effect; send them again, or dismiss them."""

import getpass
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import (
    AsJson,
    dead_letter_counts,
    escape_controls,
    print_json,
    print_line,
)
from groupage.app.commands.reading import query
from groupage.app.hub_time import time_text
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.words import number_of
from groupage.settings import HubSettings, KafkaSettings, TopicSettings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

_VALUE_CHARACTERS_MAX = 4_000
_GROUPS_MAX = 20
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Ids of dead letters, or their beginnings."),
]
Code = Annotated[str | None, typer.Option(help="Only dead letters with this code.")]
Source = Annotated[str | None, typer.Option(help="Only dead letters of this sender.")]
Topic = Annotated[str | None, typer.Option(help="Only dead letters of records on this topic.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of dead letters.")]


@app.callback()
def _root() -> None:
    """List, show, replay and dismiss records that had no effect."""
    quiet_logs("deadletters")


@app.command("list")
def list_dead_letters(
    *,
    code: Code = None,
    source: Source = None,
    topic: Topic = None,
    settled: Annotated[
        bool,
        typer.Option("--settled", help="Also those whose event has since counted, or dismissed."),
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
            pool, code=code, source=source, topic=topic, settled=settled, limit=limit
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
        at = time_text(dead_letter.at, exact=True)
        print_line(f"{str(dead_letter.letter_id)[:8]}  {at}  {place}{sent}")
        print_line(f"          {dead_letter.code}: {dead_letter.reason}")
        if dead_letter.settled_at:
            settled_at = time_text(dead_letter.settled_at, exact=True)
            outcome = dead_letters.SETTLEMENT_TEXTS[dead_letter.settled_as]
            if dead_letter.dismissed_by:
                outcome += f" by {dead_letter.dismissed_by}: {dead_letter.dismissed_because}"
            print_line(f"          settled {settled_at}: {outcome}")
    total = dead_letter_counts(counts)
    filters = _filter_texts(code=code, source=source, topic=topic)
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
            text = time_text(field, exact=True) if isinstance(field, datetime) else field
            print_line(f"{name:14} {text}")
    print_line("headers")
    for name, text in headers:
        print_line(f"  {name}: {text}")
    print_line("value")
    print_line(value[:_VALUE_CHARACTERS_MAX])


@app.command()
def replay(  # noqa: PLR0913 - one option for each way to choose
    dead_letter_ids: Ids = None,
    *,
    code: Code = None,
    source: Source = None,
    topic: Topic = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All open dead letters that were not replayed yet.")
    ] = False,
    without_key: Annotated[
        bool,
        typer.Option(
            help="Take the key from the event, not from the record, whatever its fault was."
        ),
    ] = False,
    limit: Limit = 10_000,
    as_json: AsJson = False,
) -> None:
    """Send records again after the cause is removed. Repeating it does no harm.

    A record with a wrong key (wrong_key) gets the key of its event. One on a wrong topic is not
    sent: send the event to the right topic.
    """
    if not (dead_letter_ids or code or source or topic or everything):
        raise typer.BadParameter(
            "name dead letters by id, or choose them by --code, --source, --topic or --all"
        )
    from groupage.contracts.signing import hub_key_from  # noqa: PLC0415 - imports all events
    from processors.operations import replay as replaying  # noqa: PLC0415 - imports the Kafka client

    async def work(pool: Any) -> tuple[int, int]:
        if dead_letter_ids:
            chosen = [await _find_dead_letter(pool, beginning) for beginning in dead_letter_ids]
            left = 0
        else:
            chosen, left = await _choose_replayable(
                pool, code=code, source=source, topic=topic, limit=limit
            )
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
        print_json({"replayed": count} | ({"not_sent": left} if left else {}))
        return
    print_line(f"{number_of(count, 'record')} sent again")
    if left:
        print_line(
            f"{number_of(left, 'record')} not sent: they are not events, or belong on another topic"
        )


@app.command()
def dismiss(  # noqa: PLR0913 - one option for each way to choose
    dead_letter_ids: Ids = None,
    *,
    code: Code = None,
    source: Source = None,
    topic: Topic = None,
    reason: Annotated[str, typer.Option(help="Why nothing is to be done; kept with them.")],
    by: Annotated[str, typer.Option(help="Who says so; the name of this account by default.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Settle dead letters about which nothing is to be done; alerts about their senders end.

    Nothing is deleted: `list --settled` shows them. Events that an aggregate rejected cannot be
    dismissed: they are settled when the event counts, or when its sender retracts it.
    """
    if not (dead_letter_ids or code or source or topic):
        raise typer.BadParameter(
            "name dead letters by id, or choose them by --code, --source or --topic"
        )
    if not reason.strip():
        raise typer.BadParameter("--reason must say why")
    from groupage.store import dismissals  # noqa: PLC0415 - imports the database driver

    async def choose(pool: Any) -> Any:
        letter_ids = None
        if dead_letter_ids:
            named = [await _find_dead_letter(pool, beginning) for beginning in dead_letter_ids]
            letter_ids = [dead_letter.letter_id for dead_letter in named]
        return await dismissals.find_open(
            pool, letter_ids=letter_ids, code=code, source=source, topic=topic
        )

    found = query(choose, older_forms=True)
    chosen = [each for each in found if not each.rejected]
    letter_ids = [letter_id for each in chosen for letter_id in each.letter_ids]
    rejected = sum(len(each.letter_ids) for each in found if each.rejected)
    if letter_ids and not yes:
        _confirm(chosen, len(letter_ids))
    count = query(
        lambda pool: dismissals.dismiss(
            pool, letter_ids, by=by.strip() or getpass.getuser(), reason=reason.strip()
        ),
        older_forms=True,
    )
    if as_json:
        print_json({"dismissed": count, "rejected": rejected})
        return
    print_line(f"{number_of(count, 'dead letter')} dismissed")
    if rejected:
        print_line(
            f"{number_of(rejected, 'dead letter')} of rejected events stay: each is settled when "
            "its event counts, or when the sender retracts it"
        )


def _confirm(chosen: Sequence[Any], count: int) -> None:
    """Ask, with the numbers by code and sender. Raises InvalidInput for any answer but yes."""
    lines = []
    for each in chosen[:_GROUPS_MAX]:
        sender = each.source or "a sender without a name"
        lines.append(f"{len(each.letter_ids):>8,} {each.code} of {sender}")
    if len(chosen) > _GROUPS_MAX:
        rest = sum(len(each.letter_ids) for each in chosen[_GROUPS_MAX:])
        lines.append(f"{rest:>8,} of {len(chosen) - _GROUPS_MAX:,} more codes and senders")
    typer.echo("\n".join(map(escape_controls, lines)), err=True)
    try:
        agreed = typer.confirm(f"Dismiss {number_of(count, 'dead letter')}?", err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise InvalidInput("nothing was dismissed; answer y, or give --yes")


def _filter_texts(**filters: str | None) -> list[str]:
    return [f"{name} {value!r}" for name, value in filters.items() if value]


async def _choose_replayable(
    pool: Any, *, code: str | None, source: str | None, topic: str | None, limit: int
) -> tuple[list[Any], int]:
    """Return open dead letters that can be sent again, and the number of those that cannot.

    If none can be sent, return them all: `replay` raises an error that says why.
    """
    from groupage.store import dead_letters  # noqa: PLC0415 - imports the database driver

    found = await dead_letters.find_dead_letters(
        pool, code=code, source=source, topic=topic, waiting=True, limit=limit
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
        "dismissed_by": dead_letter.dismissed_by,
        "dismissed_because": dead_letter.dismissed_because,
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
