"""The schema of a database, and databases of other versions."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from groupage.app import cli
from groupage.contracts.captured_terms import field_term, term
from groupage.domain.errors import Conflict, Misconfigured
from groupage.domain.state.forms import FORMS
from groupage.store import migrations, schema
from groupage.store.locks import without_workers
from groupage.store.schema import Migration, require_schema
from tests.hub_key import SECRET

RELEASED = {
    1: "becbb7d4895a0f23fcc269a4696a3eb648d88051d9d98e4039040bcc935c757b",
    2: "95b7740986c7c7608865e46cd32d812cf4c5068b302a2f919afe29fc8bc5edbc",
    3: "eed47e0262ceb0ae8dbac83b971c8bb6c31875c25935ad6a7bd748cd6400d256",
    4: "24e4981aaf67d6fcf64239b7352df216a1a569bf0acae2796a2db021e5e1bfff",
    5: "1167faba7dbaef5a03e5ba7d872be18fb9e4ce3cb8a4da1279529ebbe77c89c3",
    6: "67e5d0646a5941be938551d8a483b870aa8649ec3175e04fef4bff4d4e0a4582",
    7: "a10f2e3d0b295cfa68fc81f2dcafbfe86a9942e6a8460b81bccd7331a13762c0",
    8: "e08d73acb9deb948b855c2c39353a91e8a59033676db302d81865aa4c941761b",
    9: "3a763eed8d6a09ce131514f4b255bac85346f1c478b21323146d9c526b11707f",
    10: "20d3e9f247173b2d6ca54a7547b4de267cf9a1f2b46adc2364126e495253315b",
    11: "46896b9b92f676a7d7e8e152f90ca148252f5925d57d984b72ee5b2ab57a5e3d",
    12: "91639d4025e429ec2609806ebc4509124b72944a870a48cf88a01eeddfcfc0cd",
    13: "0592cc3e4d72ab0a7e466e541173534713146e38d0c5286718c9014d5b3bf400",
    14: "026ceea724afc3b4b86e9129cf0333cc44aa3c03668421e4ac476db39bf2b97f",
    15: "81b647d7ec2d4586de7150c9403bccecf32c04a9707cce934d48e36f78c03816",
}
"""SHA-256 of each migration, by number. Once a release contains a migration, its file and its line
here stay as they are for ever: databases that ran it would be refused. Write the next file instead
(docs/upgrading.md).
"""

OURS = schema.migrations()
NEXT = len(OURS) + 1
ADDS_A_COLUMN = Migration(NEXT, "note", "alter table lane add column note text", "c" * 64)
FAILS = Migration(
    len(OURS) + 2, "fails", "create table half (x integer); select no_such_column", "d" * 64
)


def programs(monkeypatch: pytest.MonkeyPatch, *more: Migration) -> None:
    """A program with these migrations after its own."""
    known = (*OURS, *more)
    for module in (schema, migrations):
        monkeypatch.setattr(module, "migrations", lambda: known)


async def execute(url: str, *statements: str) -> Any:
    """Run statements; the first value of the last one."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


def test_released_migrations_are_not_edited() -> None:
    """Numbers without a gap, and the files as they were released."""
    known = schema.migrations()
    assert [migration.number for migration in known] == list(range(1, len(known) + 1))
    assert {migration.number: migration.checksum for migration in known} == RELEASED, (
        "a migration differs from its line in RELEASED: never edit one that a release contains, "
        "write the next file (docs/upgrading.md); add a line for a new file"
    )


@pytest.mark.integration
async def test_an_empty_database_gets_the_newest_schema(empty_database_url: str) -> None:
    """All tables, all forms; a second time there is nothing to do."""
    for _ in range(2):
        done = await migrations.upgrade(empty_database_url)
        assert done == schema.Schema(len(schema.migrations()), (), forms_announced=True)
        assert done == await migrations.current(empty_database_url)
    forms = "select count(*) from state_form where derived_at is not null"
    assert await execute(empty_database_url, forms) == len(FORMS)


