"""Parts that all settings classes share."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from groupage.domain.errors import Misconfigured

LOOPBACK = "127.0.0.1"


def config(prefix: str) -> SettingsConfigDict:
    """Return the configuration of a settings class whose variables begin with `prefix`."""
    return SettingsConfigDict(
        env_prefix=prefix,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,  # an empty variable counts as not set
    )


def split_list(text: str) -> list[str]:
    """Split a list with commas; spaces around an entry do not count."""
    return [part.strip(" ") for part in text.split(",")]


def read_secret(file: Path, variable: str) -> str:
    """Return the secret that a file holds, without white space around it.

    Raises Misconfigured, which names the variable that names the file.
    """
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{variable}: {file} cannot be read: {error}") from error
    if not text:
        raise Misconfigured(f"{variable}: {file} is empty")
    return text
