"""Processes without usable servers: an error message and a status, without traceback."""

import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tests.e2e.commanded import bare_environment
from tests.hub_key import SECRET

pytestmark = [pytest.mark.integration, pytest.mark.slow]

NOBODY = "127.0.0.1:1"
END_S = 60.0
WITH_DATABASE = ("processors", "planner", "api")


async def error_of(process: str, **settings: str) -> str:
    """Run a process that cannot start; return its last error. It must end with status 1."""
    variables = {f"GROUPAGE_{name.upper()}": value for name, value in settings.items()}
    ports = {f"GROUPAGE_{name}_PORT": "0" for name in ("METRICS", "API", "GATEWAY")}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "groupage",
        "run",
        process,
        env=bare_environment(
            {"GROUPAGE_LOG_FORMAT": "json", "GROUPAGE_HUB_SECRET": SECRET} | ports | variables
        ),
        stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(END_S):
            _, errors = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    text = errors.decode()
    assert child.returncode == 1, f"{process}: {text}"
    assert "Traceback" not in text
    assert "exception" not in text
    last = text.strip().splitlines()[-1]
    return str(json.loads(last)["error"]) if last.startswith("{") else last


def replace_in_url(url: str, *, database: str = "", user: str = "") -> str:
    """Replace the database or the user of an address."""
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(
            path=f"/{database}" if database else parts.path,
            netloc=f"{user}@" if user else parts.netloc,
        )
    )


@pytest.mark.parametrize("process", WITH_DATABASE)
async def test_a_database_that_is_not_ours_is_named_at_once(
    process: str, kafka_bootstrap: str, empty_database_url: str, database_url: str
) -> None:
    """No schema, an old one, no database, user or address: the error says what to do."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "drop table schema_migration; create table alembic_version (version_num text)"
    )
    await connection.close()
    no_schema, older, no_database, no_user, no_address = await asyncio.gather(
        *(
            error_of(process, kafka_bootstrap_servers=kafka_bootstrap, database_url=url)
            for url in (
                empty_database_url,
                database_url,
                replace_in_url(empty_database_url, database="nowhere"),
                replace_in_url(empty_database_url, user="nobody"),
                "localhost/groupage",
            )
        )
    )
    assert "run `groupage migrate`" in no_schema
    assert f"the database {database_url} was made by a version of groupage before 0.2.0" in older
    assert 'database "nowhere" does not exist' in no_database
    assert 'role "nobody" does not exist' in no_user
    assert "GROUPAGE_DATABASE_URL cannot be used: invalid DSN" in no_address


async def test_servers_that_are_away_are_waited_for_and_then_named(
    kafka_bootstrap: str, database_url: str
) -> None:
    """Neither server answers: each process names the server, and does not print the password."""
    away = f"postgresql://u:secret@{NOBODY}/groupage"
    errors = await asyncio.gather(
        *(
            error_of(process, kafka_bootstrap_servers=kafka_bootstrap, database_url=away)
            for process in WITH_DATABASE
        ),
        *(
            error_of(process, kafka_bootstrap_servers=NOBODY, database_url=database_url)
            for process in ("processors", "planner", "clock")
        ),
    )
    for error in errors[:3]:
        assert "PostgreSQL did not answer within" in error
        assert "secret" not in error
    for error in errors[3:]:
        assert f"Kafka at {NOBODY} does not answer" in error


@pytest.mark.parametrize("process", [*WITH_DATABASE, "gateway", "clock"])
async def test_a_setting_that_is_missing_is_named(process: str, short_tmp_path: Path) -> None:
    """Without settings or a hub the error names the variable, and the command that starts a hub."""
    error = await error_of(process, data_dir=str(short_tmp_path))
    assert "is not set" in error
    assert "groupage up" in error


async def test_a_certificate_that_is_not_there_is_named() -> None:
    """The error names its variable, and does not blame Kafka."""
    error = await error_of("clock", kafka_bootstrap_servers=NOBODY, kafka_ca_file="/nowhere/ca.pem")
    assert "GROUPAGE_KAFKA_CA_FILE" in error