@pytest.mark.integration
async def test_a_migration_is_run_once_and_keeps_what_is_stored(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next version's program adds its file; rows of the older one stay."""
    await execute(database_url, "insert into alert values ('a','b','c','d','e','f',null,now())", "")
    programs(monkeypatch, ADDS_A_COLUMN)
    connection = await asyncpg.connect(database_url)
    with pytest.raises(Misconfigured, match=rf"is {len(OURS)}, this program needs {NEXT}: run"):
        await require_schema(connection)
    await connection.close()
    for _ in range(2):
        assert (await migrations.upgrade(database_url)).number == NEXT
    assert await execute(database_url, "select count(note) from lane") == 0
    assert await execute(database_url, "select count(*) from alert") == 1


@pytest.mark.integration
async def test_events_that_an_older_version_captured_get_their_terms(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lay beside facts; a query finds them after the upgrade as it finds new ones."""
    body = (
        '{"@context":{"w":"https://wms.example/"},"type":"ObjectEvent","w:shift":"night",'
        '"epcList":["urn:epc:id:sscc:0614141.1234567890"]}'
    )
    with monkeypatch.context() as older:
        for module in (schema, migrations):
            older.setattr(module, "migrations", lambda: OURS[:6])
        await migrations.upgrade(empty_database_url)
    fact = (
        "insert into fact (fact_id, kind, key, subject, type, source, event_id, occurred_at, "
        "recorded_at, topic, partition, record_offset, classifier, data, original) values "
        "(gen_random_uuid(), 'unit', 'U', 'U', 'unit.received', '/epcis', 'urn:uuid:1#1', now(), "
        f"now(), 'hub.unit.v1', 0, 0, 'ACT', '', convert_to('{body}', 'UTF8'))"
    )
    await execute(empty_database_url, fact, "")
    await migrations.upgrade(empty_database_url)
    link = term("epc", "https://id.gs1.org/00/106141412345678908")
    found = f"select event_id from captured_event where terms @> '{{{link}}}'"
    assert await execute(empty_database_url, found) == "urn:uuid:1"
    shift = field_term("", "https://wms.example/shift")
    found = f"select event_id from captured_event where terms @> '{{{shift}}}'"
    assert await execute(empty_database_url, found) == "urn:uuid:1"


@pytest.mark.integration
async def test_a_migration_that_fails_leaves_those_before_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is one transaction: nothing of the failed one stays, and it can be repeated."""
    programs(monkeypatch, ADDS_A_COLUMN, FAILS)
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrations.upgrade(database_url)
    assert await execute(database_url, "select max(number) from schema_migration") == NEXT
    assert await execute(database_url, "select to_regclass('half')") is None
    programs(monkeypatch, ADDS_A_COLUMN, FAILS._replace(sql="create table half (x integer)"))
    assert (await migrations.upgrade(database_url)).number == NEXT + 1


@pytest.mark.integration
async def test_a_database_in_use_is_not_changed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a worker is connected only a database that needs nothing passes."""
    connection = await asyncpg.connect(database_url)
    try:
        async with without_workers(connection):
            await migrations.upgrade(database_url)
            programs(monkeypatch, ADDS_A_COLUMN)
            with pytest.raises(Conflict, match="stop it first"):
                await migrations.upgrade(database_url)
        assert (await migrations.upgrade(database_url)).number == NEXT
    finally:
        await connection.close()


FOREIGN = {
    "before 0.2.0": (
        ("drop table schema_migration", "create table alembic_version (version_num text)"),
        "was made by a version of groupage before 0.2.0",
    ),
    "newer schema": (
        ("insert into schema_migration values (99, 'x', 'y', '7.0')",),
        "was upgraded by groupage 7.0, which is newer",
    ),
    "newer states": (
        ("update state_form set form = 99, version = '7.1' where kind = 'lane'",),
        "Install groupage 7.1 or newer",
    ),
    "edited migration": (
        ("update schema_migration set checksum = 'z', version = '0.2.0'",),
        "was made by groupage 0.2.0 with another migration 0001_base.sql",
    ),
}


@pytest.mark.integration
@pytest.mark.parametrize("work", [migrations.upgrade, migrations.current])
@pytest.mark.parametrize("foreign", FOREIGN)
async def test_a_database_of_another_version_stays_as_it_is(
    work: Callable[[str], Awaitable[object]], foreign: str, database_url: str
) -> None:
    """The refusal names the database and says which version to use."""
    statements, words = FOREIGN[foreign]
    await execute(database_url, *statements, "")
    with pytest.raises(Misconfigured, match="nothing was changed") as caught:
        await work(database_url)
    assert words in str(caught.value)
    assert f"the database {database_url} was" in str(caught.value)
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("select count(*) from consignment") == 0
        with pytest.raises(Misconfigured):
            await require_schema(connection)
    finally:
        await connection.close()


@pytest.fixture
async def older_url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database as a version before 0.2.0 left it, set for the commands."""
    await execute(database_url, *FOREIGN["before 0.2.0"][0], "")
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", database_url)
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("GROUPAGE_HUB_SECRET", SECRET)
    return database_url


@pytest.mark.integration
@pytest.mark.usefixtures("older_url")
@pytest.mark.parametrize(
    "command", [["migrate"], ["migrate", "--check"], ["rebuild"], ["alerts"], ["doctor"]]
)
def test_every_command_refuses_it(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1 and a sentence, before a state in another form is read."""
    assert cli.run(command) == 1
    printed = capsys.readouterr()
    assert "was made by a version of groupage before 0.2.0" in " ".join(
        (printed.out + printed.err).split()
    )


@pytest.mark.integration
async def test_states_of_an_older_form_are_for_workers_only(database_url: str) -> None:
    """Readers would misread them; a worker derives them again when it loads them."""
    await execute(database_url, "update state_form set derived_at = null where kind = 'unit'", "")
    connection = await asyncpg.connect(database_url)
    try:
        await require_schema(connection, older_forms=True)
        with pytest.raises(Misconfigured, match=r"states of unit .* `groupage migrate --check`"):
            await require_schema(connection)
    finally:
        await connection.close()
