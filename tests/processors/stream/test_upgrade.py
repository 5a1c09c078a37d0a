"""A hub that an earlier version stored: upgraded in place, its states are those of a rebuild."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from groupage.app.own_events.projection import run_to_end
from groupage.domain.errors import Conflict, Misconfigured
from groupage.domain.events.consignment import HoldReleased
from groupage.domain.policy import Policy
from groupage.domain.state.forms import FORMS
from groupage.domain.state.lane import PendingRequest
from groupage.store import migrations
from groupage.store.schema import require_schema
from groupage.store.state_codec import pack, unpack
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from processors.operations.upgrade import derive_older_states
from processors.worker.lock import WorkerLock
from tests.aggregate_lists import require_right_lists
from tests.optimizer.planner.test_planner_start import free_port
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.small_hub import (
    LATER,
    Tables,
    pending_request,
    store_small_hub,
    tables,
)
from tests.processors.stream.test_operating import (
    environment,
    groupage,
    metrics_address,
    running,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


class EarlierState(msgspec.Struct, kw_only=True):
    """The earlier form of every state: other names, and nothing that this program could use."""

    id: str
    content: dict[str, Any]
    pending_request: PendingRequest | None = None
    """A lane's pending request: not a fact yet, so every form must let it be read."""


async def make_older(hub: StreamHub) -> None:
    """Rewrite the stored hub as an earlier version would have left it."""
    pool = hub.pool
    for kind in FORMS:
        for key, body in await pool.fetch(f"select key, body from {kind}"):
            content = msgspec.json.decode(unpack(body))
            earlier = EarlierState(
                id=content.pop("key"),
                pending_request=msgspec.convert(
                    content.pop("pending_request", None), PendingRequest | None
                ),
                content=content,
            )
            await pool.execute(
                f"update {kind} set form = 0, body = $2, deadline_at = null where key = $1",
                key,
                pack(msgspec.json.encode(earlier)),
            )
    await pool.execute("update state_form set form = 0, version = '0.0.1'")
    await pool.execute("update consignment set status = 'EARLIER', pieces = -1")
    await pool.execute("update lane set sequence = -1")
    # The earlier rules raised and rejected other things.
    await pool.execute("delete from alert where alert_id in (select min(alert_id) from alert)")
    await pool.execute(
        "insert into alert values ('consignment/C1/earlier', 'C1', 'consignment', 'earlier', "
        "'info', 'an alert that no rule of today raises', null, now())"
    )
    await pool.execute("delete from dead_letter")


@pytest.fixture
async def older_hub(stream_hub: StreamHub) -> tuple[StreamHub, Tables]:
    """The hub, and the tables that an upgrade must give."""
    await store_small_hub(stream_hub)
    wanted = await tables(stream_hub.pool)
    assert all(wanted.values()), [name for name, rows in wanted.items() if not rows]
    await make_older(stream_hub)
    return stream_hub, wanted


async def derive(hub: StreamHub) -> None:
    """The second part of ``groupage migrate --derive``, a state at a time."""
    await derive_older_states(
        hub.settings.database,
        all_aggregates(Policy()),
        progress=lambda _kind, _done, _total: None,
        chunk_states=1,
    )


async def is_as_rebuilt(hub: StreamHub) -> None:
    """A rebuild from the log gives the same rows, and EPCIS events as far as an API made them."""
    report = await rebuild(
        hub.settings,
        all_aggregates(Policy()),
        derive_more=run_to_end,
        verify=True,
        progress=lambda _done, _total: None,
    )
    assert report.equal, report
    await require_right_lists(hub.pool)


async def count(hub: StreamHub, kind: str, form: int) -> int:
    """States of a kind in a form."""
    found: int = await hub.pool.fetchval(f"select count(*) from {kind} where form = $1", form)
    return found


UPGRADES = (
    "from pg_stat_activity where application_name = 'groupage migrate' "
    "and datname = current_database()"
)


@asynccontextmanager
async def transaction(hub: StreamHub) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
    """A transaction that holds its locks until the end of the block."""
    async with hub.pool.acquire() as connection, connection.transaction():
        yield connection


async def worker_waits(hub: StreamHub) -> bool:
    """A worker waits for a row that another transaction has locked."""
    return bool(
        await hub.pool.fetchval(
            "select count(*) from pg_stat_activity where datname = current_database() "
            "and application_name in ('worker under test', 'groupage processors') "
            "and wait_event_type = 'Lock'"
        )
    )


