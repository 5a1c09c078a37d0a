"""What the CloudEvents SDKs for JavaScript, Python and Go send comes in, over HTTP and Kafka.

The programs and their pinned packages are in `tests/contracts/foreign/clients`; `make
check-contracts` runs this file, because it installs them from registries. An SDK that cannot be
installed here is left out by name.
"""

import asyncio
import os
import shutil
import time
import venv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from groupage.contracts.decoding import decode
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from tests.producers.conftest import ReadTopic
from tests.producers.gateway_process import Running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not os.environ.get("GROUPAGE_TEST_FOREIGN_SDKS"),
        reason="installs packages: set GROUPAGE_TEST_FOREIGN_SDKS, as `make check-contracts` does",
    ),
]

_CLIENTS = Path(__file__).parents[1] / "contracts" / "foreign" / "clients"
_TOPIC = "hub.unit.v1"
_HTTP = {"http-binary", "http-structured", "http-base64", "http-batch"}
_KAFKA = {"kafka-binary", "kafka-structured"}
_SENT_AT = datetime(2026, 3, 2, 2, 0, 0, 123456, tzinfo=UTC)
Command = Sequence[str | Path]


async def _run(command: Command, folder: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(600):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")[-2_000:]


async def _prepare(folder: Path, files: Sequence[str], install: Command) -> None:
    """Copy the program and install its packages, or skip the test with the reason."""
    program = str(install[0])
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")
    for file in files:
        shutil.copy(_CLIENTS / file, folder)
    status, output = await _run(install, folder)
    if status:
        pytest.skip(f"`{program}` could not install: {output}")


async def _javascript(folder: Path) -> Command:
    files = ("package.json", "package-lock.json", "send.mjs")
    await _prepare(folder, files, ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"))
    return ("node", "send.mjs")


async def _go(folder: Path) -> Command:
    files = ("go.mod", "go.sum", "main.go")
    await _prepare(folder, files, ("go", "build", "-mod=readonly", "-o", "send", "."))
    return ("./send",)


async def _python(folder: Path) -> Command:
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install = (python, "-m", "pip", "install", "-q", "--no-deps", "-r", "requirements.txt")
    await _prepare(folder, ("requirements.txt", "send.py"), install)
    return (python, "send.py")


@pytest.mark.parametrize(
    ("prepare", "name", "more"),
    [
        (_javascript, "js", {"kafka-base64"}),
        (_python, "py", {"kafka-base64", "older-binary", "older-base64"}),
        (_go, "go", set()),
    ],
)
async def test_each_sdk_states_the_same_fact_in_every_mode(  # noqa: PLR0917 - fixtures
    prepare: Callable[[Path], asyncio.Future[Command]],
    name: str,
    more: set[str],
    gateway: Running,
    kafka: KafkaSettings,
    topic_prefix: str,
    read_topic: ReadTopic,
    tmp_path: Path,
) -> None:
    """In all modes one event; the time that the SDK or the client stamps on records is not kept."""
    command = await prepare(tmp_path)
    broker = str(kafka.bootstrap_servers)
    begin_ms = time.time() * 1_000
    status, output = await _run((*command, gateway.url, broker, topic_prefix + _TOPIC), tmp_path)
    assert status == 0, output
    records = await read_topic(_TOPIC)
    facts = {fact.event_id: fact for fact in map(_decoded, records)}
    assert set(facts) == {f"{name}-{mode}" for mode in _HTTP | _KAFKA | more}
    for fact in facts.values():
        assert fact.data == UnitReceived(unit_id="350000000000000013", dock="D4")
        assert fact.source == f"/wms/{name}"
        # The SDK for JavaScript cuts times to milliseconds, but not over Kafka in binary mode.
        assert timedelta(0) <= _SENT_AT - fact.occurred_at < timedelta(milliseconds=1)
    assert all(record.timestamp > begin_ms - 60_000 for record in records), "broker time"


def _decoded(record: ConsumerRecord) -> Fact:
    recorded_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
    return decode(record.headers, record.key, record.value, recorded_at=recorded_at, topic=_TOPIC)
