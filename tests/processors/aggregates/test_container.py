"""A container from the depot to the terminal, and rejected events."""

from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import equipment as eq
from groupage.domain.states import ContainerStatus
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


U = "106141412345678908"


def released(**more: Any) -> eq.ContainerReleased:
    """An empty 40' high cube."""
    fields = {
        "equipment_ref": w.CONTAINER,
        "iso_type": "45G1",
        "tare_g": 4_000_000,
        "max_gross_g": 30_480_000,
    }
    return eq.ContainerReleased(**{**fields, **more})


def test_a_container_from_release_to_ship(play: Start) -> None:
    """Its consolidation gets a snapshot of each step from the release to the departure."""
    story = play("container", w.CONTAINER)
    steps: list[tuple[Any, ContainerStatus]] = [
        (released(consolidation_id=w.CSL), ContainerStatus.RELEASED),
        (eq.ContainerPickedUp(equipment_ref=w.CONTAINER), ContainerStatus.PICKED_UP),
        (eq.ContainerGatedIn(equipment_ref=w.CONTAINER), ContainerStatus.AT_HUB),
        (eq.ContainerInspected(equipment_ref=w.CONTAINER, result="unfit"), ContainerStatus.UNFIT),
        (eq.ContainerInspected(equipment_ref=w.CONTAINER, result="fit"), ContainerStatus.FIT),
        (eq.ContainerSealed(equipment_ref=w.CONTAINER, seal_no="S1"), ContainerStatus.SEALED),
        (
            eq.VgmVerified(equipment_ref=w.CONTAINER, gross_g=9_000_000, method="SM1"),
            ContainerStatus.SEALED,
        ),
        (eq.ContainerResealed(equipment_ref=w.CONTAINER, seal_no="S2"), ContainerStatus.SEALED),
        (eq.ContainerGatedOut(equipment_ref=w.CONTAINER), ContainerStatus.GATED_OUT),
        (eq.ContainerOnBoard(equipment_ref=w.CONTAINER), ContainerStatus.ON_BOARD),
    ]
    for minutes, (event, status) in enumerate(steps):
        story.deliver(event, minutes)
        assert story.state.status == status
    assert story.rejections() == []
    sent = story.sent("consolidation.container_changed")
    assert [each.status for each in sent][-2:] == ["GATED_OUT", "ON_BOARD"]
    assert (sent[-1].seal_no, sent[-1].vgm_g) == ("S2", 9_000_000)
    assert (sent[-1].fit, sent[-1].sealed_at) == (True, at(7)), "the new seal counts"
    assert [each.revision for each in sent] == sorted({each.revision for each in sent})
    story.deliver(released(), 100)
    assert story.state.status == ContainerStatus.RELEASED
    assert (story.state.seal_no, story.state.vgm_g) == ("", None)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([eq.ContainerGatedIn(equipment_ref=w.CONTAINER), released()], "wrong_order"),
        (
            [
                eq.ContainerGatedIn(equipment_ref=w.CONTAINER),
                eq.ContainerPickedUp(equipment_ref=w.CONTAINER),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerGatedOut(equipment_ref=w.CONTAINER),
                eq.ContainerGatedOut(equipment_ref=w.CONTAINER),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerOnBoard(equipment_ref=w.CONTAINER),
                eq.ContainerBooked(equipment_ref=w.CONTAINER, voyage_id="V", rescheduled=True),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerSealed(equipment_ref=w.CONTAINER, seal_no="S1"),
                eq.ContainerSealed(equipment_ref=w.CONTAINER, seal_no="S2"),
            ],
            "already_sealed",
        ),
        (
            [
                eq.ContainerGatedIn(equipment_ref=w.CONTAINER),
                eq.ContainerResealed(equipment_ref=w.CONTAINER, seal_no="S2"),
            ],
            "not_sealed",
        ),
        (
            [
                eq.ContainerGatedIn(equipment_ref=w.CONTAINER),
                eq.ContainerUnsealed(equipment_ref=w.CONTAINER, seal_no="S2"),
            ],
            "not_sealed",
        ),
        (
            [
                eq.ContainerInspected(equipment_ref=w.CONTAINER, result="unfit"),
                eq.ContainerSealed(equipment_ref=w.CONTAINER, seal_no="S2"),
            ],
            "wrong_order",
        ),
        (
            [
                eq.ContainerSealed(equipment_ref=w.CONTAINER, seal_no="S1"),
                eq.ContainerResealed(equipment_ref=w.CONTAINER, seal_no="S3", old_seal_no="S2"),
            ],
            "other_seal",
        ),
    ],
)
def test_contradictions_are_rejected(play: Start, events: list[Any], code: str) -> None:
    """The second fact contradicts the first."""
    story = play("container", w.CONTAINER)
    for minutes, event in enumerate(events):
        story.deliver(event, minutes)
    assert story.rejections() == [code]


