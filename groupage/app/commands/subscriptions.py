"""``groupage subscriptions``: webhook subscriptions of EPCIS queries, and those that stopped."""

from typing import Annotated, Any
from uuid import UUID

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, Column, print_json, print_line, print_table
from groupage.app.commands.reading import Limit, query
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.words import number_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Ids of subscriptions, or their beginnings."),
]
_LISTED_MAX = 1_000
_COLUMNS = (
    Column("id", lambda row: row["id"][:8]),
    Column("query", lambda row: row["query"]),
    Column("receiver", lambda row: row["receiver"]),
    Column("state", lambda row: row["state"]),
    Column("delivered", lambda row: row["delivered"], right=True),
    Column("last confirmed", lambda row: row["last_notified_at"]),
    Column("failures", lambda row: row["failures"] or "", right=True),
    Column("reason", lambda row: row["reason"]),
)


@app.callback()
def _root() -> None:
    """List the webhook subscriptions of EPCIS queries; let stopped ones go on."""
    quiet_logs("subscriptions")


@app.command("list")
def list_all(
    *,
    stopped: Annotated[bool, typer.Option("--stopped", help="Only those that stopped.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List subscriptions, the oldest first, with how each fares."""
    rows = [_row(each) for each in query(_read_all, older_forms=True)]
    rows = [row for row in rows if not stopped or row["state"] == "stopped"][:limit]
    if as_json:
        print_json({"items": rows})
        return
    print_table(rows, _COLUMNS, nothing="no stopped subscription" if stopped else "no subscription")


@app.command()
def resume(
    subscription_ids: Ids = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that stopped.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let stopped subscriptions go on where they stopped: no event is lost.

    To go on with new events only, the client deletes the subscription and subscribes again.
    """
    if bool(subscription_ids) == everything:
        raise typer.BadParameter("name subscriptions by id, or choose all that stopped by --all")
    from groupage.store.subscriptions import (  # noqa: PLC0415 - imports the database driver
        resume_subscription,
    )

    async def work(pool: Any) -> int:
        found = [each for each in await _read_all(pool) if each.stopped_at is not None]
        chosen = found if everything else [_find(found, text) for text in subscription_ids or ()]
        keys = {each.subscription_id for each in chosen}
        return sum([await resume_subscription(pool, key) for key in keys])

    count = query(work, older_forms=True)
    if as_json:
        print_json({"resumed": count})
    else:
        print_line(f"{number_of(count, 'subscription')} resumed")


async def _read_all(pool: Any) -> Any:
    from groupage.store.subscriptions import (  # noqa: PLC0415 - imports the database driver
        list_subscriptions,
    )

    return await list_subscriptions(pool, limit=_LISTED_MAX)


def _find(stopped: list[Any], text: str) -> Any:
    """Return the one that begins so. Raises NotFound, InvalidInput."""
    found = [each for each in stopped if str(each.subscription_id).startswith(text.lower())]
    if not found:
        raise NotFound(f"no stopped subscription has an id that begins with {text[:80]!r}")
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} stopped subscriptions begin with {text!r}: write more")
    return found[0]


def _row(subscription: Any) -> dict[str, Any]:
    from groupage.app.subscriptions.destination import (  # noqa: PLC0415 - `--help` needs none of it
        read_destination,
    )

    key: UUID = subscription.subscription_id
    return {
        "id": str(key),
        "query": subscription.query_name,
        "receiver": read_destination(subscription.dest).authority,
        "state": subscription.state,
        "stream": subscription.schedule is None,
        "delivered": subscription.delivered,
        "last_notified_at": subscription.last_notified_at,
        "failures": subscription.failures,
        "failing_since": subscription.failing_since,
        "stopped_at": subscription.stopped_at,
        "reason": subscription.stop_reason or subscription.last_error,
    }
