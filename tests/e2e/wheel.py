"""The wheel, installed as a user would: into an empty environment, away from the checkout."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PROGRAMS = Path(sys.executable).parent
_TIMEOUT_S = 300.0


def install_wheel(folder: Path) -> Path:
    """Build the wheel and install it with what `requirements.lock` names. Returns ``groupage``."""
    _run(_PROGRAMS / "hatchling", "build", "-t", "wheel", "-d", folder / "dist")
    (wheel,) = (folder / "dist").glob("*.whl")
    environment = folder / "environment"
    # uv links packages from its cache where pip unpacks and compiles them for half a minute.
    uv = (_PROGRAMS / "uv", "--quiet", "--system-certs")
    _run(*uv, "venv", "--python", sys.executable, environment)
    install = (*uv, "pip", "install", "--python", environment)
    _run(*install, "--require-hashes", "--requirement", ROOT / "requirements.lock")
    _run(*install, "--no-deps", wheel)
    return environment / "bin" / "groupage"


def _run(*command: Path | str) -> None:
    # uv asks where pip would ask.
    index = os.environ.get("PIP_INDEX_URL")
    done = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env=os.environ | ({"UV_DEFAULT_INDEX": index} if index else {}),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr[-2_000:]}"
