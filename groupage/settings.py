"""Settings from the environment: a frozen class per process, which its ``main`` reads once.

Every variable starts with ``GROUPAGE_``. Importing this module does not read the environment.
Secrets have no defaults, are of type ``SecretStr`` and are never logged.
"""

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit

import platformdirs
from pydantic import AfterValidator, Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from groupage.domain.errors import Misconfigured
from groupage.domain.policy import Policy
from groupage.domain.policy_file import load_policy

LOOPBACK = "127.0.0.1"
TOKEN_LENGTH_MIN = 20
"""20 random hex digits have 80 bits: at 5,000 guesses a second nobody finds them."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""The syntax of a bearer token (RFC 6750, section 2.1), so that every client can send it."""
_TOKEN_DISTINCT_MIN = 8
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
LogFormat = Literal["auto", "console", "json"]
ClockSource = Literal["wall", "external"]


def _config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(
        env_prefix=prefix,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,  # an empty variable counts as not set
    )


def tokens_of(token: SecretStr | None) -> tuple[bytes, ...]:
    """Return the tokens of a setting, the newest first; none if it is not set."""
    return tuple(part.encode() for part in _split(token.get_secret_value())) if token else ()


def bearer_headers(token: SecretStr | None) -> dict[str, str]:
    """Return the header with which a client presents the first token of a setting."""
    return {"Authorization": f"Bearer {tokens_of(token)[0].decode()}"} if token else {}


def _split(text: str) -> list[str]:
    return [part.strip(" ") for part in text.split(",")]


def _check_tokens(value: SecretStr) -> SecretStr:
    for token in _split(value.get_secret_value()):
        if (
            len(token) < TOKEN_LENGTH_MIN
            or len(set(token)) < _TOKEN_DISTINCT_MIN
            or not _TOKEN.fullmatch(token)
        ):
            raise ValueError(
                f"a token has at least {TOKEN_LENGTH_MIN} characters, {_TOKEN_DISTINCT_MIN} of "
                "them different: a to z, A to Z, digits and -._~+/ (and = at the end). Commas "
                "separate several tokens; `openssl rand -hex 20` makes one"
            )
    return value


Tokens = Annotated[SecretStr, AfterValidator(_check_tokens)]
"""Bearer tokens, separated by commas: during a rotation the new one and then the old one."""


def _require_token(host: str, token: SecretStr | None, *, listener: str) -> None:
    """Refuse to listen beyond loopback without a token. `listener` begins the variables' names."""
    if token is None and host not in {LOOPBACK, "::1", "localhost"}:
        raise ValueError(
            f"{listener}_HOST is {host}, which other machines may reach: set {listener}_TOKEN, "
            f"which every client must present, or set {listener}_HOST to {LOOPBACK}"
        )


def _user_folder(folder: Callable[[str], str]) -> Path:
    try:
        return Path(folder("groupage"))
    except (RuntimeError, KeyError) as error:
        raise Misconfigured(
            "this user has no home directory; set HOME, or GROUPAGE_DATA_DIR and GROUPAGE_CACHE_DIR"
        ) from error


