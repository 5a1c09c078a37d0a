"""What a demonstration may empty, and what it must leave alone."""

from pathlib import Path

import msgspec
import pytest

from groupage.app.demo.home import MARKER, fresh_home
from groupage.app.demo.policy import write_policy
from groupage.domain.errors import Misconfigured
from groupage.domain.policy_file import DEFAULT, load_policy
from groupage.settings import PolicySettings


def test_a_directory_of_its_own_is_emptied(tmp_path: Path) -> None:
    """What the last demo left in servers' folders goes; the marker stays."""
    home = fresh_home(tmp_path / "demo")
    (home / "postgres").mkdir()
    (home / "postgres" / "old").write_text("day")
    assert fresh_home(home) == home
    assert not (home / "postgres").exists()
    assert (home / MARKER).exists()


def test_somebody_elses_directory_is_left_alone(tmp_path: Path) -> None:
    """A directory with contents that no demo made is refused, and stays as it is."""
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "mine").write_text("data")
    with pytest.raises(Misconfigured, match="--data-dir"):
        fresh_home(tmp_path)
    assert (tmp_path / "postgres" / "mine").read_text() == "data"


def test_a_directory_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """A file where the folder should be: what to do instead is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="--data-dir"):
        fresh_home(tmp_path / "file" / "demo")


def test_its_policy_changes_patience_only(tmp_path: Path) -> None:
    """Cut-offs, tolerances and prices are those of operation."""
    policy, usual = load_policy(write_policy(tmp_path / "policy.toml")), DEFAULT
    assert policy.replan_debounce_s > usual.replan_debounce_s
    assert (policy.rules, policy.weights) == (usual.rules, usual.weights)
    assert policy.at_risk_before_s == usual.at_risk_before_s
    assert policy.vgm_tolerance_permille == usual.vgm_tolerance_permille


def test_commands_on_a_hub_s_folder_follow_its_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild there derives what the hub derived; a file named in the environment goes first."""
    monkeypatch.delenv("GROUPAGE_POLICY_FILE", raising=False)
    monkeypatch.setenv("GROUPAGE_DATA_DIR", str(tmp_path))
    assert PolicySettings().load() == DEFAULT
    policy = load_policy(write_policy(tmp_path / "policy.toml"))
    assert PolicySettings().load() == policy != DEFAULT
    other = tmp_path / "other.toml"
    other.write_text("haul_s = 3600\n")
    monkeypatch.setenv("GROUPAGE_POLICY_FILE", str(other))
    assert PolicySettings().load() == msgspec.structs.replace(DEFAULT, haul_s=3_600)
