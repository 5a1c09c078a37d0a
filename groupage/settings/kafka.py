"""Settings of Kafka: its address, how to connect, and the names of the hub's topics."""

import re
import ssl
from typing import Any, Literal

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from groupage.domain.errors import Misconfigured
from groupage.settings.base import config, read_secret

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaSettings(BaseSettings):
    """Address of Kafka, and how to connect (``GROUPAGE_KAFKA_*``)."""

    model_config = config("GROUPAGE_KAFKA_")

    bootstrap_servers: str
    """``host:port``, several separated by commas."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    sasl_password_file: FilePath | None = None
    """A file that holds the password, in place of `sasl_password`; white space around it does not
    count."""
    ca_file: FilePath | None = None
    """Certificates to trust, in PEM; without it those of the system."""
    cert_file: FilePath | None = None
    """This client's own certificate, in PEM, for brokers that ask for one."""
    key_file: FilePath | None = None
    """Its private key, in PEM and not encrypted; without it the key is in `cert_file`."""
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
    def _check_account(self) -> "KafkaSettings":
        """Refuse half an account, and an account that the protocol would not present."""
        account = {
            "GROUPAGE_KAFKA_SASL_USERNAME": self.sasl_username,
            "GROUPAGE_KAFKA_SASL_PASSWORD": self.sasl_password,
            "GROUPAGE_KAFKA_SASL_PASSWORD_FILE": self.sasl_password_file,
        }
        if self.sasl_password and self.sasl_password_file:
            raise ValueError(
                "set GROUPAGE_KAFKA_SASL_PASSWORD or GROUPAGE_KAFKA_SASL_PASSWORD_FILE, not both"
            )
        if self.uses_sasl:
            if not (self.sasl_username and (self.sasl_password or self.sasl_password_file)):
                raise ValueError(
                    f"GROUPAGE_KAFKA_SECURITY_PROTOCOL is {self.security_protocol}: set "
                    "GROUPAGE_KAFKA_SASL_USERNAME, and GROUPAGE_KAFKA_SASL_PASSWORD or "
                    "GROUPAGE_KAFKA_SASL_PASSWORD_FILE"
                )
        elif unused := [name for name, value in account.items() if value]:
            raise ValueError(
                f"{unused[0]} is set, but GROUPAGE_KAFKA_SECURITY_PROTOCOL is "
                f"{self.security_protocol}, which presents no account: set SASL_SSL, or "
                "SASL_PLAINTEXT on a network of your own"
            )
        return self

    @model_validator(mode="after")
    def _check_certificates(self) -> "KafkaSettings":
        """Refuse files that the protocol would not use, and a key without its certificate."""
        files = {
            "GROUPAGE_KAFKA_CA_FILE": self.ca_file,
            "GROUPAGE_KAFKA_CERT_FILE": self.cert_file,
            "GROUPAGE_KAFKA_KEY_FILE": self.key_file,
        }
        if not self.uses_tls and (unused := [name for name, file in files.items() if file]):
            raise ValueError(
                f"{unused[0]} is set, but GROUPAGE_KAFKA_SECURITY_PROTOCOL is "
                f"{self.security_protocol}, which does not use TLS: set SASL_SSL or SSL"
            )
        if self.key_file and not self.cert_file:
            raise ValueError("GROUPAGE_KAFKA_KEY_FILE needs GROUPAGE_KAFKA_CERT_FILE as well")
        return self

    @model_validator(mode="after")
    def _check_files(self) -> "KafkaSettings":
        """Read each file once, so that a process ends at its start and not at its first send."""
        self.client_kwargs()
        return self

    @property
    def uses_sasl(self) -> bool:
        """Whether clients present an account."""
        return self.security_protocol.startswith("SASL")

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def to_check(self) -> str:
        """The variables to check when Kafka does not answer; its clients do not say why."""
        names = "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"
        if not (self.uses_sasl or self.uses_tls):
            return f"{names}; a secured Kafka also wants GROUPAGE_KAFKA_SECURITY_PROTOCOL"
        if self.uses_tls:
            names += ", GROUPAGE_KAFKA_CA_FILE (does it have the broker's authority?)"
        if self.uses_sasl:
            names += (
                f", GROUPAGE_KAFKA_SASL_USERNAME ({self.sasl_username}) and its password, "
                f"GROUPAGE_KAFKA_SASL_MECHANISM ({self.sasl_mechanism})"
            )
        return names

    def ssl_context(self) -> ssl.SSLContext | None:
        """Build the TLS context; ``None`` for a protocol without TLS. Raises Misconfigured."""
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise Misconfigured(
                f"GROUPAGE_KAFKA_CA_FILE: {self.ca_file} has no certificates in PEM that can be "
                f"read: {error}"
            ) from error
        if self.cert_file:
            try:
                # Without a password the client would ask for it on the terminal, and wait.
                context.load_cert_chain(self.cert_file, self.key_file, password="")
            except OSError as error:
                raise Misconfigured(
                    f"GROUPAGE_KAFKA_CERT_FILE, GROUPAGE_KAFKA_KEY_FILE: {self.cert_file} and "
                    f"{self.key_file or 'the key in it'} cannot be used: {error}; expected a "
                    "certificate and its key, in PEM and not encrypted"
                ) from error
        return context

    def client_kwargs(self) -> dict[str, Any]:
        """Return the arguments of every aiokafka client: producer, consumer, admin.

        Raises Misconfigured when a file cannot be used.
        """
        kwargs: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "request_timeout_ms": int(self.request_timeout_s * 1000),
            "security_protocol": self.security_protocol,
        }
        if context := self.ssl_context():
            kwargs["ssl_context"] = context
        if self.uses_sasl:
            kwargs["sasl_mechanism"] = self.sasl_mechanism
            kwargs["sasl_plain_username"] = self.sasl_username
            kwargs["sasl_plain_password"] = self._password()
        return kwargs

    def _password(self) -> str:
        if self.sasl_password is not None:
            return self.sasl_password.get_secret_value()
        assert self.sasl_password_file is not None, "checked above"
        return read_secret(self.sasl_password_file, "GROUPAGE_KAFKA_SASL_PASSWORD_FILE")

    def child_environment(self) -> dict[str, str]:
        """Return the settings as variables of a child process, with the password in clear text.

        What is not set is empty, so that the child does not inherit it from this process.
        """
        variables = {
            "BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "SECURITY_PROTOCOL": self.security_protocol,
            "SASL_MECHANISM": self.sasl_mechanism,
            "SASL_USERNAME": self.sasl_username,
            "SASL_PASSWORD": self.sasl_password and self.sasl_password.get_secret_value(),
            "SASL_PASSWORD_FILE": self.sasl_password_file,
            "CA_FILE": self.ca_file,
            "CERT_FILE": self.cert_file,
            "KEY_FILE": self.key_file,
        }
        return {f"GROUPAGE_KAFKA_{name}": str(value or "") for name, value in variables.items()}

    @classmethod
    def of_own_broker(cls, bootstrap_servers: str) -> "KafkaSettings":
        """Return how to connect to the broker of `groupage up`: in plain text, without an account.

        The environment may have the settings of an outer broker.
        """
        return cls(
            bootstrap_servers=bootstrap_servers,
            security_protocol="PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_username=None,
            sasl_password=None,
            sasl_password_file=None,
            ca_file=None,
            cert_file=None,
            key_file=None,
        )


def own_broker_environment(bootstrap_servers: str) -> dict[str, str]:
    """Return the variables of processes that use the broker of `groupage up`.

    Those of an outer broker are empty: the own one has neither TLS nor accounts, and no replicas.
    """
    names = KafkaSettings.of_own_broker(bootstrap_servers).child_environment()
    return {
        **dict.fromkeys(names, ""),
        "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "GROUPAGE_TOPIC_REPLICATION_FACTOR": "",
    }


class TopicSettings(BaseSettings):
    """Names and replication of topics (``GROUPAGE_TOPIC_*``)."""

    model_config = config("GROUPAGE_TOPIC_")

    prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]{0,80}$")
    """Begins the names of topics and consumer groups, so that several hubs can share a Kafka."""
    replication_factor: int = Field(default=1, ge=1, le=7)
