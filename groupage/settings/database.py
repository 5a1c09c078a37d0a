"""Settings of PostgreSQL."""

from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from groupage.settings.base import config


class DatabaseSettings(BaseSettings):
    """Address of PostgreSQL (``GROUPAGE_DATABASE_*``)."""

    model_config = config("GROUPAGE_DATABASE_")

    url: SecretStr
    """``postgresql://user:password@host/name``, secret because it may hold the password."""
    pool_size_min: int = Field(default=1, ge=0, le=100)
    pool_size_max: int = Field(default=8, ge=1, le=100)
    connect_timeout_s: float = Field(default=10.0, gt=0, le=120)
    command_timeout_s: float = Field(default=60.0, gt=0, le=3600)

    @property
    def address(self) -> str:
        """The URL without its password, for messages."""
        return without_password(self.url.get_secret_value())


def without_password(url: str) -> str:
    """Replace the password in a URL: users paste messages into tickets."""
    parts = urlsplit(url)
    account, at, host = parts.netloc.rpartition("@")
    user, colon, password = account.partition(":")
    if not (at and colon and password):
        return url
    return urlunsplit(parts._replace(netloc=f"{user}:***@{host}"))
