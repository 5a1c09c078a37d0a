"""A command that cannot be carried out is rejected with the reason, and leaves nothing behind."""

from typing import Any

import msgspec
import pytest

from groupage.contracts.encoding import fact_id
from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import planning as pl
from groupage.domain.events import schedule as sc
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.states import ConsignmentStatus
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Change
from tests.processors.aggregates import events as w
from tests.processors.aggregates.booked_hub import booked_hub, publish, retract
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.play import Play, at
from tests.processors.aggregates.test_voyage import departed, sailing

COMMON: dict[str, Any] = {"by": "li", "lane_id": w.LANE}
PIN = commands.PinConsignment(
    command_id="K1", consignment_id=w.CN, voyage_id=w.VOYAGE, reason="buyer waits", **COMMON
)
STEERINGS: tuple[commands.LaneCommand, ...] = (
    PIN,
    commands.ForbidConsignment(command_id="K1", consignment_id=w.CN, voyage_id=w.VOYAGE, **COMMON),
    commands.RollConsignment(
        command_id="K1", consignment_id=w.CN, from_voyage_id=w.VOYAGE, **COMMON
    ),
)
HOLD = commands.HoldConsignment(command_id="K1", by="li", consignment_id=w.CN)


def sailing_hub() -> MiniHub:
    """Make a hub with three bookings and a voyage, which plans nothing of its own accord."""
    hub = booked_hub()
    publish(hub, sailing())
    return hub


def rejected(hub: MiniHub, kind: AggregateKind, key: str) -> dict[str, str]:
    """Return code → reason of the rejections of an aggregate."""
    return {each.code: each.reason for each in hub.state(kind, key).rejected.values()}


def steered(hub: MiniHub) -> bool:
    """Tell whether the lane keeps a pin or a prohibition."""
    lane = hub.state("lane", w.LANE)
    return bool(lane.pins or lane.forbids)


@pytest.mark.parametrize("command", STEERINGS)
def test_a_possible_command_reaches_the_lane_and_can_be_taken_back(
    command: commands.Command,
) -> None:
    """By way of the consignment and the voyage; its retraction leaves no pin at all three."""
    hub = sailing_hub()
    sent = publish(hub, command)
    assert steered(hub)
    retract(hub, sent)
    assert not steered(hub)
    assert hub.state("consignment", w.CN).steerings == {}
    assert hub.state("voyage", w.VOYAGE).steerings == {}


@pytest.mark.parametrize("command", STEERINGS)
def test_a_consignment_that_nobody_booked(command: commands.Command) -> None:
    """The lane learns nothing, and no consignment arises."""
    hub = MiniHub()
    publish(hub, sailing())
    publish(hub, command)
    assert "check the id" in rejected(hub, "consignment", w.CN)["unknown_consignment"]
    assert hub.state("consignment", w.CN).status == ConsignmentStatus.UNKNOWN
    assert not steered(hub)


def test_a_booking_that_comes_late_makes_the_command_right() -> None:
    """It is dated before the command; a booking after it leaves the command rejected."""
    for minutes, right in ((1, True), (30, False)):
        hub = MiniHub()
        publish(hub, sailing())
        publish(hub, PIN)
        hub.tick(60)
        hub.publish(w.booked(), minutes=minutes)
        hub.settle()
        hub.check()
        assert steered(hub) == right
        assert (rejected(hub, "consignment", w.CN) == {}) == right


@pytest.mark.parametrize("command", STEERINGS)
def test_a_consignment_of_another_lane(command: commands.Command) -> None:
    """The rejection names its lane."""
    hub = sailing_hub()
    publish(hub, w.booked(consignment_id="CN-9", pod="ESVLC"))
    changed = {"consignment_id": "CN-9"}
    publish(hub, type(command)(**{**_fields(command), **changed}))
    assert "CNNGB-ESVLC" in rejected(hub, "consignment", "CN-9")["other_lane"]
    assert not steered(hub)


def _fields(command: commands.Command) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


@pytest.mark.parametrize("command", STEERINGS)
def test_a_loaded_consignment(stuffing: Play, command: commands.LaneCommand) -> None:
    """The rejection names carton and container; it stands when the carton is unloaded later."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(_steered(command), 420)
    assert stuffing.rejections() == ["loaded"]
    (reason,) = (each.reason for each in stuffing.state.rejected.values())
    assert "unit u1" in reason
    assert w.CONTAINER in reason
    stuffing.deliver(w.unloaded("u1"), 430)
    assert stuffing.rejections() == ["loaded"]
    assert stuffing.outputs("voyage.steered") == []


def test_an_unloading_that_comes_late_makes_the_command_right(stuffing: Play) -> None:
    """The carton was outside when the dispatcher sent the command; then its loading is too."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(_steered(PIN), 420)
    stuffing.deliver(w.unloaded("u1"), 415)
    assert stuffing.rejections() == []
    assert len(stuffing.outputs("voyage.steered")) == 1


def _steered(command: commands.LaneCommand) -> Any:
    """Return the event that the router makes of a command."""
    hub = MiniHub()
    hub.publish(command)
    (message,) = hub.due
    return message.data


