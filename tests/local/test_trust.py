"""docs/trust.md: its tables name every listener and every route, and each guard holds."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import psutil
import pytest
from starlette.applications import Starlette
from starlette.routing import Route, compile_path

from groupage.app.api.app import ENDPOINTS
from groupage.app.local.hub import running_hub
from groupage.app.local.state import HubState
from groupage.settings import (
    DatabaseSettings,
    GatewaySettings,
    KafkaSettings,
    LocalSettings,
    SubscriptionSettings,
)
from groupage.settings.subscriptions import HOSTS_VARIABLE
from groupage.telemetry.probes import Probes
from producers.gateway.app import Gateway, create_app

PAGE = (Path(__file__).parents[2] / "docs" / "trust.md").read_text(encoding="utf-8")
TOKENS = {
    "gateway": "aaaa0123456789bcdef0",
    "api": "bbbb0123456789acdef0",
    "metrics": "cccc0123456789abdef0",
}
HTTP_PROCESSES = {"gateway", "api", "processors", "planner", "clock"}


def table_rows(head: str) -> list[list[str]]:
    """The rows of the table with this head."""
    lines = PAGE[PAGE.index(head) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    assert rows
    return rows


def documented_listeners() -> dict[str, set[str]]:
    """Listeners by process."""
    found: dict[str, set[str]] = {}
    for processes, listener, *_ in table_rows("| process | listener |"):
        for process in processes.split(", "):
            found.setdefault(process, set()).add(listener)
    return found


def documented_routes(listener: str) -> dict[tuple[str, str], bool]:
    """Methods and paths of a listener; whether each asks for a token."""
    return {
        (method, path): token == "asked"
        for listeners, route, token in table_rows("| listener | route |")
        for method, path in [route.strip("`").split(" ")]
        if listener in listeners.split(", ")
    }


def routes_of(app: Starlette) -> set[tuple[str, str]]:
    """Methods and paths that an application serves; HEAD goes with GET."""
    return {
        (method, compile_path(route.path)[1])
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


def test_the_page_names_every_route() -> None:
    """No route is added without a line that says whether it asks for a token."""
    gateway = Gateway(GatewaySettings(), KafkaSettings(bootstrap_servers="127.0.0.1:9"))
    assert set(documented_routes("gateway")) == routes_of(create_app(gateway))
    probes = Starlette(routes=list(Probes().routes()))
    assert set(documented_routes("metrics")) == routes_of(probes)
    endpoints = Starlette(routes=[endpoint.route() for endpoint in ENDPOINTS])
    openapi = {("GET", "/openapi.json")}
    assert set(documented_routes("api")) == routes_of(endpoints) | routes_of(probes) | openapi


def test_the_page_names_what_decides_about_each_outgoing_connection() -> None:
    """A variable of a settings class, so that an operator can look and change it."""
    named = [re.findall("`(GROUPAGE_[A-Z_]+)`", row[2]) for row in table_rows("| process | to |")]
    settings = (KafkaSettings, DatabaseSettings, SubscriptionSettings, LocalSettings)
    variables = {
        f"{each.model_config['env_prefix']}{name}".upper()
        for each in settings
        for name in each.model_fields
    }
    assert all(named)
    assert {name for names in named for name in names} <= variables
    assert HOSTS_VARIABLE in variables
    assert SubscriptionSettings().allowed_hosts == ()


@pytest.mark.parametrize("listener", TOKENS)
def test_beyond_loopback_no_process_starts_without_a_token(listener: str) -> None:
    """It ends with status 1 and names the variable, before it opens a socket."""
    process = "planner" if listener == "metrics" else listener
    environment = {
        "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "GROUPAGE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "GROUPAGE_HUB_SECRET": "0123456789abcdef" * 2,
        f"GROUPAGE_{listener.upper()}_HOST": "0.0.0.0",  # noqa: S104 - that is the test
    }
    ended = subprocess.run(
        [sys.executable, "-m", "groupage", "run", process],
        capture_output=True,
        text=True,
        timeout=60,
        env={k: v for k, v in os.environ.items() if not k.startswith("GROUPAGE_")} | environment,
        check=False,
    )
    assert ended.returncode == 1
    assert f"set GROUPAGE_{listener.upper()}_TOKEN" in ended.stderr


@pytest.fixture(scope="module", name="hub")
def a_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubState]:
    """A whole hub on this machine, with a token for each kind of listener."""
    folder = tmp_path_factory.mktemp("trust")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GROUPAGE_") or name == "GROUPAGE_CACHE_DIR"
    }
    environment = kept | {f"GROUPAGE_{name.upper()}_TOKEN": token for name, token in TOKENS.items()}

    def run(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "groupage", "--data-dir", str(folder), *arguments],
            env=environment,
            check=True,
            timeout=200,
        )

    run("up", "--detach", "--quiet")
    try:
        state = running_hub(folder)
        assert state is not None
        yield state
    finally:
        run("down")


def test_no_process_connects_beyond_this_machine(hub: HubState) -> None:
    """Unless a setting names another host."""
    for process in hub.processes:
        assert process.identity is not None
        for connection in psutil.Process(process.identity.pid).net_connections("inet"):
            if connection.raddr:
                assert ip_address(connection.raddr.ip.removeprefix("::ffff:")).is_loopback


def addresses(hub: HubState) -> Iterator[tuple[str, str, int]]:
    """Process, address and port of every listening socket below the supervisor."""
    names = {
        process.identity.pid: re.sub(r"-\d+$", "", process.name)
        for process in hub.processes
        if process.identity
    }
    supervisor = psutil.Process(hub.supervisor.pid)
    for process in (supervisor, *supervisor.children(recursive=True)):
        ancestors = [process.pid, *(parent.pid for parent in process.parents())]
        name = next((names[pid] for pid in ancestors if pid in names), "supervisor")
        for connection in process.net_connections(kind="inet"):
            if connection.status == psutil.CONN_LISTEN:
                yield name, connection.laddr.ip, connection.laddr.port


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_the_page_names_every_listener(hub: HubState) -> None:
    """All are on loopback; each process has as many as the page says."""
    listeners = set(addresses(hub))
    assert {address for _, address, _ in listeners} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    ports: dict[str, set[int]] = {}
    for name, _, port in listeners:
        ports.setdefault("Kafka" if name == "kafka" else name, set()).add(port)
    documented = {name: len(found) for name, found in documented_listeners().items()}
    assert documented.pop("PostgreSQL") == 1
    assert {name: len(found) for name, found in ports.items()} == documented


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_only_its_owner_reaches_the_database(hub: HubState) -> None:
    """It listens on a socket in a folder that nobody else may enter."""
    folder = Path(unquote(urlsplit(hub.database_url).query.partition("host=")[2]))
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.integration
@pytest.mark.timeout(300)
async def test_every_guard_holds(hub: HubState) -> None:
    """No token, a wrong token, the token of another listener, a foreign Host, a foreign Origin."""
    bases = [("gateway", hub.gateway_url), ("api", hub.api_url)]
    bases += [("metrics", process.metrics) for process in hub.processes if process.metrics]
    assert len(bases) == 2 + len(HTTP_PROCESSES)
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(_try_guard(client, name, base) for name, base in bases))


async def _try_guard(client: httpx.AsyncClient, listener: str, base: str) -> None:
    right = {"authorization": f"Bearer {TOKENS[listener]}"}
    others = [token for name, token in TOKENS.items() if name != listener]
    for (method, path), asked in (
        documented_routes(listener) | {("GET", "/nowhere"): True}
    ).items():

        async def status(
            headers: dict[str, str], method: str = method, url: str = base + path
        ) -> int:
            return (await client.request(method, url, headers=headers)).status_code

        wrong = [{}, *({"authorization": f"Bearer {token}"} for token in ("wrong", *others))]
        refused = [await status(headers) for headers in wrong]
        assert (set(refused) == {401}) is asked, (base, path, refused)
        answered = await status(right)
        assert answered not in {401, 403, 421, 500}, (base, path, answered)
        assert await status(right | {"host": "evil.example"}) == 421, (base, path)
        if method == "POST":
            assert await status(right | {"origin": "http://evil.example"}) == 403, (base, path)
