"""Stored documents change shape only together with the number of their form."""

import hashlib
import zlib
from typing import Any, get_type_hints

import msgspec
import pytest

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from groupage.domain.state.columns import QUERY_COLUMNS
from groupage.domain.state.forms import FORMS
from groupage.store import plan_codec
from groupage.store.plan_codec import PLAN_FORM, pack_document, unpack_plan
from groupage.store.writers import query_columns
from processors.aggregates.registry import all_aggregates
from tests.api.world import first_plan

AGGREGATES = all_aggregates(Policy())

STATES = {
    "consignment": (9, "9283d8aff293a433"),
    "unit": (3, "f95a9267fff7ca33"),
    "container": (4, "abab73c5a312d7c3"),
    "visit": (2, "4986476e63ffbb6d"),
    "declaration": (2, "f7737beef6010a6b"),
    "voyage": (6, "636662ac6605a522"),
    "consolidation": (6, "3e78fad87b949070"),
    "lane": (5, "30a9e542f2b02799"),
    "command": (3, "4145d784c1536067"),
}
"""Form and shape of each kind's states (the struct's JSON schema and the query columns)."""
PENDING = {"lane.pending_request": "9b6c9e1eb9ba5d20"}
"""Shape of the fields that every later version reads from states of older forms."""
PLANS = (5, "ff7706e3c0a815bf")
"""Form and shape of plans and instances."""


def shape(hint: Any, *more: Any) -> str:
    """Digest of what a type's JSON may be; docstrings and class names do not count."""
    (schema,), parts = msgspec.json.schema_components([hint])

    def resolved(value: Any, within: tuple[str, ...] = ()) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                name = value["$ref"].rpartition("/")[2]
                return "..." if name in within else resolved(parts[name], (*within, name))
            return {
                key: resolved(inner, within)
                for key, inner in value.items()
                if key not in ("title", "description") or isinstance(inner, dict)
            }
        return [resolved(inner, within) for inner in value] if isinstance(value, list) else value

    content = msgspec.json.encode([resolved(schema), *more], order="deterministic")
    return hashlib.sha256(content).hexdigest()[:16]


@pytest.mark.parametrize("kind", FORMS)
def test_a_state_of_another_shape_has_another_form(kind: Any) -> None:
    """Otherwise a later version would decode stored states wrongly instead of deriving them."""
    found = FORMS[kind], shape(AGGREGATES[kind].state_type, query_columns(kind))
    assert found == STATES[kind], (
        f"the stored states of {kind} changed shape: raise its number in groupage/domain/state/"
        f"forms.py by one, and set STATES[{kind!r}] here to that number and {found[1]!r}; "
        "docs/upgrading.md says why."
    )


def test_what_is_pending_can_be_read_from_every_older_form() -> None:
    """The one part of an older state that is decoded."""
    found = {
        f"{kind}.{name}": shape(get_type_hints(aggregate.state_type)[name])
        for kind, aggregate in AGGREGATES.items()
        for name in aggregate.pending
    }
    assert found == PENDING, (
        "a pending field is read from states of all older forms: add only fields with defaults to "
        "its struct, remove and rename none; then renew PENDING here"
    )


def test_plans_of_another_shape_have_another_form() -> None:
    """A stored plan cannot be derived again: a step brings it to the next form."""
    found = PLAN_FORM, hashlib.sha256(f"{shape(Plan)} {shape(Instance)}".encode()).hexdigest()[:16]
    assert found == PLANS, (
        "plans or instances changed shape: raise PLAN_FORM in groupage/store/plan_codec.py by one, "
        "add a step there if documents of the form before do not decode any more, and set PLANS "
        f"here to that number and {found[1]!r}."
    )


def test_every_kind_with_a_state_has_a_form() -> None:
    """And no other kind."""
    assert FORMS.keys() == QUERY_COLUMNS.keys() == AGGREGATES.keys()


def test_a_plan_of_an_older_form_is_read_by_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two forms ago the lane had another name, one form ago nothing differed."""
    plan = first_plan()
    older = msgspec.to_builtins(plan)
    older["lane"] = older.pop("lane_id")

    def renamed(document: dict[str, Any]) -> dict[str, Any]:
        document["lane_id"] = document.pop("lane")
        return document

    monkeypatch.setattr(plan_codec, "PLAN_FORM", 3)
    monkeypatch.setattr(plan_codec, "_STEPS", {(Plan, 1): renamed})
    assert unpack_plan(1, zlib.compress(msgspec.json.encode(older))) == plan
    assert unpack_plan(2, pack_document(msgspec.json.encode(plan))) == plan
