"""Settings of HTTP listeners: the gateway, the read API, and the metrics server of each process."""

import base64
import binascii
import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from groupage.settings.base import LOOPBACK, config, split_list
from groupage.settings.tokens import Tokens, require_token

LogFormat = Literal["auto", "console", "json"]
_DCSA_SECRET_BYTES_MIN = 32
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


class TelemetrySettings(BaseSettings):
    """Settings of every process: its logs, its metrics server, the names of its HTTP listeners.

    The variables are ``GROUPAGE_LOG_*``, ``GROUPAGE_METRICS_*`` and ``GROUPAGE_HTTP_HOSTS``.
    """

    model_config = config("GROUPAGE_")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: LogFormat = "auto"
    """``auto``: text on a terminal, JSON otherwise."""
    metrics_host: str = LOOPBACK
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """0: the system chooses a port; the log line ``metrics_listening`` has it."""
    metrics_token: Tokens | None = None
    """Bearer tokens for ``/metrics``. Required if `metrics_host` is not a loopback address."""
    http_hosts: str = ""
    """Names by which clients call the HTTP listeners besides the addresses on which these listen,
    for example that of a reverse proxy; separated by commas."""

    @field_validator("http_hosts")
    @classmethod
    def _check_hosts(cls, value: str) -> str:
        for name in split_list(value) if value else ():
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(
                    f"{name[:80]!r} is not a host; expected names without scheme and port, "
                    "separated by commas, like hub.example.com"
                )
        return value

    @model_validator(mode="after")
    def _check_token(self) -> "TelemetrySettings":
        require_token(self.metrics_host, self.metrics_token, listener="GROUPAGE_METRICS")
        return self

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names in `http_hosts`."""
        return tuple(split_list(self.http_hosts)) if self.http_hosts else ()


def metrics_token() -> SecretStr | None:
    """Return the token of the metrics servers that this environment's processes start."""
    return TelemetrySettings().metrics_token


class GatewaySettings(BaseSettings):
    """The HTTP gateway (``GROUPAGE_GATEWAY_*``)."""

    model_config = config("GROUPAGE_GATEWAY_")

    host: str = LOOPBACK
    port: int = Field(default=8080, ge=0, le=65535)
    max_body_bytes: int = Field(default=16 * 2**20, ge=1024, le=2**30)
    max_batch_items: int = Field(default=10_000, ge=1, le=1_000_000)
    max_in_flight_bytes: int = Field(default=64 * 2**20, ge=2**20, le=2**34)
    """Limit for events that Kafka has not acknowledged, and again for bodies that are arriving;
    beyond it the gateway answers 503."""
    rate_per_s: float = Field(default=5_000.0, gt=0)
    """Average number of requests per second that a client address may send."""
    rate_burst: int = Field(default=10_000, ge=1)
    publish_timeout_s: float = Field(default=10.0, gt=0, le=120)
    shutdown_timeout_s: float = Field(default=10.0, gt=0, le=60)
    token: Tokens | None = None
    """Bearer tokens of senders. Required if `host` is not a loopback address."""
    check_digits: Literal["reject", "quarantine", "warn"] | None = None
    """Treatment of events with a wrong check digit in a container number or SSCC; without it that
    of the policy."""
    capture_check_digits: Literal["reject", "quarantine", "warn"] = "warn"
    """The same for SSCCs in EPCIS documents, which machines read."""
    dcsa_secrets: SecretStr | None = None
    """Secrets in Base64 with which carriers sign their Track & Trace events
    (``Notification-Signature``), separated by commas. With one, the callback takes a valid
    signature in place of the token, and no event without either."""

    @property
    def body_bytes_max(self) -> int:
        """The largest body that the gateway can take."""
        return min(self.max_body_bytes, self.max_in_flight_bytes)

    @property
    def dcsa_keys(self) -> tuple[bytes, ...]:
        """The secrets of carriers, decoded."""
        secrets = self.dcsa_secrets
        texts = split_list(secrets.get_secret_value()) if secrets is not None else ()
        return tuple(base64.b64decode(text, validate=True) for text in texts)

    @field_validator("dcsa_secrets")
    @classmethod
    def _check_dcsa_secrets(cls, value: SecretStr | None) -> SecretStr | None:
        for text in split_list(value.get_secret_value()) if value is not None else ():
            try:
                key = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if len(key) < _DCSA_SECRET_BYTES_MIN:
                raise ValueError(
                    f"a secret is Base64 of at least {_DCSA_SECRET_BYTES_MIN} bytes, as the "
                    "subscription has it; commas separate several. `openssl rand -base64 32` makes "
                    "one"
                )
        return value

    @model_validator(mode="after")
    def _check_token(self) -> "GatewaySettings":
        require_token(self.host, self.token, listener="GROUPAGE_GATEWAY")
        return self


class ApiSettings(BaseSettings):
    """The read-only HTTP API (``GROUPAGE_API_*``)."""

    model_config = config("GROUPAGE_API_")

    host: str = LOOPBACK
    port: int = Field(default=8090, ge=0, le=65535)
    token: Tokens | None = None
    """Bearer tokens of readers. Required if `host` is not a loopback address."""

    @model_validator(mode="after")
    def _check_token(self) -> "ApiSettings":
        require_token(self.host, self.token, listener="GROUPAGE_API")
        return self
