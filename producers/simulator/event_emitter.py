"""Make facts of events: source, ids, sending time, and the dirt of real data."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from groupage.domain.events.base import Event
from groupage.domain.events.unit import UnitMeasured, UnitMoved, UnitStored
from groupage.domain.fact import Fact
from producers.simulator.engine import Engine
from producers.simulator.randomness import Streams
from producers.simulator.rates import Rates
from producers.simulator.times import Times

BOOKING = "/booking/yiwu"
WAREHOUSE = "/wms/yiwu-1"
CUSTOMS = "/customs/yiwu"
CARRIER = "/carrier/portal"
DEPOT = "/depot/yiwu"
DESK = "/desk/yiwu"

_SECOND = timedelta(seconds=1)


class EventEmitter:
    """Emits facts. Each system numbers its own, so that the same day gives the same ids."""

    def __init__(
        self, engine: Engine, streams: Streams, rates: Rates, times: Times, *, run: str
    ) -> None:
        self._engine = engine
        self._streams = streams
        self._rates = rates
        self._times = times
        self._run = run
        self._counts: dict[tuple[str, str], int] = {}
        self.dirt: dict[str, int] = {}
        """Number of dirty facts by kind of dirt."""
        self.occasions: dict[str, int] = {}
        """Number of facts that could have had that dirt, by kind."""

    def emit(self, event: Event, source: str, *, at: datetime | None = None) -> None:
        """Send an event of `at` (default: now) at once; facts of the warehouse may be dirty."""
        happened_at = at or self._engine.now
        fact = self._fact(event, source, occurred_at=happened_at, sent_at=happened_at)
        if source == WAREHOUSE:
            self._emit_with_dirt(fact)
        else:
            self._engine.send(fact)

    def _fact(
        self,
        event: Event,
        source: str,
        *,
        occurred_at: datetime,
        sent_at: datetime,
        correction_of: str | None = None,
        retracted: bool = False,
    ) -> Fact:
        key = event.key
        number = self._counts.get((source, key), 0) + 1
        self._counts[source, key] = number
        return Fact(
            event_id=f"{self._run}:{key}:{number}",
            source=source,
            key=key,
            occurred_at=occurred_at,
            recorded_at=max(sent_at, self._engine.now),
            data=event,
            correction_of=correction_of,
            retracted=retracted,
        )

    def _count_dirt(self, kind: str) -> None:
        self.dirt[kind] = self.dirt.get(kind, 0) + 1

    def _emit_with_dirt(self, fact: Fact) -> None:
        chance = self._streams.uniform("dirt", fact.event_id)
        kinds = self._kinds(fact.data)
        for kind, _, _ in kinds:
            self.occasions[kind] = self.occasions.get(kind, 0) + 1
        for kind, rate, make in kinds:
            if chance < rate:
                self._count_dirt(kind)
                make(fact)
                return
            chance -= rate
        self._engine.send(fact)

    def _kinds(self, event: Event) -> list[tuple[str, float, Callable[[Fact], None]]]:
        rates = self._rates
        kinds: list[tuple[str, float, Callable[[Fact], None]]] = [
            ("duplicate", rates.duplicate, self._send_twice),
            ("late", rates.late, self._send_late),
        ]
        if isinstance(event, UnitStored):
            kinds.append(("wrong_clock", rates.wrong_clock, self._send_wrong_clock))
            kinds.append(("retracted", rates.retracted, self._send_ghost_reading))
        if isinstance(event, UnitMeasured):
            kinds.append(("corrected", rates.corrected, self._send_wrong_mass))
        return kinds

    def _delay(self, fact: Fact, bounds_s: tuple[float, float]) -> datetime:
        least_s, most_s = bounds_s
        share = self._streams.uniform("delay", fact.event_id)
        return fact.recorded_at + (least_s + share * (most_s - least_s)) * _SECOND

    def _send_twice(self, fact: Fact) -> None:
        self._engine.send(fact)
        again_at = self._delay(fact, self._times.sent_again_s)
        self._engine.send(msgspec.structs.replace(fact, recorded_at=again_at))

    def _send_late(self, fact: Fact) -> None:
        """Send it late, like a hand-held reader without radio: out of order, too."""
        sent_at = self._delay(fact, self._times.sent_late_s)
        self._engine.send(msgspec.structs.replace(fact, recorded_at=sent_at))

    def _send_wrong_clock(self, fact: Fact) -> None:
        ahead = timedelta(seconds=self._times.clock_error_s)
        wrong = msgspec.structs.replace(fact, occurred_at=fact.occurred_at + ahead)
        self._engine.send(wrong)
        self._correct(wrong, fact.data, occurred_at=fact.occurred_at)

    def _send_wrong_mass(self, fact: Fact) -> None:
        """Send ten times the mass, a typing error, and correct it later."""
        event = fact.data
        assert isinstance(event, UnitMeasured), event.name
        wrong = msgspec.structs.replace(event, gross_g=event.gross_g * 10)
        self._engine.send(msgspec.structs.replace(fact, data=wrong))
        self._correct(fact, event, occurred_at=fact.occurred_at)

    def _correct(self, wrong: Fact, right: Event, *, occurred_at: datetime) -> None:
        sent_at = self._delay(wrong, self._times.corrected_s)
        correction = self._fact(
            right,
            wrong.source,
            occurred_at=occurred_at,
            sent_at=sent_at,
            correction_of=wrong.event_id,
        )
        self._engine.send(correction)

    def _send_ghost_reading(self, fact: Fact) -> None:
        """Send a second, wrong reading from another aisle, and retract it later."""
        self._engine.send(fact)
        event = fact.data
        assert isinstance(event, UnitStored), event.name
        ghost = UnitMoved(
            unit_id=event.unit_id, consignment_id=event.consignment_id, location="Z-99-99"
        )
        seen_at = self._delay(fact, self._times.ghost_seen_s)
        wrong = self._fact(ghost, fact.source, occurred_at=seen_at, sent_at=seen_at)
        self._engine.send(wrong)
        sent_at = self._delay(wrong, self._times.ghost_taken_back_s)
        self._engine.send(
            self._fact(
                ghost,
                fact.source,
                occurred_at=seen_at,
                sent_at=sent_at,
                correction_of=wrong.event_id,
                retracted=True,
            )
        )
