"""Plans from a file, for simulations without a hub."""

from datetime import UTC, datetime
from pathlib import Path

from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact


class RecordedPlans:
    """Facts of the plan topic, JSON Lines, returned when their time has come."""

    def __init__(self, path: Path) -> None:
        self._facts = _read(path)
        self._told = 0

    def until(self, now: datetime) -> list[Event]:
        """Return the events up to now that it has not returned yet."""
        start = self._told
        while self._told < len(self._facts) and self._facts[self._told].occurred_at <= now:
            self._told += 1
        return [fact.data for fact in self._facts[start : self._told]]


def _read(path: Path) -> list[Fact]:
    facts = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            facts.append(fact_from_json(line))
        except Undecodable as error:
            raise InvalidInput(f"{path}, line {number}: {error}") from error
    if not facts:
        raise InvalidInput(
            f"{path} holds no facts; expected CloudEvents of hub.plan.v1, one a line"
        )
    return sorted(facts, key=lambda fact: fact.occurred_at.astimezone(UTC))
