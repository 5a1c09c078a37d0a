"""Settings of Kafka: its address, how to connect, and the names of the hub's topics."""

import re
import ssl
from typing import Any, Literal

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from groupage.settings.base import config

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


class TopicSettings(BaseSettings):
    """Names and replication of topics (``GROUPAGE_TOPIC_*``)."""

    model_config = config("GROUPAGE_TOPIC_")

    prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]{0,80}$")
    """Begins the names of topics and consumer groups, so that several hubs can share a Kafka."""
    replication_factor: int = Field(default=1, ge=1, le=7)
