"""The secret of the hubs under test, for tests that publish what only the hub may say."""

from pydantic import SecretStr

from groupage.contracts.encoding import Record, encode
from groupage.contracts.signing import HubKey
from groupage.domain.fact import Fact
from groupage.settings import HubSettings

SECRET = "secret-of-the-hubs-under-test-which-is-no-secret"


def hub_settings() -> HubSettings:
    """Return the settings of a process of the hub."""
    return HubSettings(secret=SecretStr(SECRET))


def hub_key(prefix: str = "") -> HubKey:
    """Return the key of a hub whose topics have that prefix."""
    return HubKey([SECRET], prefix=prefix)


def signed_record(fact: Fact, *, prefix: str = "", topic: str | None = None) -> Record:
    """Encode a fact as a process of the hub publishes it; `topic` as in `encode`."""
    record = encode(fact, topic=topic)
    headers = hub_key(prefix).sign(record.topic, record.headers, record.value)
    return Record(
        topic=prefix + record.topic,
        key=record.key,
        value=record.value,
        headers=headers,
        timestamp_ms=record.timestamp_ms,
    )
