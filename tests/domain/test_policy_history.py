"""The policy in force at a time, and deadlines that depend on it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from groupage.domain.events.policy import PolicyAdopted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import Adoption, PolicyHistory

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def after(minutes: int) -> datetime:
    """Return an instant of the day, in minutes from its midnight."""
    return DAY + timedelta(minutes=minutes)


def adoption(effective: int, haul_s: int) -> Adoption:
    """Make an adoption that takes effect at that minute."""
    return Adoption(
        event=PolicyAdopted(
            digest=str(haul_s), policy=Policy(haul_s=haul_s), by="test", reason="test"
        ),
        event_json=b"",
        effective_at=after(effective),
        adopted_at=after(effective),
    )


ADOPTIONS = st.lists(st.builds(adoption, st.integers(0, 60), st.integers(0, 3_600)), max_size=6)


def test_a_policy_alone_was_always_in_force() -> None:
    """Tests and files name one policy without a time."""
    only = Policy(haul_s=1)
    history = PolicyHistory(only)
    assert history.number == 0
    assert history.at(DAY) is history.at(after(-(10**6))) is only


def test_the_first_adoption_counts_from_the_beginning_and_later_ones_from_their_time() -> None:
    """What happened before the first adoption needs a policy, too."""
    history = PolicyHistory(Policy(), [adoption(10, 1), adoption(20, 2), adoption(30, 3)])
    assert [history.at(after(minute)).haul_s for minute in (0, 19, 20, 29, 30, 99)] == [
        *(1, 1),
        *(2, 2),
        *(3, 3),
    ]
    assert history.number == 2


def test_an_adoption_replaces_those_that_would_take_effect_later() -> None:
    """A policy adopted for a wrong time in the future can be replaced before it counts."""
    history = PolicyHistory(Policy(), [adoption(0, 1), adoption(50, 2), adoption(20, 3)])
    assert [history.at(after(minute)).haul_s for minute in (19, 20, 60)] == [1, 3, 3]
    in_force = history.adoption_at(after(60))
    assert in_force is not None
    assert in_force.policy.haul_s == 3


def test_a_deadline_comes_when_the_policy_of_that_moment_says_so() -> None:
    """A shorter haul leaves more time, unless the time was up before it was adopted."""
    due = after(180)

    def leave_by(policy: Policy) -> datetime:
        return due - timedelta(seconds=policy.haul_s)

    shorter = [adoption(0, 7_200), adoption(30, 3_600)]
    assert PolicyHistory(Policy(), shorter[:1]).first_instant(leave_by) == after(60)
    assert PolicyHistory(Policy(), shorter).first_instant(leave_by) == after(120)
    too_late = [adoption(0, 7_200), adoption(90, 3_600)]
    assert PolicyHistory(Policy(), too_late).first_instant(leave_by) == after(60)
    longer = [adoption(0, 3_600), adoption(90, 7_200)]
    assert PolicyHistory(Policy(), longer).first_instant(leave_by) == after(90)


@given(ADOPTIONS, st.integers(0, 120))
def test_every_minute_has_the_policy_that_a_replay_of_the_adoptions_gives(
    adoptions: list[Adoption], due: int
) -> None:
    """Instants and deadlines agree with the plain definition."""
    history = PolicyHistory(Policy(haul_s=60), adoptions)
    expected = dict.fromkeys(range(-60, 121), Policy(haul_s=60))
    for number, each in enumerate(adoptions):
        for minute in expected:
            if not number or after(minute) >= each.effective_at:
                expected[minute] = each.policy
    assert {minute: history.at(after(minute)) for minute in expected} == expected
    for minute in expected:
        in_force = history.adoption_at(after(minute))
        assert in_force is None or in_force.policy == expected[minute]

    def instant_under(policy: Policy) -> datetime:
        return after(due) - timedelta(minutes=policy.haul_s // 60)

    first = history.first_instant(instant_under)
    assert first == next(
        after(minute) for minute in expected if after(minute) >= instant_under(expected[minute])
    )


@given(ADOPTIONS, st.integers(0, 6))
def test_the_history_up_to_a_number_is_that_of_the_adoptions_so_far(
    adoptions: list[Adoption], number: int
) -> None:
    """A state knows by number under which history it was derived."""
    whole = PolicyHistory(Policy(), adoptions)
    part = whole.up_to(number)
    assert part.number == min(number, whole.number)
    assert part.adoptions == whole.adoptions[: part.number + 1]