async def nobody_migrates(hub: StreamHub) -> bool:
    """The server has noticed that the process is gone."""
    return not await hub.pool.fetchval(f"select count(*) {UPGRADES}")


@asynccontextmanager
async def waiting_upgrade(hub: StreamHub) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """``groupage migrate --derive`` while it waits for a lock of ours, in a transaction."""
    process = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-m", "groupage", "migrate", "--derive"],
        env=environment(hub),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    async def waits() -> bool:
        query = f"select count(*) {UPGRADES} and wait_event_type = 'Lock'"
        return bool(await hub.pool.fetchval(query))

    try:
        await hub.until("the upgrade waits for a voyage", waits)
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate, timeout=10)


async def test_an_upgrade_that_is_killed_goes_on_where_it_was(
    older_hub: tuple[StreamHub, Tables],
) -> None:
    """States, columns, deadlines, alerts and dead letters are those of a rebuild, byte for byte."""
    hub, wanted = older_hub
    async with hub.pool.acquire() as connection, connection.transaction():
        await connection.execute("select from voyage for update")
        async with waiting_upgrade(hub) as process:
            await connection.execute(f"select pg_terminate_backend(pid) {UPGRADES}")
            _, printed = await asyncio.to_thread(process.communicate, timeout=30)
            assert process.returncode == 1
            assert b"PostgreSQL went away during the upgrade" in printed
            assert b"Traceback" not in printed
        async with waiting_upgrade(hub) as process:
            process.kill()
    await hub.until("the upgrade has ended", lambda: nobody_migrates(hub))
    assert await count(hub, "consignment", 0) == 0
    assert await count(hub, "voyage", 0) > 0
    with pytest.raises(Misconfigured, match="voyage, consolidation, lane, command"):
        await require_schema(hub.pool)
    status, output, _ = await groupage(hub, "migrate", "--check")
    assert status == 1
    assert "states of an older form: voyage, consolidation, lane, command" in output

    status, output, errors = await groupage(hub, "migrate", "--derive")
    assert status == 0, errors
    assert "voyage: 2 states derived again from their facts" in output
    assert "consignment" not in output
    assert await tables(hub.pool) == wanted
    await require_schema(hub.pool)
    await is_as_rebuilt(hub)
    status, output, _ = await groupage(hub, "migrate", "--check")
    assert status == 0

    # A rebuild takes the place of an upgrade: it derives the same from the log.
    await make_older(hub)
    await migrations.upgrade(hub.settings.database.url.get_secret_value())
    await rebuild(
        hub.settings, all_aggregates(Policy()), verify=False, progress=lambda _done, _total: None
    )
    assert await tables(hub.pool) == wanted
    await require_schema(hub.pool)


async def test_a_worker_derives_what_it_loads(
    older_hub: tuple[StreamHub, Tables],
) -> None:
    """Started before the upgrade has begun with the states: new facts meet derived states."""
    hub, wanted = older_hub
    await migrations.upgrade(hub.settings.database.url.get_secret_value())
    asked = "select count(*) from fact where type = 'plan.asked'"
    asked_before = await hub.pool.fetchval(asked)
    assert await pending_request(hub) is not None
    touched = [row[0] for row in wanted["consignment"]][::7]
    new = [
        fact_of(HoldReleased(consignment_id=key, hold_id="none", by="desk"), event_id=f"new-{key}")
        for key in touched
    ]
    locked = "select from consignment where (key = any($1)) = ($2 = 1) for update"
    async with transaction(hub) as untouched, WorkerLock(hub.settings.database, policies=lambda: 0):
        await untouched.execute(locked, touched, 0)  # a worker's background leaves them
        async with transaction(hub) as loaded:
            await loaded.execute(locked, touched, 1)
            await hub.send(*new)
            worker = hub.worker()
            await worker.__aenter__()
            await hub.until("the batch waits for what it loads", lambda: worker_waits(hub))
        await hub.until_committed()
        await worker.__aexit__(None, None, None)
        with pytest.raises(Conflict, match="stop it first"):
            await derive(hub)
    assert await pending_request(hub) is None, "it came back as a fact"
    assert await hub.pool.fetchval(asked) == asked_before + 1, "the pending request, once"
    assert await count(hub, "consignment", 0) > 0
    assert await count(hub, "consignment", FORMS["consignment"]) >= len(touched)
    await derive(hub)
    await is_as_rebuilt(hub)


async def ready(address: str) -> tuple[int, str]:
    """Status and text of a process's ``/readyz``."""
    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.get("/readyz")
        return answer.status_code, answer.text


