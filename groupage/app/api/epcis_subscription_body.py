"""A client's wish for a subscription: its members, each with what is wrong with it."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request

from groupage.app.api.endpoints import JSON
from groupage.app.api.epcis_json_query import read_json_query
from groupage.app.api.epcis_parameters import Instant
from groupage.app.api.problems import HttpProblem
from groupage.app.subscriptions.destination import (
    HostNotAllowed,
    read_destination,
    require_allowed,
)
from groupage.app.subscriptions.schedule import (
    FIELDS,
    ScheduleFields,
    WrongSchedule,
    read_schedule,
)
from groupage.contracts.instants import EARLIEST, LATEST
from groupage.domain.errors import InvalidInput
from groupage.domain.near_names import did_you_mean
from groupage.serving.problems import WrongField
from groupage.settings import SubscriptionSettings
from groupage.store.named_queries import NamedQuery

BODY_BYTES_MAX = 16 * 2**10
_SECRET = re.compile(r"[\x21-\x7e]{16,500}")
_UNGUESSABLE = (
    "16 to 500 visible ASCII characters, which nobody can guess: `openssl rand -hex 20` makes some"
)
_INTEGER_MAX = 2**31
_WHEN = "`stream` true (each event at once) or a `schedule`, not both"
_CONTROLS = frozenset(("stream", "schedule", "reportIfEmpty", "initialRecordTime"))


class SubscriptionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a client sends to subscribe, for the OpenAPI document."""

    dest: str
    """URL to which the hub posts; GROUPAGE_SUBSCRIPTION_HOSTS must allow its host."""
    signature_token: str | None = None
    """Secret of the client, with which the hub signs."""
    stream: bool | None = None
    schedule: ScheduleFields | None = None
    report_if_empty: bool | None = None
    initial_record_time: datetime | None = None


class Wanted(NamedTuple):
    """A subscription that a client may have."""

    dest: str
    signature_token: str | None
    schedule: dict[str, str] | None
    due_at: datetime | None
    report_if_empty: bool
    initial_record_time: datetime | None


async def read_request(request: Request) -> dict[str, Any]:
    """Read the body. Raises HttpProblem for another type, a larger one, or no JSON object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, "application/ld+json"):
        field = WrongField(field="header content-type", value=kind[:200], expected=JSON)
        raise HttpProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a subscription is JSON", (field,))
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise HttpProblem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a subscription has at most {BODY_BYTES_MAX} bytes",
            )
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _problem("ValidationException", f"send a JSON object: {error}") from None


def read_wanted(
    given: dict[str, Any], query: NamedQuery, settings: SubscriptionSettings, *, now: datetime
) -> Wanted:
    """Read the members. Raises HttpProblem, with all wrong fields."""
    faults: list[WrongField] = []
    for name in given.keys() - _MEMBERS:
        hint = did_you_mean(name, _MEMBERS)
        faults.append(_fault(name[:100], None, f"one of {', '.join(sorted(_MEMBERS))}{hint}"))
    dest = _dest(given.get("dest"), faults)
    schedule, due_at = _when(given, faults, now=now)
    wanted = Wanted(
        dest=dest,
        signature_token=_token(given, faults),
        schedule=schedule,
        due_at=due_at,
        report_if_empty=_flag(given, faults, has_schedule="schedule" in given),
        initial_record_time=_time(given.get("initialRecordTime"), faults),
    )
    if faults:
        raise _problem(_exception(faults), "the subscription is wrong", tuple(faults))
    try:
        require_allowed(read_destination(dest), settings.allowed_hosts)
    except HostNotAllowed as error:
        raise HttpProblem(
            HTTPStatus.FORBIDDEN, str(error), exception="epcisException:SecurityException"
        ) from None
    _require_standing(query)
    return wanted


_MEMBERS = frozenset(("dest", "signatureToken", "secret", *_CONTROLS))
"""`secret` is required, and not described, by the schema of GS1's OpenAPI document."""


def _dest(value: object, faults: list[WrongField]) -> str:
    text = value if isinstance(value, str) else ""
    try:
        read_destination(text)
    except InvalidInput as error:
        faults.append(_fault("dest", None, str(error)))
    return text