def test_a_consignment_that_has_left(stuffing: Play) -> None:
    """Neither a pin nor a hold of a dispatcher counts, whenever the departure is known."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u2"), 411)
    hub = MiniHub()
    hub.publish(HOLD)
    (held,) = hub.due
    stuffing.deliver(_steered(PIN), 520)
    stuffing.deliver_batch([_as_entry(held, 530)])
    assert stuffing.state.blocked
    left = w.consolidation(9, status="GATED_OUT", departed_at=at(500))
    stuffing.deliver(left, 540)
    assert stuffing.state.status == ConsignmentStatus.DEPARTED
    assert stuffing.rejections() == ["left", "left"]
    assert not stuffing.state.blocked
    released = cn.HoldReleased(consignment_id=w.CN, hold="DISPATCHER", by="li")
    stuffing.deliver(released, 550)
    assert stuffing.rejections() == ["left", "left"]


def _as_entry(fact: Fact[Any], minutes: float) -> Entry:
    dated = msgspec.structs.replace(fact, occurred_at=at(minutes))
    return Entry(fact_id(dated).hex, dated)


@pytest.mark.parametrize("command", STEERINGS)
def test_a_cancelled_consignment(command: commands.Command) -> None:
    """The rejection says since when."""
    hub = sailing_hub()
    publish(hub, cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"))
    publish(hub, command)
    assert "CANCELLED since" in rejected(hub, "consignment", w.CN)["exited"]
    assert not steered(hub)


def test_a_hold_of_a_split_consignment_names_its_children() -> None:
    """The children go on; a cancelled consignment's cargo is still here and can be held."""
    hub = sailing_hub()
    publish(hub, cn.ConsignmentSplit(consignment_id=w.CN, children=("CN-1a",), reason="x"))
    publish(hub, HOLD)
    assert "CN-1a" in rejected(hub, "consignment", w.CN)["exited"]
    publish(hub, cn.ConsignmentCancelled(consignment_id="CN-2", reason="x"))
    publish(hub, commands.HoldConsignment(command_id="K2", by="li", consignment_id="CN-2"))
    assert hub.state("consignment", "CN-2").blocked


def test_a_voyage_that_nobody_published() -> None:
    """The pin binds nothing; when the sailing turns out to be older than it, it counts."""
    for minutes, right in ((1, True), (30, False)):
        hub = booked_hub()
        publish(hub, PIN)
        assert "check the id" in rejected(hub, "voyage", w.VOYAGE)["not_published"]
        assert not steered(hub)
        hub.tick(60)
        hub.publish(sailing(), minutes=minutes)
        hub.settle()
        hub.check()
        assert steered(hub) == right


def test_a_voyage_that_left_is_cancelled_or_sails_elsewhere() -> None:
    """A pin to it is rejected; a cancelled voyage may be forbidden: it can be offered again."""
    hub = sailing_hub()
    publish(hub, sailing(voyage_id="V2", pod="ESVLC"))
    publish(hub, PIN.__class__(**{**_fields(PIN), "voyage_id": "V2"}))
    assert "CNNGB-ESVLC" in rejected(hub, "voyage", "V2")["other_lane"]
    publish(hub, sc.SailingChanged(voyage_id=w.VOYAGE, reason="blank", cancelled=True))
    publish(hub, PIN.__class__(**{**_fields(PIN), "command_id": "K2"}))
    assert rejected(hub, "voyage", w.VOYAGE).keys() == {"cancelled"}
    publish(hub, STEERINGS[1].__class__(**{**_fields(STEERINGS[1]), "command_id": "K3"}))
    assert hub.state("lane", w.LANE).forbids.keys() == {w.CN}
    publish(hub, sc.SailingChanged(voyage_id=w.VOYAGE, reason="again"))
    publish(hub, departed())
    publish(hub, PIN.__class__(**{**_fields(PIN), "command_id": "K4"}))
    assert rejected(hub, "voyage", w.VOYAGE).keys() == {"cancelled", "departed"}
    assert hub.state("lane", w.LANE).pins == {}


def test_a_departure_after_the_pin_leaves_it_as_it_was() -> None:
    """The command was right when it was sent."""
    hub = sailing_hub()
    publish(hub, PIN)
    publish(hub, departed())
    assert rejected(hub, "voyage", w.VOYAGE) == {}
    assert hub.state("lane", w.LANE).pins.keys() == {w.CN}


def test_what_is_not_in_force_cannot_end() -> None:
    """Unpin and lift need a pin and a prohibition; both may come first and be right later."""
    hub = sailing_hub()
    unpin = commands.PinConsignment(command_id="U", consignment_id=w.CN, unpin=True, **COMMON)
    lift = commands.ForbidConsignment(
        command_id="L", consignment_id=w.CN, voyage_id=w.VOYAGE, lift=True, **COMMON
    )
    minute = hub.minute
    publish(hub, unpin)
    publish(hub, lift)
    assert rejected(hub, "lane", w.LANE).keys() == {"not_pinned", "not_forbidden"}
    hub.publish(PIN, minutes=minute + 1)
    forbid = STEERINGS[1].__class__(**{**_fields(STEERINGS[1]), "command_id": "F"})
    hub.publish(forbid, minutes=minute + 2)
    hub.settle()
    hub.check()
    assert rejected(hub, "lane", w.LANE) == {}
    assert not steered(hub)


