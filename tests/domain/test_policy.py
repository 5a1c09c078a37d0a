"""Policy files: what they name replaces a default, and nothing else changes."""

from pathlib import Path

import msgspec
import pytest

from groupage.domain.errors import Misconfigured
from groupage.domain.policy import Policy
from groupage.domain.policy_file import load_policy


def test_a_table_replaces_the_values_that_it_names(tmp_path: Path) -> None:
    """The speed on long hauls stays when a file changes the detour."""
    file = tmp_path / "policy.toml"
    file.write_text("haul_s = 3_600\n[road]\ndetour_permille = 1_400\n[weights]\nchange = 2_000\n")
    policy, default = load_policy(file), Policy()
    assert policy.road == msgspec.structs.replace(default.road, detour_permille=1_400)
    assert policy.weights == msgspec.structs.replace(default.weights, change=2_000)
    assert policy == msgspec.structs.replace(
        default, haul_s=3_600, road=policy.road, weights=policy.weights
    )


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    """A file that names nothing changes nothing."""
    file = tmp_path / "policy.toml"
    file.write_text("")
    assert load_policy(file) == Policy()


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
    ],
)
def test_a_wrong_field_is_named(text: str, message: str, tmp_path: Path) -> None:
    """A misspelt or half-named table would be a wrong figure taken in silence."""
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=message) as raised:
        load_policy(file)
    assert str(file) in str(raised.value)
