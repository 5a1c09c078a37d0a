"""A policy file (TOML): what it names replaces a default, and wrong values are named."""

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from groupage.domain.errors import Misconfigured
from groupage.domain.events.base import Place
from groupage.domain.near_names import did_you_mean
from groupage.domain.policy import FleetType, Policy, in_full
from groupage.domain.working_days import WorkingDays, wrong_days
from groupage.domain.working_days_of_china import CHINA

DEFAULT = Policy(working_days=CHINA)
"""The policy of a hub whose file names nothing. `Policy()` alone is that of an adoption in the log
that names nothing: it has no calendar, as hubs had none before 0.3.0."""
_SECONDS_MAX = int(timedelta(days=3_650).total_seconds())
_DAY_S = 24 * 3_600
_NUMBER_MAX = 10**15
"""As `groupage.domain.events.quantities.MinorUnits`."""
_WHERE = re.compile(r"^(?P<what>.*) - at `\$\.?(?P<path>.*)`$", re.DOTALL)
_TABLES = ("cartons", "weights", "rules", "road", "hours")
"""Tables of which a file may replace single figures. A place or a truck type is replaced whole,
because a mix of the file's values and the defaults would describe neither."""


def load_policy(path: Path | None) -> Policy:
    """Load a TOML file over the defaults. Raises Misconfigured with file and field."""
    if path is None:
        return DEFAULT
    named: dict[str, Any] = {}
    try:
        named = tomllib.loads(path.read_text(encoding="utf-8"))
        _reject_unknown(named)
        policy = msgspec.convert(_fill_defaults(named), Policy)
        _reject_out_of_range(policy)
        _reject_unknown_zone(policy.hub)
        _reject_wrong_days(policy)
    except msgspec.ValidationError as error:
        msg = f"policy file {path}: {_explain(error, named)}"
        raise Misconfigured(msg) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"policy file {path}: {error}"
        raise Misconfigured(msg) from error
    for first, second in combinations(policy.fleet, 2):
        overlap = not (first.lanes and second.lanes) or set(first.lanes) & set(second.lanes)
        if first.name == second.name and overlap:
            msg = f"policy file {path}: fleet: a lane would have two types named {first.name!r}"
            raise Misconfigured(msg)
    return policy


def _fill_defaults(named: dict[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = msgspec.to_builtins(Policy())
    tables = {
        name: {**defaults[name], **named[name]}
        for name in _TABLES
        if isinstance(named.get(name), dict)
    }
    calendar = {} if "dead_freight_notice_s" in named else {"working_days": DEFAULT.working_days}
    return {**calendar, **named, **tables}


def _reject_unknown(named: dict[str, Any]) -> None:
    """Reject misspelt fields, which msgspec would ignore."""
    fields = Policy.__struct_fields__
    for name in named:
        if name not in fields:
            msg = f"{name} is unknown; a policy has {', '.join(fields)}{did_you_mean(name, fields)}"
            raise msgspec.ValidationError(msg)
    structs = {name: type(getattr(Policy(), name)) for name in _TABLES}
    entries = [(name, struct, named.get(name)) for name, struct in structs.items()]
    entries.append(("hub", Place, named.get("hub")))
    entries.append(("working_days", WorkingDays, named.get("working_days")))
    for name, struct in (("terminals", Place), ("fleet", FleetType)):
        listed = named.get(name)
        entries += [(name, struct, item) for item in (listed if isinstance(listed, list) else ())]
    for name, struct, table in entries:
        fields = struct.__struct_fields__
        unknown = sorted(set(table) - set(fields)) if isinstance(table, dict) else []
        if unknown:
            hint = did_you_mean(unknown[0], fields)
            msg = f"{name}.{unknown[0]} is unknown; {name} has {', '.join(fields)}{hint}"
            raise msgspec.ValidationError(msg)


def _explain(error: msgspec.ValidationError, named: dict[str, Any]) -> str:
    """Name the field and its value besides what msgspec expected."""
    match = _WHERE.match(str(error))
    if match is None:
        return str(error)
    value: Any = named
    for step in re.findall(r"[^.\[\]]+", match["path"]):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return f"{match['path']}: {match['what']}"
    return f"{match['path']} is {value!r}: {match['what']}"


def _reject_out_of_range(policy: Policy) -> None:
    """Reject numbers with which a process could not compute: an adopted policy stays in the log."""
    for name, value in _numbers(in_full(policy)):
        field = name.rpartition(".")[2]
        if field.endswith("_udeg") or field == "utc_offset_s":
            continue
        limit = _SECONDS_MAX if field.endswith("_s") else _NUMBER_MAX
        if not 0 <= value <= limit:
            msg = f"{name} is {value}; a whole number from 0 to {limit} is right"
            raise msgspec.ValidationError(msg)


def _reject_unknown_zone(hub: Place) -> None:
    try:
        ZoneInfo(hub.timezone)
    except (LookupError, ValueError, OSError):
        msg = (
            f"hub.timezone is {hub.timezone!r}; a name of the IANA time zone database, like "
            "Asia/Shanghai, is right"
        )
        raise msgspec.ValidationError(msg) from None


def _reject_wrong_days(policy: Policy) -> None:
    if policy.dead_freight_time_s >= _DAY_S:
        msg = f"dead_freight_time_s is {policy.dead_freight_time_s}; less than {_DAY_S} is right"
        raise msgspec.ValidationError(msg)
    problem = "" if policy.working_days is None else wrong_days(policy.working_days)
    if problem:
        raise msgspec.ValidationError(f"working_days: {problem}")


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner, name)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield name, value