class KafkaSettings(BaseSettings):
    """Address of Kafka, and how to connect (``GROUPAGE_KAFKA_*``)."""

    model_config = _config("GROUPAGE_KAFKA_")

    bootstrap_servers: str
    """``host:port``, several separated by commas."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: FilePath | None = None
    """Certificates to trust, in PEM; without it those of the system."""
    cert_file: FilePath | None = None
    key_file: FilePath | None = None
    request_timeout_s: float = Field(default=20.0, gt=0, le=300)

    @field_validator("bootstrap_servers")
    @classmethod
    def _check_addresses(cls, value: str) -> str:
        for address in value.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or "/" in host or not re.fullmatch(r"\d{1,5}", port, re.ASCII):
                raise ValueError("expected host:port, several separated by commas")
        return value

    @model_validator(mode="after")
    def _require_credentials(self) -> "KafkaSettings":
        if self.security_protocol.startswith("SASL") and not (
            self.sasl_username and self.sasl_password
        ):
            raise ValueError(
                f"security protocol {self.security_protocol} needs GROUPAGE_KAFKA_SASL_USERNAME "
                "and GROUPAGE_KAFKA_SASL_PASSWORD"
            )
        if self.key_file and not self.cert_file:
            raise ValueError("GROUPAGE_KAFKA_KEY_FILE needs GROUPAGE_KAFKA_CERT_FILE as well")
        return self

    def ssl_context(self) -> ssl.SSLContext | None:
        """Build the TLS context; ``None`` for a protocol without TLS."""
        if not self.security_protocol.endswith("SSL"):
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def client_kwargs(self) -> dict[str, Any]:
        """Return the arguments of every aiokafka client: producer, consumer, admin."""
        kwargs: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "request_timeout_ms": int(self.request_timeout_s * 1000),
            "security_protocol": self.security_protocol,
        }
        if context := self.ssl_context():
            kwargs["ssl_context"] = context
        if self.security_protocol.startswith("SASL") and self.sasl_password:
            kwargs["sasl_mechanism"] = self.sasl_mechanism
            kwargs["sasl_plain_username"] = self.sasl_username
            kwargs["sasl_plain_password"] = self.sasl_password.get_secret_value()
        return kwargs

    def child_environment(self) -> dict[str, str]:
        """Return the settings as variables of a child process, with the password in clear text."""
        variables = {
            "BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "SECURITY_PROTOCOL": self.security_protocol,
            "SASL_MECHANISM": self.sasl_mechanism,
            "SASL_USERNAME": self.sasl_username,
            "SASL_PASSWORD": self.sasl_password and self.sasl_password.get_secret_value(),
            "CA_FILE": self.ca_file,
            "CERT_FILE": self.cert_file,
            "KEY_FILE": self.key_file,
        }
        return {f"GROUPAGE_KAFKA_{name}": str(value) for name, value in variables.items() if value}


class HubSettings(BaseSettings):
    """The secret that the hub's own processes share (``GROUPAGE_HUB_*``).

    Workers, planners and clocks sign with it what only they may say, and verify it.
    """

    model_config = _config("GROUPAGE_HUB_")

    secret: SecretStr | None = None
    """At least 32 characters. Several, with commas or white space between: the first one signs, all
    verify."""
    secret_file: FilePath | None = None
    """A file that holds the same, in place of `secret`."""

    @model_validator(mode="after")
    def _require_secret(self) -> "HubSettings":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError(
                "the hub's processes sign their records: set GROUPAGE_HUB_SECRET, or name a file "
                "that holds it in GROUPAGE_HUB_SECRET_FILE, the same for all of them; "
                "`openssl rand -hex 32` makes a secret, and `groupage up` makes one of its own"
            )
        return self

    def secrets(self) -> list[str]:
        """Return the secrets, the one that signs first. Raises Misconfigured."""
        if self.secret is not None:
            text = self.secret.get_secret_value()
        else:
            assert self.secret_file is not None, "checked above"
            try:
                text = self.secret_file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise Misconfigured(
                    f"GROUPAGE_HUB_SECRET_FILE: {self.secret_file} cannot be read: {error}"
                ) from error
        return text.replace(",", " ").split()


class DatabaseSettings(BaseSettings):
    """Address of PostgreSQL (``GROUPAGE_DATABASE_*``)."""

    model_config = _config("GROUPAGE_DATABASE_")

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


class TopicSettings(BaseSettings):
    """Names and replication of topics (``GROUPAGE_TOPIC_*``)."""

    model_config = _config("GROUPAGE_TOPIC_")

    prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]{0,80}$")
    """Begins the names of topics and consumer groups, so that several hubs can share a Kafka."""
    replication_factor: int = Field(default=1, ge=1, le=7)


class PolicySettings(BaseSettings):
    """The file with the hub's policy (``GROUPAGE_POLICY_*``).

    A new hub adopts it. What counts from then on are the policies in the hub's log.
    """

    model_config = _config("GROUPAGE_POLICY_")

    file: Path | None = None
    """TOML file with fields of `groupage.domain.policy.Policy`. Without it ``policy.toml`` in the
    data directory; else the defaults."""

    def load(self) -> Policy:
        """Load the policy. Raises Misconfigured that names file and field."""
        return load_policy(self.path)

    @property
    def path(self) -> Path | None:
        """The file; None: the defaults count."""
        of_hub = LocalSettings().data_dir.expanduser() / "policy.toml"
        return self.file or (of_hub if of_hub.is_file() else None)

    def described(self) -> str:
        """Say where the policy comes from."""
        return "the defaults" if self.path is None else f"file {self.path}"


class TelemetrySettings(BaseSettings):
    """Settings of every process: its logs, its metrics server, the names of its HTTP listeners.

    The variables are ``GROUPAGE_LOG_*``, ``GROUPAGE_METRICS_*`` and ``GROUPAGE_HTTP_HOSTS``.
    """

    model_config = _config("GROUPAGE_")

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
        for name in _split(value) if value else ():
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(
                    f"{name[:80]!r} is not a host; expected names without scheme and port, "
                    "separated by commas, like hub.example.com"
                )
        return value

    @model_validator(mode="after")
    def _check_token(self) -> "TelemetrySettings":
        _require_token(self.metrics_host, self.metrics_token, listener="GROUPAGE_METRICS")
        return self

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names in `http_hosts`."""
        return tuple(_split(self.http_hosts)) if self.http_hosts else ()


