"""`make check-contracts` says what it checked and left out; the tools run in that target only."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.foreign import check
from tests.contracts.foreign.check import HERE, Result


@pytest.mark.parametrize(
    ("run", "program", "number"), [(check.check_with_npm, "npm", 4), (check.check_with_go, "go", 1)]
)
def test_without_its_program_a_tool_is_left_out_by_name(
    run: Callable[[Path, Path], list[Result]],
    program: str,
    number: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the reason is what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    results = run(tmp_path / "contracts", tmp_path)
    assert len(results) == number
    for result in results:
        assert (result.outcome, result.text) == ("left out", f"there is no {program} here")


def test_an_installation_that_fails_leaves_its_tools_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the installer printed: the network may be away."""
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho registry is away\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    results = check.check_with_npm(tmp_path / "contracts", tmp_path)
    assert {result.outcome for result in results} == {"left out"}
    assert results[0].text == "`npm ci` failed:\nregistry is away"
    assert (tmp_path / "npm" / "ajv.mjs").exists()


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (["passed", "passed"], 0),
        (["passed", "left out"], 0),
        (["passed", "failed"], 1),
        (["left out", "left out"], 1),
    ],
)
def test_the_status_is_that_of_what_was_checked(outcomes: list[str], status: int) -> None:
    """A run that checked nothing fails."""
    results = [Result("a", outcome) for outcome in outcomes]  # type: ignore[arg-type]
    assert check.status_of(results) == status


def test_the_lock_names_no_address() -> None:
    """So each developer's own registry serves it; each package has its sum."""
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 200


def test_every_version_is_pinned() -> None:
    """A new release of a tool breaks no build."""
    assert not any(sign in (HERE / "package.json").read_text(encoding="utf-8") for sign in "^~*")
    requirements = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in requirements if not line.startswith("#"))
    assert "datamodel-code-generator==" in "\n".join(requirements)


@pytest.mark.parametrize("folder", ["clients", "writers"])
def test_the_versions_of_foreign_packages_are_pinned(folder: str) -> None:
    """As those of the tools; tests of the producers run them."""
    packages = (HERE / folder / "package.json").read_text("utf-8")
    assert not any(sign in packages for sign in "^~*")
    assert '"resolved"' not in (HERE / folder / "package-lock.json").read_text("utf-8")
    for file in (HERE / folder).glob("requirements.txt"):
        lines = file.read_text("utf-8").splitlines()
        assert all("==" in line for line in lines if not line.startswith("#"))
