"""Ids that only refused commands name: somebody mistyped them, mostly."""

from groupage.domain.errors import NotFound
from groupage.domain.events.base import AggregateKind
from groupage.domain.near_names import did_you_mean
from groupage.domain.words import join_names
from groupage.store.pool import Connection
from groupage.store.readers.commands import CommandFilter, list_commands
from groupage.store.readers.tracing import Trace

_COMPARED_MAX = 5_000
_COMMANDS_NAMED = 5
_KNOWN_IDS: dict[AggregateKind, str] = {
    "consignment": "select key from consignment where status <> 'UNKNOWN' order by key limit $1",
    "voyage": "select key from voyage where status <> 'UNKNOWN' order by key limit $1",
    "consolidation": "select key from consolidation where status <> 'NEW' order by key limit $1",
    "lane": "select distinct lane_id as key from voyage where lane_id <> '' limit $1",
}
_HOLDS = ("hold.placed", "hold.released")


async def require_known(connection: Connection, trace: Trace) -> None:
    """Raise NotFound if commands alone name the id, and the hub refused or lost all of them."""
    if trace.kind not in _KNOWN_IDS or not trace.facts:
        return
    if not all(fact.relayed_by and (fact.refused or fact.withdrawn) for fact in trace.facts):
        return
    if not any(fact.refused for fact in trace.facts):
        return
    page = await list_commands(connection, CommandFilter(about=trace.id, state="refused"))
    names = {view.command_id: view.code for view in page.items}
    for fact in trace.facts:
        name = fact.data.get("hold_id" if fact.type in _HOLDS else "command_id")
        if fact.refused and name:
            names.setdefault(name, fact.refused.partition(":")[0])
    listed = join_names([f"{name} ({code})" for name, code in names.items()], _COMMANDS_NAMED)
    rows = await connection.fetch(_KNOWN_IDS[trace.kind], _COMPARED_MAX)
    hint = did_you_mean(trace.id, [row["key"] for row in rows])
    raise NotFound(
        f"no {trace.kind} {trace.id!r} is known; only refused commands name it: {listed}{hint}"
    )
