"""A database that another version of groupage made."""

from collections.abc import Callable

import asyncpg
import pytest

from groupage.app import cli
from groupage.domain.errors import Misconfigured
from groupage.store import migrations
from groupage.store.schema import VERSION, checksum, require_schema

pytestmark = pytest.mark.integration


@pytest.fixture
async def older_url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database as an older version left it: the same number, but no checksum."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("comment on table alembic_version is null")
    await connection.close()
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", database_url)
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return database_url


@pytest.mark.parametrize("work", [migrations.upgrade, migrations.current, migrations.downgrade])
async def test_it_is_neither_migrated_nor_dropped(
    work: Callable[[str], object], older_url: str
) -> None:
    """Its tables are others under the same number: it is named, and stays as it is."""
    with pytest.raises(Misconfigured) as caught:
        work(older_url)
    assert f"the database {older_url} was made by another version" in str(caught.value)
    assert "another --data-dir" in str(caught.value)
    connection = await asyncpg.connect(older_url)
    try:
        assert await connection.fetchval("select version_num from alembic_version") == VERSION
        assert await connection.fetchval("select count(*) from consignment") == 0
        with pytest.raises(Misconfigured):
            await require_schema(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "command", [["migrate"], ["migrate", "--check"], ["rebuild"], ["alerts"], ["doctor"]]
)
def test_every_command_refuses_it(
    command: list[str], older_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 1 and a sentence, before a state in another form is read."""
    assert cli.run(command) == 1
    printed = capsys.readouterr()
    assert "was made by another version of groupage" in " ".join(
        (printed.out + printed.err).split()
    )


def test_migrating_twice_is_migrating_once(database_url: str) -> None:
    """Our own database is known again, and the next migration will begin from its checksum."""
    assert migrations.upgrade(database_url) == migrations.current(database_url) == VERSION
    assert checksum("0000") != checksum("0001")
