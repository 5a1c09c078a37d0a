"""``groupage policy``: the hub's rules, and their changes."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.app.commands.reading import query
from groupage.app.hub_time import time_text, use_zone_of
from groupage.domain.errors import InvalidInput, NotFound
from groupage.domain.policy import Policy, in_full, policy_digest
from groupage.domain.policy_file import load_policy
from groupage.domain.policy_history import Adoption, PolicyHistory
from groupage.domain.words import number_of
from groupage.settings import (
    ClockSettings,
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    PolicySettings,
    TopicSettings,
)

_PATIENCE_S = 30.0
_DIGEST_LENGTH_MIN = 4

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Show, compare and adopt the hub's policy. What happened stays judged by the policy of "
    "its time.",
)


@app.command()
def show(
    *,
    at: Annotated[
        str | None, typer.Option(help="The policy in force at this time, RFC 3339; default: last.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a policy in full, as a policy file, and when the hub adopted which."""
    history = _read_history()
    instant = _instant(at) if at else datetime.max.replace(tzinfo=UTC)
    shown = history.adoption_at(instant)
    policy = history.at(instant)
    if as_json:
        print_json(
            {
                "digest": shown.digest if shown else policy_digest(policy),
                "policy": in_full(policy),
                "adoptions": [_described(adoption) for adoption in history.adoptions],
            }
        )
        return
    for adoption in history.adoptions:
        since = time_text(adoption.effective_at, exact=True)
        if adoption is history.adoptions[0]:
            since = "the beginning"
        mark = "*" if adoption is shown else " "
        event = adoption.event
        print_line(f"# {mark} {adoption.digest}  since {since}, by {event.by}: {event.reason}")
    if not history.adoptions:
        print_line("# The hub has adopted no policy yet; its first worker adopts this one.")
    for line in policy_lines(policy):
        print_line(line)


@app.command()
def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="BEFORE",
            help="The older policy: its digest, the digest's beginning, or a file.",
        ),
    ],
    after: Annotated[str | None, typer.Argument(metavar="[AFTER]", help="The newer one.")] = None,
) -> None:
    """Print the values that differ between two policies, as `policy adopt` prints changes.

    With one file: what would change if it were adopted. With one digest: what has changed since.
    """
    from groupage.app.policies import changes_between  # noqa: PLC0415 - imports aiokafka

    names = [before] if after is None else [before, after]
    needs_hub = after is None or not all(Path(name).is_file() for name in names)
    history = _read_history() if needs_hub else PolicyHistory(Policy())
    if after is None and Path(before).is_file():
        old, new = history.newest, _policy(before, history)
    else:
        old = _policy(before, history)
        new = history.newest if after is None else _policy(after, history)
    changes = changes_between(old, new)
    for change in changes:
        print_line(str(change))
    if not changes:
        print_line("the policies are equal")


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy file (TOML).")],
    *,
    by: Annotated[str, typer.Option(help="Who decides it.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the policy.")],
    at: Annotated[
        str | None,
        typer.Option(help="When it takes effect, RFC 3339, not in the past; default: now."),
    ] = None,
) -> None:
    """Put a policy in force, from now or a later time on. Published plans and judgements stay."""
    from groupage.app import policies  # noqa: PLC0415 - imports aiokafka
    from groupage.contracts.signing import hub_key_from  # noqa: PLC0415

    quiet_logs("policy")
    policy = load_policy(file)
    effective_at = _instant(at) if at else None
    topics = TopicSettings()
    hub = policies.Hub(
        kafka=KafkaSettings(),
        database=DatabaseSettings(),
        prefix=topics.prefix,
        hub_key=hub_key_from(HubSettings(), topics),
        wall_clock=ClockSettings().source == "wall",
    )
    adopted = asyncio.run(
        policies.adopt(hub, policy, by=by, reason=reason, effective_at=effective_at)
    )
    if adopted is None:
        print_line("nothing to adopt: that policy is in force then already")
        return
    for change in adopted.changes:
        print_line(str(change))
    use_zone_of(policy)
    since = time_text(adopted.effective_at, exact=True)
    if adopted.first:
        since = "the beginning: it is the hub's first"
    print_line(f"policy {adopted.digest} adopted, in force from {since}")
    for digest in adopted.replaced:
        print_line(f"policy {digest}, which would have taken effect later, is replaced")
    reach = asyncio.run(policies.wait_for_workers(hub, adopted.number, patience_s=_PATIENCE_S))
    if not reach.workers:
        print_line("no worker runs: the next one takes it over when it starts")
        return
    if reach.behind:
        print_line(
            f"{reach.behind} of {number_of(reach.workers, 'worker')} did not take it over within "
            f"{_PATIENCE_S:g} s; they will when they can: see their logs"
        )
        raise typer.Exit(1)
    left = f"; {reach.states_left:,} states are judged again meanwhile" if reach.states_left else ""
    print_line(f"{number_of(reach.workers, 'worker')} took it over{left}")


def policy_lines(policy: Policy) -> list[str]:
    """Write a policy as the lines of a policy file."""
    document = in_full(policy)
    tables = {name: value for name, value in document.items() if isinstance(value, dict)}
    lists = {
        name: value
        for name, value in document.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    lines = [
        f"{name} = {_toml(value)}"
        for name, value in document.items()
        if name not in tables and name not in lists and value is not None
    ]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_pairs(table)]
    for name, items in lists.items():
        for item in items:
            lines += ["", f"[[{name}]]", *_pairs(item)]
    return lines


def _pairs(table: dict[str, Any]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in table.items()]


def _toml(value: Any) -> str:
    """Write a value as TOML: strings, numbers and lists are JSON's here, dates have no quotes."""
    import json  # noqa: PLC0415

    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and value and isinstance(value[0], date):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _read_history() -> PolicyHistory:
    from groupage.store.policies import read_history  # noqa: PLC0415 - not for `--help`

    assumed = PolicySettings().load
    return query(lambda pool: read_history(pool, assumed=assumed), older_forms=True)


def _instant(text: str) -> datetime:
    from groupage.contracts.instants import instant_from  # noqa: PLC0415
    from groupage.contracts.undecodable import Undecodable  # noqa: PLC0415

    try:
        return instant_from(text, "--at")
    except Undecodable as error:
        raise InvalidInput(str(error)) from None


def _policy(name: str, history: PolicyHistory) -> Policy:
    """Return the policy with that digest, or of that file. Raises NotFound."""
    if Path(name).is_file():
        return load_policy(Path(name))
    found = {
        adoption.digest: adoption.policy
        for adoption in history.adoptions
        if len(name) >= _DIGEST_LENGTH_MIN and adoption.digest.startswith(name)
    }
    if len(found) == 1:
        return next(iter(found.values()))
    known = ", ".join(dict.fromkeys(adoption.digest for adoption in history.adoptions)) or "none"
    raise NotFound(
        f"{name!r} is neither a file nor the digest of one adopted policy; the hub has adopted: "
        f"{known}"
    )


def _described(adoption: Adoption) -> dict[str, Any]:
    return {
        "digest": adoption.digest,
        "effective_at": adoption.effective_at,
        "adopted_at": adoption.adopted_at,
        "by": adoption.event.by,
        "reason": adoption.event.reason,
    }
