"""Checks of the hub: servers, topics, database schema, and the readiness of each process."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from groupage.app.commands.clock_reading import calendar_reading, clock_reading, describe_clock
from groupage.app.commands.errors import explain_error
from groupage.app.local.child import tail
from groupage.app.local.hub import running_hub
from groupage.app.local.machine_checks import Finding
from groupage.app.local.readiness import ask_readiness
from groupage.app.local.state import ProcessState
from groupage.app.log_identity import other_topics
from groupage.contracts.admin import ensure_topics
from groupage.domain.errors import GroupageError, Misconfigured, Unavailable
from groupage.domain.words import number_of
from groupage.settings import (
    ClockSettings,
    DatabaseSettings,
    KafkaSettings,
    LocalSettings,
    TopicSettings,
)
from groupage.store import migrations
from groupage.store.log_identity import describe
from groupage.store.schema import migrations as known_migrations

_BUDGET_S = 10.0
_CALENDAR_AHEAD = timedelta(days=31)
"""Bookings are made about this long before their cut-off."""


def check_hub(settings: LocalSettings) -> list[Finding]:
    """Check the running hub, or the servers that the environment names."""
    state = running_hub(settings.data_dir)
    findings = []
    if state is None:
        findings.append(
            Finding(
                name="hub",
                state="note",
                found=f"no hub runs on {settings.data_dir}",
                todo="start a hub with `groupage up`, or play a day with `groupage demo`",
            )
        )
    else:
        findings.append(Finding(name="hub", state="ok", found=state.phase))
    if _is_set(KafkaSettings):
        findings.append(_run_check("topics", _check_topics))
    if _is_set(DatabaseSettings):
        schema = _run_check("schema", _check_schema)
        findings.append(schema)
        if schema.state != "problem":
            findings.append(_run_check("clock", _check_clock))
            findings.append(_run_check("calendar", _check_calendar))
            if _is_set(KafkaSettings):
                findings.append(_run_check("log", _check_log))
    findings.extend(_check_process(process) for process in (state.processes if state else ()))
    return findings


def _is_set(settings_class: type[KafkaSettings] | type[DatabaseSettings]) -> bool:
    """Tell whether the address is set. What is wrong with the rest, the check says."""
    try:
        settings_class()
    except ValidationError as error:
        return all(item["type"] != "missing" for item in error.errors(include_input=False))
    except Misconfigured:
        return True
    return True


def _run_check(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (GroupageError, ValidationError) as error:
        found = "unreachable" if isinstance(error, Unavailable) else "not usable"
        return Finding(
            name=name, state="problem", found=found, todo=explain_error(error) or str(error)
        )


def _check_topics() -> Finding:
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
            todo="run `groupage topics` to create missing ones; change others with Kafka's tools",
        )
    found = f"all {len(report.present)} topics on {kafka.bootstrap_servers} are as specified"
    return Finding(name="topics", state="ok", found=found)


def _check_schema() -> Finding:
    url = DatabaseSettings().url.get_secret_value()
    schema, left = asyncio.run(migrations.current_with_count(url))
    newest = len(known_migrations())
    if schema.is_migrated and schema.underived:
        return Finding(
            name="schema",
            state="note",
            found=f"version {newest}, the newest; states of an older form: {left:,} left",
            todo="let the workers run: they derive these states, then the planner and the API "
            "become ready",
        )
    if not schema.is_migrated:
        found = f"version {schema.number or 'none'}; this program needs version {newest}"
        if schema.underived:
            found += f"; states of an older form: {', '.join(schema.underived)}"
        return Finding(name="schema", state="problem", found=found, todo="run `groupage migrate`")
    return Finding(name="schema", state="ok", found=f"version {newest}, the newest")


def _check_clock() -> Finding:
    """Check that the hub's clock can be right, and whether wrong ticks were sent."""
    clock, tolerance = clock_reading(DatabaseSettings())
    right, found, todo = describe_clock(clock, ClockSettings().source, tolerance=tolerance)
    return Finding(name="clock", state="ok" if right else "problem", found=found, todo=todo)


def _check_log() -> Finding:
    """Check that the topics are those whose offsets are stored."""
    others = other_topics(
        KafkaSettings(), DatabaseSettings(), prefix=TopicSettings().prefix, budget_s=_BUDGET_S
    )
    if not others:
        found = "the topics are those whose offsets the database holds"
        return Finding(name="log", state="ok", found=found)
    return Finding(
        name="log",
        state="problem",
        found=f"{number_of(len(others), 'topic')} not read by the workers",
        todo=describe(others),
    )


def _check_calendar() -> Finding:
    """Check that the policy's calendar of working days reaches beyond the next cut-offs."""
    calendar, clock_at = calendar_reading(DatabaseSettings())
    if calendar is None:
        found = "none: dead freight begins `dead_freight_notice_s` before the LCO"
        return Finding(name="calendar", state="ok", found=found)
    found = f"holidays are known until {calendar.known_until}"
    if calendar.known_until - clock_at.date() >= _CALENDAR_AHEAD:
        return Finding(name="calendar", state="ok", found=found)
    return Finding(
        name="calendar",
        state="note",
        found=f"{found}; dead-freight thresholds of later cut-offs are provisional",
        todo="when the next year's holidays are announced, install the version of groupage that "
        "has them, or name them as [working_days] in the policy file; then `groupage policy adopt`",
    )


def _check_process(process: ProcessState) -> Finding:
    alive = process.identity is not None and process.identity.process() is not None
    if not alive:
        return Finding(
            name=process.name,
            state="problem",
            found=f"{process.state} after {number_of(process.restarts, 'restart')}",
            todo=f"{process.log_file} ends with: {tail(Path(process.log_file), 3)}",
        )
    restarts = f", after {number_of(process.restarts, 'restart')}" if process.restarts else ""
    if not process.metrics:
        return Finding(name=process.name, state="ok", found=f"running{restarts}")
    readiness = ask_readiness(process.metrics, timeout_s=_BUDGET_S)
    if readiness.ready:
        return Finding(name=process.name, state="ok", found=f"ready{restarts}")
    return Finding(
        name=process.name,
        # Nobody needs to act while the workers derive the states of an upgrade.
        state="note" if readiness.started else "problem",
        found=f"not ready: {readiness.problem}",
        todo="" if readiness.started else f"read {process.log_file}",
    )
