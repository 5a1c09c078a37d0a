"""Plans and planning instances: in files, and by name in the hub's database."""

from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import typer

from groupage.app.commands.reading import query
from groupage.contracts.schemas import writer_struct
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.store.pool import Connection
from groupage.store.readers.holds import OpenHold, read_holds_of
from groupage.store.readers.plan_statuses import PlanStatus, read_status
from groupage.store.readers.plans import (
    PlanDiff,
    diff_of_lane,
    diff_on_hub,
    diff_plans,
    find_plan,
    read_departures,
    read_numbers,
)

_Read = TypeVar("_Read", Instance, Plan)


def read_file(path: Path, kind: type[_Read]) -> _Read:
    """Read a file. Raises InvalidInput that names file and field."""
    try:
        content = path.read_bytes()
        # Rejects times without an offset, which would fail only when they are compared.
        msgspec.json.decode(content, type=writer_struct(kind, forbid_unknown_fields=False))
        return msgspec.json.decode(content, type=kind)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        mistaken = _mistaken(content, kind)
        raise InvalidInput(f"{path}: {mistaken or error}") from error


def _mistaken(content: bytes, kind: type[Instance | Plan]) -> str:
    """Return the sentence for a plan where a request should be, or the reverse; or ""."""
    other = Plan if kind is Instance else Instance
    try:
        msgspec.json.decode(content, type=other)
    except msgspec.MsgspecError:
        return ""
    if other is Plan:
        return "this file is a plan, not a request; `groupage plan show` shows it"
    return "this file is a request, not a plan; `groupage plan solve` makes a plan of it"


def load_plan(name: str) -> Plan:
    """Load a plan by file, id, its first characters, or lane. Raises NotFound, InvalidInput."""
    file = _file(name)
    return read_file(file, Plan) if file else query(lambda pool: find_plan(pool, name))


def load_holds(name: str, plan: Plan) -> tuple[OpenHold, ...]:
    """Return the holds that stand now on cargo in the plan's containers; none for a file."""
    placed = [c for container in plan.containers for c in container.consignment_ids]
    return () if _file(name) else query(lambda pool: read_holds_of(pool, placed))


def load_status(name: str, plan: Plan) -> PlanStatus | None:
    """Return what became of the plan; None for a file."""
    return None if _file(name) else query(lambda pool: read_status(pool, plan))


def load_numbers(name: str, plan: Plan) -> dict[str, str]:
    """Return the containers that the plan's consolidations go in; none for a file."""
    return {} if _file(name) else query(lambda pool: read_numbers(pool, plan))


def load_departures(name: str, plan: Plan) -> dict[str, datetime]:
    """Return when consolidations of the plan left the hub; none for a file."""
    return {} if _file(name) else query(lambda pool: read_departures(pool, plan))


def compare_plans(older: str | None, newer: str | None, lane: str | None) -> PlanDiff:
    """Compare two plans by their names, or the last one of a lane with the one before it."""
    if lane is not None and older is None:
        of_lane = lane
        return query(lambda pool: diff_of_lane(pool, of_lane))
    if lane is not None or older is None or newer is None:
        raise typer.BadParameter("name two plans, or a lane with --lane")
    if _file(older) and _file(newer):
        return diff_plans(load_plan(older), load_plan(newer))
    names = older, newer

    async def compare(pool: Connection) -> PlanDiff:
        files = [_file(name) for name in names]
        before, after = [
            read_file(file, Plan) if file else await find_plan(pool, name)
            for file, name in zip(files, names, strict=True)
        ]
        return await diff_on_hub(pool, before, after)

    return query(compare)


def _file(name: str) -> Path | None:
    """Return the file that is named; None: the name is not that of a file."""
    path = Path(name)
    return path if path.suffix == ".json" or path.is_file() else None
