"""Shapes of days that events at random would hardly ever make."""

from collections.abc import Iterator
from typing import Any

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import equipment as eq
from groupage.domain.events import schedule as sc
from groupage.domain.events import unit as un
from tests.processors.aggregates import events as w
from tests.processors.aggregates.test_container import released
from tests.processors.stories.days import Dated
from tests.processors.stories.things import CONTAINERS, VOYAGES, Things, cutoffs

_SHARE = 0.15
"""Of the days have a certain shape."""


def unusual(things: Things) -> Iterator[Dated]:
    """Yield the events of some of these shapes."""
    for shape in (
        _second_use,
        _other_cutoffs,
        _label_of_another,
        _carton_without_note,
        _repack,
        _commands,
    ):
        if things.rng.random() < _SHARE:
            yield from shape(things)


def _commands(things: Things) -> Iterator[Dated]:
    """A dispatcher gives commands, which may name the wrong consignment or lane."""
    rng = things.rng
    common: dict[str, Any] = {
        "by": "desk",
        "consignment_id": rng.choice(things.consignments),
    }
    lane: dict[str, Any] = {"lane_id": w.LANE, "voyage_id": rng.choice(VOYAGES)}
    yield rng.uniform(10, 300), commands.HoldConsignment(command_id="K100", **common)
    yield rng.uniform(10, 300), commands.PinConsignment(command_id="K101", **common, **lane)
    yield rng.uniform(10, 300), commands.ForbidConsignment(command_id="K102", **common, **lane)


def _second_use(things: Things) -> Iterator[Dated]:
    """The depot releases a container that has left the hub, perhaps for another consolidation."""
    rng = things.rng
    box = rng.choice(CONTAINERS)
    minute = rng.uniform(335, 420)
    into = rng.choice((None, "C3"))
    yield minute, released(equipment_ref=box, consolidation_id=into)
    yield minute + 5, eq.ContainerGatedIn(equipment_ref=box)
    if into is not None:
        yield minute + 10, things.frozen(into, box)


def _other_cutoffs(things: Things) -> Iterator[Dated]:
    """The carrier changes the cut-offs, and shippers cancel around them."""
    rng = things.rng
    for _ in range(rng.randint(1, 2)):
        yield (
            rng.uniform(60, 230),
            sc.SailingChanged(
                voyage_id=rng.choice(VOYAGES),
                reason="late",
                cutoffs=cutoffs(rng.choice((-100, -50, 50, 150))),
            ),
        )
    for name in things.consignments:
        if rng.random() < 0.5:
            cancelled = cn.ConsignmentCancelled(consignment_id=name, reason="x")
            yield rng.uniform(100, 400), cancelled


def _label_of_another(things: Things) -> Iterator[Dated]:
    """A delivery note names a carton of another consignment, which is scanned alone."""
    rng = things.rng
    name, other = rng.choice(things.consignments), rng.choice(things.consignments)
    unit_id = rng.choice(things.units(other))
    units = (*things.units(name), unit_id)
    yield (
        rng.uniform(6, 120),
        cn.AsnReceived(
            consignment_id=name, units=tuple(cn.AnnouncedUnit(unit_id=each) for each in units)
        ),
    )
    yield rng.uniform(10, 150), un.UnitReceived(unit_id=unit_id)


def _carton_without_note(things: Things) -> Iterator[Dated]:
    """A carton that no delivery note names is scanned alone and with its consignment."""
    rng = things.rng
    name = rng.choice(things.consignments)
    unit_id = f"{name}/x"
    yield rng.uniform(10, 100), un.UnitReceived(unit_id=unit_id)
    yield rng.uniform(10, 250), un.UnitReceived(unit_id=unit_id, consignment_id=name)


def _repack(things: Things) -> Iterator[Dated]:
    """Cartons are repacked into two others, which are scanned alone."""
    rng = things.rng
    name = rng.choice(things.consignments)
    outputs = (f"{name}/n", f"{name}/m")
    inputs = things.units(name)
    if rng.random() < 0.5:
        inputs.append(f"{name}/x")
        for unit_id in (outputs[0], inputs[-1]):
            yield rng.uniform(20, 200), un.UnitReceived(**things.known(unit_id, name))
    minute = rng.uniform(45, 200)
    yield (
        minute,
        un.UnitRepacked(**things.known(outputs[0], name), inputs=tuple(inputs), outputs=outputs),
    )
    for unit_id in outputs:
        yield (
            minute + rng.uniform(-10, 40),
            un.UnitStored(**things.known(unit_id, name), location="A"),
        )
