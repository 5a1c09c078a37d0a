"""The configuration and the alert rules shipped for Prometheus, judged by its own tool."""

import shutil
from pathlib import Path

import pytest

from tests.fetched import prometheus_programs
from tests.telemetry.scraping import SHIPPED, promtool


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