@pytest.mark.parametrize("again", [eq.ContainerSealed, eq.ContainerResealed])
def test_a_seal_comes_off_and_another_goes_on(play: Start, again: Any) -> None:
    """Between two seals its snapshot has none, at the hub and at the terminal."""
    story = play("container", w.CONTAINER)
    story.deliver(released(consolidation_id=w.CSL), 0)
    story.deliver(eq.ContainerGatedIn(equipment_ref=w.CONTAINER), 1)
    story.deliver(eq.ContainerInspected(equipment_ref=w.CONTAINER, result="fit"), 2)
    story.deliver(eq.ContainerSealed(equipment_ref=w.CONTAINER, seal_no="S1"), 3)
    story.deliver(eq.ContainerUnsealed(equipment_ref=w.CONTAINER, seal_no="S1"), 4)
    sent = story.sent("consolidation.container_changed")[-1]
    assert (sent.status, sent.seal_no, sent.sealed_at) == ("FIT", "", None)
    story.deliver(again(equipment_ref=w.CONTAINER, seal_no="S2"), 5)
    sent = story.sent("consolidation.container_changed")[-1]
    assert (sent.status, sent.seal_no, sent.sealed_at) == ("SEALED", "S2", at(5))
    story.deliver(eq.ContainerGatedOut(equipment_ref=w.CONTAINER), 6)
    story.deliver(eq.ContainerUnsealed(equipment_ref=w.CONTAINER), 7)
    story.deliver(again(equipment_ref=w.CONTAINER, seal_no="S3"), 8)
    assert story.rejections() == []
    assert (story.state.status, story.state.seal_no) == (ContainerStatus.GATED_OUT, "S3")
    assert story.state.sealed_at == at(5), "what it left under"
    assert story.state.seals == ["S1", "S2", "S3"]


def test_a_foreign_log_starts_anywhere(play: Start) -> None:
    """Without releases or inspections a container log replays, reschedules counted."""
    story = play("container", "cr16")
    log: list[Any] = [
        eq.ContainerPickedUp(equipment_ref="cr16"),
        eq.ContainerMoved(equipment_ref="cr16", place="factory"),
        eq.ContainerMoved(equipment_ref="cr16", place="terminal"),
        eq.ContainerWeighed(equipment_ref="cr16", gross_g=None),
        eq.ContainerBooked(equipment_ref="cr16", voyage_id="vh1"),
        eq.ContainerMoved(equipment_ref="cr16", place="stock"),
        eq.ContainerBooked(equipment_ref="cr16", rescheduled=True),
        eq.ContainerBooked(equipment_ref="cr16", voyage_id="vh2"),
        eq.ContainerOnBoard(equipment_ref="cr16", voyage_id="vh2"),
    ]
    for minutes, event in enumerate(log):
        story.deliver(event, minutes)
    assert story.rejections() == []
    assert (story.state.reschedules, story.state.status) == (1, ContainerStatus.ON_BOARD)
    assert story.state.voyage_id == "vh2"


def test_a_manifest_claims_the_container(play: Start) -> None:
    """A container sends its snapshot to the consolidation that it is assigned to."""
    story = play("container", w.CONTAINER)
    story.deliver(released(), 0)
    assert story.published == []
    story.deliver(eq.ContainerAssigned(equipment_ref=w.CONTAINER, consolidation_id=w.CSL), 10)
    assert story.sent("consolidation.container_changed")[0].iso_type == "45G1"


def test_a_container_left_with_the_mass_that_was_verified_before(play: Start) -> None:
    """A terminal weighs it again: that is another mass. The first one counts if there was none."""
    again = eq.VgmVerified(equipment_ref=w.CONTAINER, gross_g=9_100_000, method="SM1")
    for before in (True, False):
        story = play("container", w.CONTAINER)
        if before:
            first = eq.VgmVerified(equipment_ref=w.CONTAINER, gross_g=9_000_000, method="SM2")
            story.deliver(first, 10)
        story.deliver(again, 30)
        assert story.state.vgm_g == 9_100_000
        story.deliver(eq.ContainerGatedOut(equipment_ref=w.CONTAINER), 20)
        assert (story.state.vgm_g, story.state.vgm_method, story.state.vgm_at) == (
            (9_000_000, "SM2", at(10)) if before else (9_100_000, "SM1", at(30))
        )
        assert story.rejections() == []
