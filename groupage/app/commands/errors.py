"""Error messages of the command line, in place of a traceback."""

import errno
import sys

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from groupage import settings
from groupage.domain.errors import GroupageError


def explain_error(error: Exception) -> str | None:
    """Return the message for an expected error; ``None`` for a bug of groupage."""
    if isinstance(error, GroupageError):
        return str(error)
    if isinstance(error, ValidationError):
        return _settings_message(error)
    if isinstance(error, OSError):
        return _system_message(error)
    asyncpg = sys.modules.get("asyncpg")  # not loaded for an error that it cannot have raised
    if asyncpg is not None and isinstance(error, asyncpg.InsufficientPrivilegeError):
        return (
            f"GROUPAGE_DATABASE_URL: PostgreSQL refuses: {error}; the account must own the hub's "
            "database, as that of `groupage migrate` does"
        )
    return None


def _where() -> str:
    try:
        return f"on {settings.LocalSettings().data_dir}"
    except GroupageError:  # a user without a home directory
        return "here"


def _system_message(error: OSError) -> str | None:
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{error.strerror}: free some space, or write to another disk"
    return None


def _settings_message(error: ValidationError) -> str | None:
    settings_class = getattr(settings, error.title, None)
    if not (isinstance(settings_class, type) and issubclass(settings_class, BaseSettings)):
        return None
    prefix = settings_class.model_config.get("env_prefix", "")
    lines, missing = [], []
    for item in error.errors(include_input=False, include_url=False):
        name = prefix + "_".join(str(part) for part in item["loc"]).upper()
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "missing":
            missing.append(name)
        elif not item["loc"]:
            lines.append(message)
        else:
            lines.append(f"{name}: {message}")
    if missing:
        lines.insert(
            0,
            f"no hub runs {_where()}: start one with `groupage up`, or name the folder of a "
            f"running hub with --data-dir; {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set",
        )
    return "; ".join(lines)
