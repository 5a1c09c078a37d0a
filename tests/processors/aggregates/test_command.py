"""Commands become events of the aggregate that they concern."""

from collections.abc import Callable

import pytest

from groupage.domain import commands
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play

Start = Callable[..., Play]


U = "106141412345678908"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (
            commands.AcceptPlan(command_id="c", by="d", lane_id=w.LANE, plan_id="P"),
            "plan.approved",
        ),
        (
            commands.RejectPlan(command_id="c", by="d", lane_id=w.LANE, plan_id="P"),
            "plan.rejected",
        ),
        (commands.ReplanLane(command_id="c", by="d", lane_id=w.LANE), "plan.wanted"),
        (
            commands.PinConsignment(
                command_id="c", by="d", lane_id=w.LANE, consignment_id="CN", voyage_id="V"
            ),
            "consignment.steered",
        ),
        (
            commands.ForbidConsignment(
                command_id="c", by="d", lane_id=w.LANE, consignment_id="CN", voyage_id="V"
            ),
            "consignment.steered",
        ),
        (
            commands.RollConsignment(
                command_id="c", by="d", lane_id=w.LANE, consignment_id="CN", from_voyage_id="V"
            ),
            "consignment.steered",
        ),
        (commands.HoldConsignment(command_id="c", by="d", consignment_id="CN"), "hold.placed"),
        (
            commands.ReleaseConsignment(command_id="c", by="d", consignment_id="CN", hold_id="h"),
            "hold.released",
        ),
        (
            commands.UnfreezeConsolidation(command_id="c", by="d", consolidation_id=w.CSL),
            "consolidation.unfrozen",
        ),
    ],
)
def test_every_command_reaches_its_aggregate_once(
    play: Start, command: commands.Command, name: str
) -> None:
    """The aggregate gets one event, however often the same command is sent."""
    story = play("command", command.key)
    story.deliver(command, 10)
    story.deliver(command, 11)
    assert [change.event.name for change in story.published] == [name]
    about = "CN" if name == "consignment.steered" else command.key
    assert story.published[0].event.key == about


def test_a_pin_without_voyage(play: Start) -> None:
    """A pin that names no voyage is rejected with its reason."""
    story = play("command", w.LANE)
    pin = commands.PinConsignment(command_id="c", by="d", lane_id=w.LANE, consignment_id="CN")
    story.deliver(pin, 10)
    assert story.rejections() == ["no_voyage"]


def test_old_commands_are_forgotten(play: Start) -> None:
    """The router keeps the newest two hundred commands, and takes no event back."""
    story = play("command", w.LANE)
    story.deliver_batch(
        [
            Play(story.aggregate, w.LANE).deliver(
                commands.ReplanLane(command_id=f"c{n}", by="d", lane_id=w.LANE), n
            )
            for n in range(205)
        ]
    )
    assert len(story.state.commands) == 200
    assert "c0" not in story.state.commands
