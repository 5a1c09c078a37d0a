"""Settings from the environment: a frozen class per process, which its ``main`` reads once.

Every variable starts with ``GROUPAGE_``. Importing this package does not read the environment.
Secrets have no defaults, are of type ``SecretStr`` and are never logged.
"""

from groupage.settings.base import LOOPBACK
from groupage.settings.database import DatabaseSettings, without_password
from groupage.settings.http import ApiSettings, GatewaySettings, TelemetrySettings, metrics_token
from groupage.settings.hub import ClockSettings, ClockSource, HubSettings, PolicySettings
from groupage.settings.kafka import KafkaSettings, TopicSettings, own_broker_environment
from groupage.settings.local import LocalSettings
from groupage.settings.processes import PlannerSettings, ProcessorSettings
from groupage.settings.subscriptions import SubscriptionSettings
from groupage.settings.tokens import bearer_headers, tokens_of

__all__ = [
    "LOOPBACK",
    "ApiSettings",
    "ClockSettings",
    "ClockSource",
    "DatabaseSettings",
    "GatewaySettings",
    "HubSettings",
    "KafkaSettings",
    "LocalSettings",
    "PlannerSettings",
    "PolicySettings",
    "ProcessorSettings",
    "SubscriptionSettings",
    "TelemetrySettings",
    "TopicSettings",
    "bearer_headers",
    "metrics_token",
    "own_broker_environment",
    "tokens_of",
    "without_password",
]
