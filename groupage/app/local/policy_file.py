"""The hub's policy file at a start of the hub: a start with a changed file is a decision."""

import asyncio
import os
from pathlib import Path

from groupage.app.local.hub_secret import secret_variables
from groupage.app.local.paths import DataDir
from groupage.app.policies import Hub, adopt_changed_file
from groupage.contracts.signing import hub_key_from
from groupage.settings import (
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    PolicySettings,
    TopicSettings,
)


def adopt_changed_policy(
    data: DataDir, kafka: KafkaSettings, database: DatabaseSettings, *, wall_clock: bool
) -> str:
    """Put a policy file in force that the hub has never adopted; say so in a line, or nothing."""
    topics = TopicSettings()
    of_hub = secret_variables(data, os.environ).get("GROUPAGE_HUB_SECRET_FILE")
    secret = HubSettings(secret_file=Path(of_hub)) if of_hub else HubSettings()
    hub = Hub(
        kafka=kafka,
        database=database,
        prefix=topics.prefix,
        hub_key=hub_key_from(secret, topics),
        wall_clock=wall_clock,
    )
    settings = PolicySettings()
    return asyncio.run(adopt_changed_file(hub, settings.load(), file=settings.described()))
