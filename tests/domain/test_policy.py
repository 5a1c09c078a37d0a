"""Policy files: what they name replaces a default, and nothing else changes."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from groupage.app.commands.policy import policy_lines
from groupage.app.policies import changes_between
from groupage.domain.errors import Misconfigured
from groupage.domain.policy import Policy
from groupage.domain.policy_file import DEFAULT, load_policy


def test_a_table_replaces_the_values_that_it_names(tmp_path: Path) -> None:
    """The speed on long hauls stays when a file changes the detour."""
    file = tmp_path / "policy.toml"
    file.write_text("haul_s = 3_600\n[road]\ndetour_permille = 1_400\n[weights]\nchange = 2_000\n")
    policy, default = load_policy(file), DEFAULT
    assert policy.road == msgspec.structs.replace(default.road, detour_permille=1_400)
    assert policy.weights == msgspec.structs.replace(default.weights, change=2_000)
    assert policy == msgspec.structs.replace(
        default, haul_s=3_600, road=policy.road, weights=policy.weights
    )


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    """A file that names nothing changes nothing."""
    file = tmp_path / "policy.toml"
    file.write_text("")
    assert load_policy(file) == load_policy(None) == DEFAULT


def calendar(**replaced: Any) -> str:
    """Write a calendar of 2026 as the table of a policy file, with some values replaced."""
    values: dict[str, Any] = {
        "source": "us",
        "utc_offset_s": 28_800,
        "known_from": date(2026, 1, 1),
        "known_until": date(2026, 12, 31),
        "holidays": [],
        "make_up_days": [],
        **replaced,
    }
    return "\n".join(["[working_days]", *(f"{name} = {toml(values[name])}" for name in values)])


def toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return value.isoformat() if isinstance(value, date) else repr(value)


def test_a_file_may_bring_its_calendar_or_do_without(tmp_path: Path) -> None:
    """Its table replaces China's days; `dead_freight_notice_s` alone means that no calendar counts.

    A file that named the notice before there were calendars keeps its meaning.
    """
    file = tmp_path / "policy.toml"
    file.write_text(calendar(make_up_days=[date(2026, 2, 14)]))
    own = load_policy(file).working_days
    assert own is not None
    assert (own.source, own.make_up_days) == ("us", (date(2026, 2, 14),))
    file.write_text("dead_freight_notice_s = 172_800")
    assert load_policy(file) == Policy(dead_freight_notice_s=172_800)


@pytest.mark.parametrize("policy", [DEFAULT, Policy()])
def test_a_policy_shown_is_a_policy_file(policy: Policy, tmp_path: Path) -> None:
    """What `groupage policy show` prints loads as the same policy, with and without a calendar."""
    file = tmp_path / "policy.toml"
    file.write_text("\n".join(policy_lines(policy)))
    assert load_policy(file) == policy


def test_adoptions_from_before_there_were_calendars_have_none() -> None:
    """What they judged stays judged by the notice."""
    older = {
        name: value
        for name, value in msgspec.to_builtins(DEFAULT).items()
        if name not in ("working_days", "dead_freight_time_s")
    }
    assert msgspec.convert(older, Policy) == Policy()


def test_changes_of_a_calendar_name_the_days_that_differ() -> None:
    """Not the days of all years."""
    assert DEFAULT.working_days is not None
    days = msgspec.structs.replace(
        DEFAULT.working_days, holidays=(*DEFAULT.working_days.holidays, date(2027, 1, 1))
    )
    (change,) = changes_between(DEFAULT, msgspec.structs.replace(DEFAULT, working_days=days))
    assert str(change) == 'working_days.holidays: without [], with ["2027-01-01"]'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("haul = 3_600", "haul is unknown; a policy has hub, terminals"),
        ("[road]\ndetour = 1_400", "road.detour is unknown; road has detour_permille"),
        ("[rules]\ncap = 1", "rules.cap is unknown"),
        ("[road]\ndetour_promille = 1", "did you mean detour_permille?"),
        ('[hub]\nplace_id = "X"\nlatitude = 1', "hub.latitude is unknown"),
        ('[hub]\nplace_id = "X"', "latitude_udeg"),
        ('[[fleet]]\nname = "van"\npayload_kg = 1', "fleet.payload_kg is unknown"),
        ('[road]\ndetour_permille = "much"', "road.detour_permille is 'much': Expected `int`"),
        ("auto_approve = 1", "auto_approve is 1: Expected `bool`"),
        ("haul_s = -1", "haul_s is -1; a whole number from 0 to 315360000 is right"),
        ("haul_s = 10_000_000_000", "haul_s is 10000000000; a whole number from 0 to"),
        (
            '[hub]\nplace_id = "X"\nlatitude_udeg = 1\nlongitude_udeg = 1\ntimezone = "Asia/Yiwu"',
            "hub.timezone is 'Asia/Yiwu'; a name of the IANA time zone database",
        ),
        ("[weights]\nchange = -5", "weights.change is -5; a whole number"),
        ("dead_freight_time_s = 86_400", "dead_freight_time_s is 86400; less than 86400 is right"),
        ("[working_days]\nsource = 'us'", "Object missing required field `utc_offset_s`"),
        (calendar(known_until=date(2025, 1, 1)), "known_until is 2025-01-01, before known_from"),
        (calendar(utc_offset_s=60_000), "utc_offset_s is 60000; at most 50400 either way is right"),
        (calendar(holidays=[date(2026, 2, 14)]), "holidays has 2026-02-14, a Saturday; expected a"),
        (calendar(make_up_days=[date(2026, 2, 16)]), "make_up_days has 2026-02-16, a Monday"),
        (calendar(holidays=[date(2027, 1, 1)]), "holidays has 2027-01-01; it must lie between"),
        (calendar(holidays=[date(2026, 1, 2), date(2026, 1, 1)]), "not in ascending order"),
        (calendar(holidays=["soon"]), "working_days.holidays\\[0\\] is 'soon': Invalid"),
    ],
)
def test_a_wrong_field_is_named(text: str, message: str, tmp_path: Path) -> None:
    """A misspelt or half-named table would be a wrong figure taken in silence."""
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=message) as raised:
        load_policy(file)
    assert str(file) in str(raised.value)
