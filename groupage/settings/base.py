"""Parts that all settings classes share."""

from pydantic_settings import SettingsConfigDict

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
