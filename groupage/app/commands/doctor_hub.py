"""Checks of the hub: do its servers answer, are topics and tables as wanted, who is ready?"""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from groupage.app.local.checkup import Finding
from groupage.app.local.child import tail
from groupage.app.local.hub import running_hub
from groupage.app.local.state import ProcessState
from groupage.contracts.admin import ensure_topics
from groupage.domain.errors import GroupageError, Unavailable
from groupage.settings import DatabaseSettings, KafkaSettings, LocalSettings, TopicSettings
from groupage.store import migrations
from groupage.store.schema import migrations as known_migrations

_BUDGET_S = 10.0


def check_hub(settings: LocalSettings) -> list[Finding]:
    """The running hub, or the servers named by the environment; without either one finding."""
    state = running_hub(settings.data_dir)
    findings = []
    if state is None:
        findings.append(
            Finding(
                name="hub",
                state="note",
                found=f"none runs on {settings.data_dir}",
                todo="`groupage up` starts one, `groupage demo` plays a day in it",
            )
        )
    else:
        findings.append(Finding(name="hub", state="ok", found=f"{state.phase}"))
    if _is_set(KafkaSettings):
        findings.append(_look("topics", _topics))
    if _is_set(DatabaseSettings):
        findings.append(_look("schema", _schema))
    findings.extend(_process(process) for process in (state.processes if state else ()))
    return findings


def _is_set(settings_class: type[KafkaSettings] | type[DatabaseSettings]) -> bool:
    try:
        settings_class()
    except ValueError:
        return False
    return True


def _look(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except GroupageError as error:
        found = "no answer" if isinstance(error, Unavailable) else "not usable"
        return Finding(name=name, state="problem", found=found, todo=str(error))


def _topics() -> Finding:
    topics = TopicSettings()
    kafka = KafkaSettings()
    report = asyncio.run(
        ensure_topics(
            kafka,
            prefix=topics.prefix,
            replication_factor=topics.replication_factor,
            create=False,
            budget_s=_BUDGET_S,
        )
    )
    if report.differences:
        return Finding(
            name="topics",
            state="problem",
            found="; ".join(difference.message for difference in report.differences[:3]),
            todo="`groupage topics` makes missing ones; change others with Kafka's own tools",
        )
    found = f"{len(report.present)} as the table wants them on {kafka.bootstrap_servers}"
    return Finding(name="topics", state="ok", found=found)


def _schema() -> Finding:
    url = DatabaseSettings().url.get_secret_value()
    schema, newest = asyncio.run(migrations.current(url)), len(known_migrations())
    if not schema.is_current:
        found = f"version {schema.number or 'none'}, this program needs {newest}"
        if schema.underived:
            found += f"; states of an older form: {', '.join(schema.underived)}"
        return Finding(name="schema", state="problem", found=found, todo="`groupage migrate`")
    return Finding(name="schema", state="ok", found=f"version {newest}, the newest")


def _process(process: ProcessState) -> Finding:
    alive = process.identity is not None and process.identity.process() is not None
    if not alive:
        return Finding(
            name=process.name,
            state="problem",
            found=f"{process.state}, started again {process.restarts} times",
            todo=f"{process.log_file} ends with: {tail(Path(process.log_file), 3)}",
        )
    restarts = f", started again {process.restarts} times" if process.restarts else ""
    if not process.metrics:
        return Finding(name=process.name, state="ok", found=f"runs{restarts}")
    unready = _unready(process.metrics)
    return Finding(
        name=process.name,
        state="problem" if unready else "ok",
        found=f"not ready: {unready}" if unready else f"ready{restarts}",
        todo=f"see {process.log_file}" if unready else "",
    )


def _unready(metrics: str) -> str:
    """The failing checks of ``/readyz``; empty when ready."""
    try:
        with urllib.request.urlopen(f"{metrics}/readyz", timeout=_BUDGET_S):  # noqa: S310 - ours
            return ""
    except urllib.error.HTTPError as error:
        checks = json.loads(error.read()).get("checks", {})
        return "; ".join(f"{name}: {value}" for name, value in checks.items() if value is not True)
    except OSError as error:
        return str(error)