def metrics_token() -> SecretStr | None:
    """Return the token of the metrics servers that this environment's processes start."""
    return TelemetrySettings().metrics_token


class GatewaySettings(BaseSettings):
    """The HTTP gateway (``GROUPAGE_GATEWAY_*``)."""

    model_config = _config("GROUPAGE_GATEWAY_")

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

    @property
    def body_bytes_max(self) -> int:
        """The largest body that the gateway can take."""
        return min(self.max_body_bytes, self.max_in_flight_bytes)

    @model_validator(mode="after")
    def _check_token(self) -> "GatewaySettings":
        _require_token(self.host, self.token, listener="GROUPAGE_GATEWAY")
        return self


class ProcessorSettings(BaseSettings):
    """A processor worker (``GROUPAGE_PROCESSOR_*``)."""

    model_config = _config("GROUPAGE_PROCESSOR_")

    batch_records_max: int = Field(default=20_000, ge=1, le=100_000)
    batch_bytes_max: int = Field(default=16 * 2**20, ge=1)
    """Approximate limit for record values: a plan is a thousand times as large as a scan."""
    batch_aggregates_max: int = Field(default=4_000, ge=1)
    """Approximate limit: the worker holds the states of a batch in memory until it commits."""
    batch_wait_s: float = Field(default=0.1, gt=0, le=10)
    """How long the worker collects records for the next batch after a batch that was not full."""
    cached_states_max: int = Field(default=50_000, ge=100)
    cached_bytes_max: int = Field(default=88 * 2**20, ge=2**20)
    """Estimated memory of cached states; the worker reads evicted states from PostgreSQL again."""
    commit_timeout_s: float = Field(default=30.0, gt=0, le=300)
    shutdown_timeout_s: float = Field(default=20.0, gt=0, le=60)
    """Kubernetes kills after 30 s."""


class PlannerSettings(BaseSettings):
    """The planner (``GROUPAGE_PLANNER_*``)."""

    model_config = _config("GROUPAGE_PLANNER_")

    solver_processes: int = Field(default=1, ge=1, le=64)
    seed: int = Field(default=20_260_301, ge=0)
    solve_timeout_s: float = Field(default=30.0, gt=0, le=3600)
    attempts_max: int = Field(default=3, ge=1, le=10)
    shutdown_timeout_s: float = Field(default=20.0, gt=0, le=60)


class ClockSettings(BaseSettings):
    """The hub's clock, and the process that publishes its ticks (``GROUPAGE_CLOCK_*``)."""

    model_config = _config("GROUPAGE_CLOCK_")

    tick_s: float = Field(default=10.0, gt=0, le=600)
    source: ClockSource = "wall"
    """``external``: a simulator or a recording publishes the ticks. Clock, workers, gateway and a
    rebuild of one hub need the same."""


class ApiSettings(BaseSettings):
    """The read-only HTTP API (``GROUPAGE_API_*``)."""

    model_config = _config("GROUPAGE_API_")

    host: str = LOOPBACK
    port: int = Field(default=8090, ge=0, le=65535)
    token: Tokens | None = None
    """Bearer tokens of readers. Required if `host` is not a loopback address."""

    @model_validator(mode="after")
    def _check_token(self) -> "ApiSettings":
        _require_token(self.host, self.token, listener="GROUPAGE_API")
        return self


class LocalSettings(BaseSettings):
    """A hub on this machine: ``groupage up`` (``GROUPAGE_*``)."""

    model_config = _config("GROUPAGE_")

    data_dir: Path = Field(default_factory=lambda: _user_folder(platformdirs.user_data_dir))
    cache_dir: Path = Field(default_factory=lambda: _user_folder(platformdirs.user_cache_dir))
    maven_mirror: str | None = None
    """URL of a mirror with the layout of Maven Central."""
    kafka_port: int = Field(default=0, ge=0, le=65535)
    """0: `up` chooses a free port and keeps it for this data directory."""
    gateway_port: int = Field(default=0, ge=0, le=65535)
    api_port: int = Field(default=0, ge=0, le=65535)
    kafka_heap_mib: int = Field(default=512, ge=256, le=65536)
    restart_wait_max_s: float = Field(default=30.0, ge=0.5, le=3_600.0)
    """The longest wait before a process that keeps dying is started again."""
    processor_workers: int = Field(default=1, ge=1, le=64)
