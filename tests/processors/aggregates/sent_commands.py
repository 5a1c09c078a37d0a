"""Commands of the tests, and what came of them in a hub in memory."""

from typing import Any

from groupage.domain import commands
from groupage.domain.command_outcomes import Message, Outcome, SentCommand, outcome_of
from groupage.domain.command_path import steps_of
from groupage.domain.fact import Fact
from processors.kernel.series import is_in_series, revision_of
from tests.processors.aggregates import events as w
from tests.processors.aggregates.minihub import MiniHub

LANE: dict[str, Any] = {"by": "li", "lane_id": w.LANE}


CN: dict[str, Any] = {"by": "li", "consignment_id": w.CN}


def pin(command_id: str = "P", **more: Any) -> commands.PinConsignment:
    """Pin the consignment to the voyage."""
    fields = {"command_id": command_id, "consignment_id": w.CN, "voyage_id": w.VOYAGE, **LANE}
    return commands.PinConsignment(**{**fields, **more})


def forbid(command_id: str = "F", **more: Any) -> commands.ForbidConsignment:
    """Keep the consignment off the voyage."""
    fields = {"command_id": command_id, "consignment_id": w.CN, "voyage_id": w.VOYAGE, **LANE}
    return commands.ForbidConsignment(**{**fields, **more})


def came_of(hub: MiniHub, sent: Fact[Any]) -> Outcome:
    """Return what came of a command, by the facts and states of the hub."""
    command = sent.data
    messages = {}
    for step in steps_of(command):
        found = [
            entry
            for entry in hub.facts.get((step.kind, step.key), {}).values()
            if (
                is_in_series(entry.fact) and entry.fact.event_id.partition(".")[0] == step.series
                if step.series
                else (entry.fact.type, entry.fact.occurred_at) == (step.type, sent.occurred_at)
            )
        ]
        if found:
            newest = max(found, key=lambda entry: revision_of(entry.fact) if step.series else 0)
            messages[step] = Message(newest.fact_id, withdrawn=newest.fact.retracted)
    return outcome_of(SentCommand(command, sent.occurred_at, messages), hub.states)


def roll(command_id: str = "R", **more: Any) -> commands.RollConsignment:
    """Send the consignment with a later voyage."""
    fields = {"command_id": command_id, "consignment_id": w.CN, "from_voyage_id": w.VOYAGE, **LANE}
    return commands.RollConsignment(**{**fields, **more})
