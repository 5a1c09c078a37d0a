"""The locks name everything that the project declares."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
_EXTRAS_OF = {
    "requirements.lock": ("editable",),
    "requirements-dev.lock": ("editable", "dev"),
    "requirements-bench.lock": ("editable", "bench"),
}


@pytest.mark.parametrize("lock", _EXTRAS_OF)
def test_every_dependency_is_locked_within_its_range(lock: str) -> None:
    """Whoever adds one runs `make lock`; else an installed hub fails at its first import."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for name in _EXTRAS_OF[lock] for each in project["optional-dependencies"][name]),
    ]
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / lock).read_text(), re.MULTILINE))
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {lock}: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


@pytest.mark.parametrize("lock", ["requirements-dev.lock", "requirements-bench.lock"])
def test_what_runs_the_hub_is_the_same_in_every_lock(lock: str) -> None:
    """What is tested and measured is what users install."""
    assert _pins("requirements.lock") <= _pins(lock)


def _pins(lock: str) -> set[str]:
    return {line for line in (ROOT / lock).read_text().splitlines() if "==" in line}
