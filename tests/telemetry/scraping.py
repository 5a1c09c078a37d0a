"""A real Prometheus over a hub: started, asked, stopped."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
READY_S = 30.0
_POLL_S = 0.2


class Prometheus:
    """A client of one server's HTTP API."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=10)

    def asked(self, path: str, **parameters: str) -> Any:
        """Return the `data` of a response."""
        answer = self._client.get(f"/api/v1/{path}", params=parameters)
        body = answer.json()
        assert body["status"] == "success", body
        return body["data"]

    def values(self, expression: str) -> dict[str, float]:
        """Run an instant query; returns each series as text with its value."""
        return {
            json.dumps(row["metric"], sort_keys=True): float(row["value"][1])
            for row in self.asked("query", query=expression)["result"]
        }

    def await_values(self, expression: str, *, within_s: float) -> dict[str, float]:
        """Wait for an instant query to return something; returns it."""
        deadline = time.monotonic() + within_s
        while not (found := self.values(expression)):
            assert time.monotonic() < deadline, f"no series for {expression}"
            time.sleep(_POLL_S)
        return found

    def is_ready(self) -> bool:
        """Ask whether it has read its configuration and serves."""
        try:
            return self._client.get("/-/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@contextmanager
def scraping(
    programs: Path, folder: Path, targets: str, *, token: str = ""
) -> Iterator[Prometheus]:
    """Run Prometheus with the shipped configuration, but scrape `targets` every second.

    With `token` the lines of the configuration that send one are no longer comments.
    """
    for file in SHIPPED.iterdir():
        shutil.copy(file, folder)
    config = folder / "prometheus.yml"
    text = config.read_text().replace("interval: 10s", "interval: 1s")
    if token:
        (folder / "metrics.token").write_text(token)
        text = text.replace("# authorization:", "authorization:")
        text = text.replace("#   credentials_file:", "  credentials_file:")
    config.write_text(text)
    (folder / "targets.json").write_text(targets)
    address = f"127.0.0.1:{_free_port()}"
    log_file = folder / "prometheus.log"
    with log_file.open("w") as output:
        server = subprocess.Popen(
            [
                programs / "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'series'}",
                f"--web.listen-address={address}",
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        prometheus = Prometheus(f"http://{address}")
        deadline = time.monotonic() + READY_S
        while not prometheus.is_ready():
            assert server.poll() is None, log_file.read_text()
            assert time.monotonic() < deadline, log_file.read_text()
            time.sleep(_POLL_S)
        yield prometheus
    finally:
        server.terminate()
        server.wait(20)


def promtool(programs: Path, *arguments: str, given: bytes = b"") -> str:
    """Run promtool, which must find no error; returns its output."""
    done = subprocess.run(
        [programs / "promtool", *arguments],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    output = done.stdout.decode()
    assert done.returncode == 0, output
    return output


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
