"""The configuration and the alert rules shipped for Prometheus, judged by its own tool."""

import asyncio
import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from groupage.settings import TelemetrySettings
from groupage.telemetry import TelemetryServer
from tests.fetched import prometheus_programs
from tests.telemetry.scraping import SHIPPED, promtool, scraping


@pytest.mark.slow
def test_the_shipped_configuration_and_alerts_are_sound(tmp_path: Path) -> None:
    """`promtool` passes both files, and each alert fires when it must and only then."""
    programs = prometheus_programs()
    for file in SHIPPED.iterdir():
        shutil.copy(file, tmp_path)
    shutil.copy(Path(__file__).with_name("rules.test.yml"), tmp_path)
    (tmp_path / "targets.json").write_text("[]")
    assert "SUCCESS" in promtool(programs, "check", "config", str(tmp_path / "prometheus.yml"))
    rules = promtool(programs, "check", "rules", str(tmp_path / "groupage.rules.yml"))
    assert "SUCCESS: " in rules
    promtool(programs, "test", "rules", str(tmp_path / "rules.test.yml"))


@pytest.mark.slow
async def test_prometheus_scrapes_with_the_token(tmp_path: Path) -> None:
    """A process with a token is up for a Prometheus that sends it, and for no other."""
    token = "f00dfeed0123456789ab"
    programs = prometheus_programs()

    def scrape(address: str, folder: Path, sent: str) -> set[float]:
        folder.mkdir()
        targets = json.dumps([{"targets": [urlsplit(address).netloc], "labels": {}}])
        with scraping(programs, folder, targets, token=sent) as prometheus:
            found = prometheus.await_values('up{job="groupage"}', within_s=20)
        return set(found.values())

    async with TelemetryServer(TelemetrySettings(metrics_token=SecretStr(token))) as server:
        # At once: each takes 5 s to read its targets.
        with_token, without = await asyncio.gather(
            asyncio.to_thread(scrape, server.address, tmp_path / "with", token),
            asyncio.to_thread(scrape, server.address, tmp_path / "without", ""),
        )
    assert (with_token, without) == ({1.0}, {0.0})