@asynccontextmanager
async def killed_worker(hub: StreamHub, log_file: Path) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """A worker that ends by SIGKILL."""
    with log_file.open("wb") as output:
        process = await asyncio.to_thread(
            subprocess.Popen,
            [sys.executable, "-m", "groupage", "run", "processors"],
            env=environment(hub),
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait, 10)


async def test_workers_derive_the_rest_while_the_hub_runs(
    older_hub: tuple[StreamHub, Tables], tmp_path: Path
) -> None:
    """Facts and ticks arrive, a worker is killed in a chunk, and the next two go on.

    The planner and the API say how many states are left, and are ready once none is.
    """
    hub, wanted = older_hub
    with pytest.raises(Misconfigured, match="run `groupage migrate`"):
        await require_schema(hub.pool, older_forms=True)  # a worker does not start before
    status, output, errors = await groupage(hub, "migrate")
    assert status == 0, errors
    assert "the workers derive the states of consignment, unit" in output
    pending = await pending_request(hub)
    assert pending is not None
    keys = [row[0] for row in wanted["consignment"]]
    early = [key for key in keys[::2] if key != "C1"]
    late = sorted({*keys} - {*early})
    new = [
        fact_of(HoldReleased(consignment_id=key, hold_id="none", by="desk"), event_id=f"new-{key}")
        for key in early
    ]
    api_port = free_port()
    api = httpx.AsyncClient(base_url=f"http://127.0.0.1:{api_port}")
    logs = {name: tmp_path / f"{name}.log" for name in ("killed", "planner", "api", "w1", "w2")}

    async def derived_but(consignments: int) -> bool:
        left = {kind: await count(hub, kind, 0) for kind in FORMS}
        return left == {**dict.fromkeys(FORMS, 0), "consignment": consignments}

    async with (
        api,
        running(hub, "planner", logs["planner"]),
        running(hub, "api", logs["api"], GROUPAGE_API_PORT=str(api_port)),
    ):
        addresses = [await metrics_address(hub, logs[name]) for name in ("planner", "api")]
        async with transaction(hub) as alert:
            await alert.execute("select from alert where code = 'earlier' for update")  # of C1
            async with killed_worker(hub, logs["killed"]) as worker:
                async with transaction(hub) as rows:
                    await rows.execute(
                        "select from consignment where key = any($1) for update", late
                    )
                    await hub.send(*new)
                    await hub.until("all others are derived", lambda: derived_but(len(late)))
                    await hub.tick(LATER + timedelta(hours=3))
                    await hub.until_committed()
                    assert await derived_but(len(late))
                    for address in addresses:
                        status, text = await ready(address)
                        assert status == 503
                        assert f"the workers are deriving states again: {len(late)} left" in text
                    answer = await api.get("/v1/consignments")
                    assert answer.status_code == 503
                    assert "the workers are deriving states again" in answer.json()["detail"]
                    _, output, _ = await groupage(hub, "migrate", "--check")
                    assert f"states of an older form: consignment ({len(late)} left)" in output
                    status, output, _ = await groupage(hub, "migrate")
                    assert status == 0, "there is nothing to migrate while workers derive"
                    _, output, _ = await groupage(hub, "alerts")
                    assert "of consignment are stored" in output + _
                await hub.until("the worker is in the midst of a chunk", lambda: worker_waits(hub))
                worker.kill()
            assert await derived_but(len(late)), "nothing of the chunk is done"
            log_text = logs["killed"].read_text()
            assert re.search(
                r'"left": ?\d+.*states_deriving|states_deriving.*"left": ?\d+', log_text
            )
        async with running(hub, "processors", logs["w1"]), running(hub, "processors", logs["w2"]):
            await hub.until("all are derived", lambda: derived_but(0))
            for address in addresses:

                async def is_ready(of: str = address) -> bool:
                    return (await ready(of))[0] == 200

                await hub.until("the process is ready", is_ready)
            assert (await api.get("/v1/consignments")).status_code == 200
            request = "select count(*) from plan_request where request_id = $1"

            async def planned() -> bool:
                return bool(await hub.pool.fetchval(request, pending.request_id))

            await hub.until("the planner took up the request that waited", planned)
            await hub.until_committed()
            for name in ("w1", "w2"):
                text = (
                    await httpx.AsyncClient().get(
                        await metrics_address(hub, logs[name]) + "/metrics"
                    )
                ).text
                assert not re.search(r"states_of_older_forms\{.*\} [1-9]", text)
    await require_schema(hub.pool)
    await is_as_rebuilt(hub)