def test_a_hold_of_a_mistyped_id_makes_no_consignment() -> None:
    """It is rejected; a hold by another system waits for the booking."""
    hub = MiniHub()
    sent = publish(hub, HOLD)
    state = hub.state("consignment", w.CN)
    assert (state.status, state.blocked) == (ConsignmentStatus.UNKNOWN, False)
    assert rejected(hub, "consignment", w.CN).keys() == {"unknown_consignment"}
    assert len(hub.alerts) == 1
    retract(hub, sent)
    assert hub.alerts == {}
    publish(hub, cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="CUSTOMS", by="customs"))
    state = hub.state("consignment", w.CN)
    assert (state.status, state.blocked) == (ConsignmentStatus.NEW, True)


def test_a_booking_that_comes_late_makes_the_hold_right() -> None:
    """The consignment is blocked then."""
    hub = MiniHub()
    publish(hub, HOLD)
    hub.publish(w.booked(), minutes=1)
    hub.settle()
    hub.check()
    assert hub.state("consignment", w.CN).blocked
    assert rejected(hub, "consignment", w.CN) == {}


def test_a_hold_is_released_by_its_type() -> None:
    """All open holds of the type end, others stay; a release of nothing names what is open."""
    hub = booked_hub()
    publish(hub, HOLD)
    publish(hub, commands.HoldConsignment(command_id="K2", by="li", consignment_id=w.CN))
    publish(hub, cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DOCS", by="docs desk"))
    release: dict[str, Any] = {"by": "li", "consignment_id": w.CN}
    publish(hub, commands.ReleaseConsignment(command_id="R1", hold="CREDIT", **release))
    assert rejected(hub, "consignment", w.CN) == {
        "no_such_hold": "no CREDIT hold was ever placed; "
        "open: H1 (DOCS), K1 (DISPATCHER), K2 (DISPATCHER)"
    }
    done = publish(hub, commands.ReleaseConsignment(command_id="R2", hold="DISPATCHER", **release))
    assert hub.state("consignment", w.CN).open_holds.keys() == {"H1"}
    assert hub.state("consignment", w.CN).blocked
    retract(hub, done)
    assert hub.state("consignment", w.CN).open_holds.keys() == {"H1", "K1", "K2"}
    publish(hub, commands.ReleaseConsignment(command_id="R3", hold="DOCS", **release))
    publish(hub, commands.ReleaseConsignment(command_id="R4", hold="DOCS", **release))
    assert rejected(hub, "consignment", w.CN).keys() == {"no_such_hold", "hold_not_open"}


@pytest.mark.parametrize("named", [{}, {"hold_id": "H1", "hold": "DOCS"}])
def test_a_release_names_a_hold_or_a_type(named: dict[str, Any]) -> None:
    """Not both and not neither."""
    hub = booked_hub()
    publish(hub, commands.ReleaseConsignment(command_id="R", by="li", consignment_id=w.CN, **named))
    assert rejected(hub, "consignment", w.CN).keys() == {"no_hold_named"}


def test_a_lane_that_is_none_is_not_planned() -> None:
    """The command is rejected; a consignment or a voyage of the lane makes it right."""
    hub = MiniHub()
    publish(hub, commands.ReplanLane(command_id="K", by="li", lane_id="NOWHERE"))
    hub.tick(100_000)
    assert hub.requests == []
    assert rejected(hub, "lane", "NOWHERE").keys() == {"unknown_lane"}
    publish(hub, commands.ReplanLane(command_id="K", by="li", lane_id=w.LANE))
    assert rejected(hub, "lane", w.LANE).keys() == {"unknown_lane"}
    publish(hub, w.booked())
    assert rejected(hub, "lane", w.LANE) == {}
    hub.tick(100_000)
    assert {each.lane_id for each in hub.requests} == {w.LANE}


def test_another_command_under_a_used_id() -> None:
    """The first one stays; the same command again changes nothing."""
    hub = sailing_hub()
    publish(hub, PIN)
    publish(hub, PIN)
    assert rejected(hub, "command", w.LANE) == {}
    publish(hub, commands.ReplanLane(command_id="K1", by="li", lane_id=w.LANE))
    assert "an id of its own" in rejected(hub, "command", w.LANE)["id_reused"]
    assert hub.state("lane", w.LANE).pins.keys() == {w.CN}


def test_a_pin_of_an_earlier_version_can_be_taken_back() -> None:
    """Its router sent it to the lane at once: the retraction reaches the lane, too."""
    hub = sailing_hub()
    sent = publish(hub, PIN)
    old = pl.LanePinned(
        lane_id=w.LANE, consignment_id=w.CN, by="li", reason="buyer waits", voyage_id=w.VOYAGE
    )
    change = Change("route:K1", old, sent.occurred_at, "begun")
    hub.receive(change.fact("command", w.LANE, revision=1, recorded_at=sent.recorded_at))
    retract(hub, sent)
    assert not steered(hub)
