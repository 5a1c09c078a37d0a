"""``groupage events``: the events and commands that the hub knows, from their contracts."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groupage.app.commands.printing import AsJson, Column, print_json, print_line, print_table

if TYPE_CHECKING:
    from groupage.contracts.event_descriptions import Addresses, EventDescription

_LIST_COLUMNS = (
    Column("type", lambda each: each.type),
    Column("topic", lambda each: " ".join(each.topics[:2]) + (" …" if each.topics[2:] else "")),
    Column("key", lambda each: each.key),
    Column("sent by", lambda each: each.sent_by),
    Column("meaning", lambda each: each.meaning),
)
_FIELD_COLUMNS = (
    Column("field", lambda each: each.name),
    Column("type", lambda each: each.type),
    Column("required", lambda each: each.required_text),
    Column("meaning", lambda each: each.meaning),
)


def main(
    event_type: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]", help="A type, such as unit.received, or its beginning, such as unit."
        ),
    ] = None,
    *,
    public: Annotated[
        bool, typer.Option("--public", help="Only events that other systems may send.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List events and commands; with TYPE, its fields, an example, and lines that send it.

    The lines have the addresses of the hub that runs here. The gateway shows the same at /docs.
    """
    from groupage.contracts import event_descriptions as descriptions  # noqa: PLC0415 - not for `--help`

    if event_type is None:
        found = descriptions.describe_all()
    else:
        events = descriptions.find_events(event_type)
        found = tuple(map(descriptions.describe_event, events))
    shown = [each for each in found if each.public or not public]
    at = addresses_of_hub()
    if event_type is not None and len(found) == 1:
        hub_time = _time_of_hub()
        if hub_time is not None:
            found = (descriptions.with_time(found[0], hub_time),)
        if as_json:
            print_json(_as_json(found[0], at))
        else:
            _print_event(found[0], at)
    elif as_json:
        print_json([_as_json(each, at) for each in shown])
    else:
        nothing = "the hub alone sends events of these types"
        print_table(shown, _LIST_COLUMNS, nothing=nothing)


def addresses_of_hub() -> "Addresses":
    """Return where the hub that runs here listens; words in capitals where none does."""
    from groupage.contracts.event_descriptions import Addresses  # noqa: PLC0415 - not for `--help`
    from groupage.settings import GatewaySettings, TopicSettings  # noqa: PLC0415 - not for `--help`

    return Addresses(
        gateway=os.environ.get("GROUPAGE_GATEWAY_URL") or "GATEWAY",
        broker=os.environ.get("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS") or "BROKER",
        prefix=TopicSettings().prefix,
        gateway_has_token=GatewaySettings().token is not None,
    )


def _time_of_hub() -> datetime | None:
    """Return the time of the hub that runs here; None: none does, or it has no time yet."""
    if not os.environ.get("GROUPAGE_DATABASE_URL"):
        return None
    import asyncpg  # noqa: PLC0415 - not for `--help`

    from groupage.app.commands.reading import query  # noqa: PLC0415 - not for `--help`
    from groupage.domain.errors import GroupageError  # noqa: PLC0415 - not for `--help`
    from groupage.store.policies import hub_clock  # noqa: PLC0415 - not for `--help`

    try:
        return query(hub_clock, older_forms=True)
    except (GroupageError, OSError, asyncpg.PostgresError):
        return None  # the contracts are the same without a hub


def _as_json(described: "EventDescription", at: "Addresses") -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - not for `--help`

    from groupage.contracts import event_descriptions as descriptions  # noqa: PLC0415 - not for `--help`

    lines = {"kcat": descriptions.kcat_line(described, at)}
    if described.public:
        lines = {"curl": descriptions.curl_line(described, at)} | lines
    return {**msgspec.to_builtins(described), **lines}


def _print_event(described: "EventDescription", at: "Addresses") -> None:
    import msgspec  # noqa: PLC0415 - not for `--help`

    from groupage.contracts import event_descriptions as descriptions  # noqa: PLC0415 - not for `--help`

    print_line(f"{described.type}: {described.meaning}", bold=True)
    if described.details:
        print_line(described.details)
    print_line(f"sent by: {described.sent_by}")
    topics = " or ".join(at.prefix + topic for topic in described.topics)
    print_line(f"topic: {topics}, key: {described.key}")
    print_line("")
    print_table(described.fields, _FIELD_COLUMNS, nothing="no fields")
    for field in described.fields:
        if field.values:
            print_line("")
            print_line(f"values of {field.name}", bold=True)
            for value, name in field.values.items():
                print_line(f"  {value or repr('')}" + (f"  {name}" if name else ""))
    print_line("")
    print_line("example", bold=True)
    text = msgspec.json.format(msgspec.json.encode(described.example), indent=2).decode()
    for line in text.splitlines():
        print_line(line)
    if described.public:
        print_line("")
        print_line("by HTTP", bold=True)
        print_line(descriptions.curl_line(described, at))
    print_line("")
    print_line("over Kafka" if described.public else "to read it", bold=True)
    print_line(descriptions.kcat_line(described, at))
    if at.gateway == "GATEWAY" or at.broker == "BROKER":
        print_line("")
        print_line("no hub runs here: put your addresses for GATEWAY and BROKER", dim=True)
