"""The demo's data directory: each demo empties it, and never one that no demo made."""

import shlex
import shutil
from pathlib import Path

import platformdirs

from groupage.app.local.hub import running_hub
from groupage.app.local.paths import DataDir
from groupage.domain.errors import Conflict, Misconfigured

MARKER = "made-by-groupage-demo"
_NOTE = "`groupage demo` made this directory and empties it when it starts.\n"


def default_home() -> Path:
    """Return the demo's default directory, beside that of `groupage up`."""
    return Path(platformdirs.user_data_dir("groupage-demo"))


def fresh_home(root: Path) -> Path:
    """Empty the directory (or make it) for a new day.

    Raises Conflict if a hub runs there, Misconfigured if it holds files that no demo made.
    """
    if running_hub(root) is not None:
        hub = f"groupage --data-dir {shlex.quote(str(root))}"
        raise Conflict(
            f"a hub already runs on {root}; look at it with `{hub} status`, end it with "
            f"`{hub} down`, or give the demo another directory with --data-dir"
        )
    marker = root / MARKER
    if root.exists() and any(root.iterdir()) and not marker.exists():
        raise Misconfigured(
            f"{root} holds files that no demo made, and a demo empties its directory; "
            "give it another one with --data-dir"
        )
    for folder in (DataDir(root).kafka, DataDir(root).postgres, DataDir(root).logs, root / "run"):
        if folder.exists():
            shutil.rmtree(folder)
    DataDir(root).prepare()
    marker.write_text(_NOTE, encoding="utf-8")
    return root
