"""The secret of a hub on this machine: made at its first start, readable for its owner only."""

import os
import secrets
from collections.abc import Mapping

from groupage.app.local.paths import DataDir
from groupage.domain.errors import Misconfigured

_VARIABLES = ("GROUPAGE_HUB_SECRET", "GROUPAGE_HUB_SECRET_FILE")
_SECRET_BYTES = 32


def make_secret(data: DataDir) -> None:
    """Write a new secret, unless the data directory has one. Raises Misconfigured."""
    path = data.secret_file
    try:
        if path.exists():
            path.chmod(0o600)
            return
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise Misconfigured(
            f"the hub's secret {path} cannot be written ({error.strerror})"
        ) from error


def secret_variables(data: DataDir, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variable by which a process finds the hub's secret, unless one is set.

    It names the file: an environment is easier to read than a file of mode 0600.
    """
    if any(environment.get(name) for name in _VARIABLES) or not data.secret_file.is_file():
        return {}
    return {"GROUPAGE_HUB_SECRET_FILE": str(data.secret_file)}
