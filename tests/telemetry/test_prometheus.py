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
@pytest.mark.parametrize("sent", [True, False], ids=["with the token", "without"])
async def test_prometheus_scrapes_with_the_token(tmp_path: Path, sent: bool) -> None:  # noqa: FBT001
    """A process with a token is up for a Prometheus that sends it, and for no other."""
    token = "f00dfeed0123456789ab"

    def scrape(address: str) -> set[float]:
        targets = json.dumps([{"targets": [urlsplit(address).netloc], "labels": {}}])
        programs = prometheus_programs()
        with scraping(programs, tmp_path, targets, token=token if sent else "") as prometheus:
            found = prometheus.await_values('up{job="groupage"}', within_s=20)
        return set(found.values())

    async with TelemetryServer(TelemetrySettings(metrics_token=SecretStr(token))) as server:
        assert await asyncio.to_thread(scrape, server.address) == {float(sent)}
