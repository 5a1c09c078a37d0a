"""Connections to PostgreSQL: what a process says when the server goes away."""

from pathlib import Path

import asyncpg
import pytest

from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import KafkaSettings
from groupage.store import migrations
from groupage.store.pool import refusals_in_words
from groupage.store.trust import open_trust
from tests.hub_key import hub_key


def test_a_server_that_goes_away_during_a_start_is_named() -> None:
    """The process ends with a sentence, not with a traceback, and is started again."""
    with pytest.raises(Unavailable, match="PostgreSQL does not answer"), refusals_in_words():
        raise ConnectionRefusedError(111, "Connection refused")


def test_a_bug_stays_a_bug() -> None:
    """Only outages are put into words."""
    with pytest.raises(KeyError), refusals_in_words():
        raise KeyError("name")


def test_missing_rights_are_named() -> None:
    """A process with the role of another one ends with a sentence, too."""
    refusal = asyncpg.InsufficientPrivilegeError("permission denied for table plan")
    with (
        pytest.raises(Misconfigured, match=r"GROUPAGE_DATABASE_URL.*table plan"),
        refusals_in_words(),
    ):
        raise refusal


@pytest.mark.integration
async def test_migrate_names_the_setting_when_the_server_refuses(database_url: str) -> None:
    """The program is not at fault when an account does not exist."""
    stranger = database_url.replace("postgresql://postgres@", "postgresql://stranger@")
    with pytest.raises(Misconfigured, match="GROUPAGE_DATABASE_URL: PostgreSQL refuses"):
        await migrations.upgrade(stranger)


async def test_a_server_that_goes_away_after_the_connections_were_made_is_named(
    tmp_path: Path,
) -> None:
    """Workers and planners ask the database for the hub's secret a moment after they start."""
    pool = asyncpg.create_pool(user="postgres", host=str(tmp_path), min_size=0)
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    async with pool:
        with pytest.raises(Unavailable, match="PostgreSQL does not answer"):
            await open_trust(pool, hub_key(), kafka=kafka, prefix="")
