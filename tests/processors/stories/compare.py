"""Compare two hubs: everything but bookkeeping must be the same."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from groupage.domain.rejections import RejectionCode
from tests.processors.aggregates.minihub import AggregateKey, MiniHub

BOOKKEEPING: Mapping[str, str] = MappingProxyType(
    {
        "*.fact_count": "corrections and withdrawn messages are facts, too",
        "*.correction_count": "as above",
        "*.changed_at": "when the newest fact happened, retracted ones included",
        "*.revision": "the sender's number of facts",
        "*.revised_series": "which messages to it were changed or withdrawn",
        "consolidation.withdrawn": "revisions of withdrawn snapshots",
        "unit.last_key": "announcements that end or were withdrawn are ordered facts, too",
        "unit.waiting_facts": "facts to forward, corrected and retracted ones included",
        "lane.known": "a lane that a mistake named has had a replan trigger, which acts once",
        "lane.triggers": "a replan trigger acts once: it makes a plan sooner, never another one",
    }
)
"""Fields that may differ, with the reason. `*`: of every state and of every snapshot in it."""

_EVERYWHERE = frozenset(name[2:] for name in BOOKKEEPING if name.startswith("*."))


def comparable(hub: MiniHub) -> dict[str, Any]:
    """Return the states and open alerts of a hub without bookkeeping, as plain data.

    Fields that are as in a new state are left out, and so are states of which nothing is left.
    """
    whole: dict[str, Any] = {}
    for (kind, key), state in hub.states.items():
        new = hub.aggregates[kind].new(key)
        fields = {
            name: _plain(getattr(state, name))
            for name in state.__struct_fields__
            if getattr(state, name) != getattr(new, name)
            and name not in _EVERYWHERE
            and f"{kind}.{name}" not in BOOKKEEPING
        }
        fields = {name: value for name, value in fields.items() if value}
        _drop_message_ids(fields)
        if state.rejected:
            fields["rejected"] = _rejected(hub, (kind, key), state.rejected)
        if fields:
            whole[f"{kind} {key}"] = fields
    for alert_id, event in hub.alerts.items():
        whole[f"alert {alert_id}"] = _plain(event)
    return whole


def _drop_message_ids(fields: dict[str, Any]) -> None:
    """Drop fact ids of messages: they follow from the sender's revision."""
    if "last_key" in fields:
        occurred_at, rank, _ = fields["last_key"]
        fields["last_key"] = (occurred_at, rank)
    for change in fields.get("allocation_changes", ()):
        del change["fact_id"]
    for noted in ("holds", "late_holds", "steerings"):
        for each in fields.get(noted, {}).values():
            each.pop("fact_id", None)  # a voyage's steerings have none


def _rejected(hub: MiniHub, owner: AggregateKey, rejected: Mapping[str, Any]) -> dict[str, Any]:
    """Return rejections of facts from outside by fact id, of messages by content.

    A replan trigger acts once, at the time at which its command was first stated.
    """
    found = {}
    for fact_id, each in rejected.items():
        plain = _plain(each)
        if each.type == "plan.wanted":
            del plain["at"]
        is_message = hub.facts[owner][fact_id].fact.relayed_by is not None
        name = f"{each.type} {each.subject} {each.code} {plain.get('at', '')}"
        found[name if is_message else fact_id] = plain
    return found


def _plain(value: Any) -> Any:
    return _strip(msgspec.to_builtins(value))


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _strip(inner)
            for key, inner in value.items()
            if key not in _EVERYWHERE and not _is_ended(inner)
        }
    if isinstance(value, (list, tuple)):
        return [_strip(inner) for inner in value]
    return value


def _is_ended(value: Any) -> bool:
    """Tell whether a snapshot says that its sender has nothing to do with the receiver any more.

    Such a snapshot counts like none.
    """
    return isinstance(value, dict) and (
        (value.get("member") is False and value.get("exited_at") is None)
        or value.get("withdrawn") is True
        or value.get("ended") is True
        or value.get("snapshot", {}).get("status") == "NONE"
    )


def differences(clean: MiniHub, stated: MiniHub) -> list[str]:
    """List where the hub that got mistakes differs from the clean one, each as a line of text."""
    want, got = comparable(clean), comparable(stated)
    for (kind, key), state in stated.states.items():
        if kind == "lane" and state.known and not clean.state("lane", key).known:
            _forget_unknown_lane(want, key)
    return list(_differ("", want, got))


def _forget_unknown_lane(whole: dict[str, Any], lane_id: str) -> None:
    """Drop the rejections of commands to a lane that only a mistake makes known: it stays so."""
    whole.pop(f"alert lane/{lane_id}/event_rejected/{RejectionCode.UNKNOWN_LANE}", None)
    fields = whole.get(f"lane {lane_id}", {})
    kept = {
        name: each
        for name, each in fields.pop("rejected", {}).items()
        if each["code"] != RejectionCode.UNKNOWN_LANE
    }
    if kept:
        fields["rejected"] = kept
    elif not fields:
        whole.pop(f"lane {lane_id}", None)


def _differ(path: str, want: Any, got: Any) -> Iterator[str]:
    if want == got:
        return
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted({*want, *got}):
            yield from _differ(f"{path}.{key}" if path else key, want.get(key), got.get(key))
        return
    yield f"{path}: {got!r}, without the mistakes {want!r}"