def _token(given: dict[str, Any], faults: list[WrongField]) -> str | None:
    names = [name for name in ("signatureToken", "secret") if given.get(name) is not None]
    tokens = {given[name] if isinstance(given[name], str) else "" for name in names}
    faults += [
        _fault(name, None, _UNGUESSABLE)
        for name in names
        if not isinstance(given[name], str) or not _SECRET.fullmatch(given[name])
    ]
    if len(tokens) > 1:
        faults.append(_fault("secret", None, "the same as signatureToken, or left out"))
    return next(iter(tokens), None)


def _when(
    given: dict[str, Any], faults: list[WrongField], *, now: datetime
) -> tuple[dict[str, str] | None, datetime | None]:
    """Return the fields of the schedule and its next run; None: each event at once."""
    stream, fields = given.get("stream"), given.get("schedule")
    if not (stream is None or isinstance(stream, bool)) or (fields is None) != bool(stream):
        faults.append(_fault("stream", stream, _WHEN))
    if fields is None:
        return None, None
    if not isinstance(fields, dict):
        faults.append(_fault("schedule", fields, f"an object with {', '.join(FIELDS)}"))
        return None, None
    texts = _schedule_fields(fields, faults)
    try:
        return texts, read_schedule(texts, now=now).next_after(now)
    except WrongSchedule as error:
        faults.extend(error.faults)
        return None, None


def _schedule_fields(fields: dict[str, Any], faults: list[WrongField]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in fields.items():
        if name not in FIELDS:
            expected = f"one of {', '.join(FIELDS)}{did_you_mean(name, FIELDS)}"
            faults.append(_fault(f"schedule.{name[:100]}", value, expected))
        elif isinstance(value, str) or _is_small(value):
            texts[name] = str(value)
        elif value is not None:
            faults.append(_fault(f"schedule.{name}", value, "a text, like 0 or [1-5]"))
    return texts


def _flag(given: dict[str, Any], faults: list[WrongField], *, has_schedule: bool) -> bool:
    value = given.get("reportIfEmpty")
    if value is not None and not isinstance(value, bool):
        faults.append(_fault("reportIfEmpty", value, "true or false"))
    elif value and not has_schedule:
        faults.append(_fault("reportIfEmpty", value, "true only together with a schedule"))
    return bool(value)


def _time(value: object, faults: list[WrongField]) -> datetime | None:
    if value is None:
        return None
    try:
        return min(max(msgspec.convert(value, Instant), EARLIEST), LATEST)
    except msgspec.ValidationError:
        expected = "a time with offset, like 2026-03-02T08:00:00Z"
        faults.append(_fault("initialRecordTime", value, expected))
        return None


def _require_standing(query: NamedQuery) -> None:
    """Refuse a query whose results end or are sorted: a subscription has no end."""
    wanted = read_json_query(query.query, {})
    order_is_ours = wanted.order.column == "captured_at" and not wanted.order.descending
    if wanted.first is not None or wanted.at_most is not None or not order_is_ours:
        raise _problem(
            "SubscribeNotPermittedException",
            f"the query {query.name[:100]!r} has eventCountLimit, maxEventCount or an order of its "
            "own, and a subscription delivers all events in the order of their recording: define "
            "another query without them",
        )


def _exception(faults: list[WrongField]) -> str:
    names = {fault.field.partition(".")[0] for fault in faults}
    if names == {"dest"}:
        return "InvalidURIException"
    return "SubscriptionControlsException" if names <= _CONTROLS else "ValidationException"


def _problem(exception: str, detail: str, faults: tuple[WrongField, ...] = ()) -> HttpProblem:
    return HttpProblem(
        HTTPStatus.BAD_REQUEST, detail, faults, exception=f"epcisException:{exception}"
    )


def _fault(name: str, value: object, expected: str) -> WrongField:
    if not (value is None or isinstance(value, bool) or _is_small(value)):
        value = value[:200] if isinstance(value, str) else f"a value of type {type(value).__name__}"
    return WrongField(field=name, value=value, expected=expected)


def _is_small(value: object) -> bool:
    """Return whether it is an integer that is read and written in no time."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INTEGER_MAX
