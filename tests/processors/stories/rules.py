"""Rules that take messages back, each with the text that takes the rule out.

`without` swaps the code of one function, so that every caller runs it, and puts it back.
"""

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, NamedTuple


class Rule(NamedTuple):
    """A rule in the source of a function."""

    function: str
    """``module:qualified name``."""
    text: str
    """How the function's source has it; unique there."""
    without: str
    """The same without the rule."""


_KERNEL = "processors.kernel"
_AGGREGATES = "processors.aggregates"

RULES: dict[str, Rule] = {
    "a message is withdrawn": Rule(
        f"{_KERNEL}.outputs:Output.withdrawal", "elif forms_series(self.event):", "elif False:"
    ),
    "the time of a message is corrected": Rule(
        f"{_KERNEL}.outputs:Output.messages",
        "elif before != self:",
        "elif before.event != self.event:",
    ),
    "the time of a dated snapshot is corrected": Rule(
        f"{_KERNEL}.outputs:Output.messages",
        "if differs or (self.event.dated and before != self):",
        "if differs:",
    ),
    "the former receiver of an output gets its end": Rule(
        f"{_KERNEL}.outputs:_must_end", "_receiver(before) != _receiver(event) or ", ""
    ),
    "a series ends when its output becomes an event that acts once": Rule(
        f"{_KERNEL}.outputs:_must_end",
        " or forms_series(before) != forms_series(event)",
        "",
    ),
    "a late message of a revised series folds again": Rule(
        f"{_KERNEL}.fold:advance",
        "or (revised_series and series_of(fact, entry.fact_id) in revised_series)",
        "",
    ),
    "the newest message of a series counts, not the last to arrive": Rule(
        f"{_KERNEL}.corrections:_divide",
        "max(entries_of_series, key=_order)",
        "entries_of_series[-1]",
    ),
    "the copy of a fact is withdrawn": Rule(
        f"{_KERNEL}.outputs:ForwardedFact.withdrawal",
        'yield Forward(self.fact_id, self.to_key, "withdrawn")',
        "yield from ()",
    ),
    "a withdrawn copy counts again": Rule(
        f"{_KERNEL}.outputs:ForwardedFact.messages", "if self.may_return:", "if False:"
    ),
    "a snapshot is dropped when its sender withdraws it": Rule(
        f"{_KERNEL}.snapshots:keep_or_drop", "if snapshot.withdrawn:", "if False:"
    ),
    "an older snapshot does not come back": Rule(
        f"{_KERNEL}.snapshots:keep_or_drop", "withdrawn[sender] = snapshot.revision", "pass"
    ),
    "alerts do not depend on the ids of messages": Rule(
        f"{_KERNEL}.alerts:rejection_alerts", "itemgetter(0, 1, 2, 3)", "itemgetter(0, 3)"
    ),
    "a consolidation that does not list a consignment says so": Rule(
        "groupage.domain.events.consignment:ConsolidationSnapshot.withdrawal",
        "withdrawn=True",
        "withdrawn=False",
    ),
    "a member that left counts like one that never reported": Rule(
        "groupage.domain.state.consolidation:ConsolidationState.find_member",
        " and member.member",
        "",
    ),
    "a consignment reports to the consolidation that it was last assigned to": Rule(
        f"{_AGGREGATES}.consignment.timeline:_note_assignment",
        'if each.change == "allocated"',
        "if False",
    ),
    "a consignment that left learns the cut-off": Rule(
        f"{_AGGREGATES}.consolidation.outputs:_members", "if not member.member and", "if False and"
    ),
    "no list and a withdrawn list are the same": Rule(
        f"{_AGGREGATES}.consignment.timeline:_reject_load",
        "if consolidation is None or consolidation.withdrawn:",
        "if consolidation is None:",
    ),
    "a claim that nobody makes any more never was": Rule(
        f"{_AGGREGATES}.consignment.claims:UnitClaims.messages",
        "withdrawn=True",
        "withdrawn=False",
    ),
    "the copy of a scan makes no claim": Rule(
        f"{_AGGREGATES}.consignment.cargo:_note_forwarded",
        "if entry.fact.relayed_by is not None:",
        "if False:",
    ),
    "an own scan of a forwarded unit makes a claim": Rule(
        f"{_AGGREGATES}.consignment.cargo:_note_own_statement",
        "if unit_id in state.forwarded:",
        "if False:",
    ),
    "a former owner keeps the facts of its time": Rule(
        f"{_AGGREGATES}.unit.holders:shares", "if former:", "if False:"
    ),
    "units of a repack are announced at its time": Rule(
        f"{_AGGREGATES}.unit.outputs:outputs",
        "Output(announced, state.ceased_at)",
        "Output(announced, at)",
    ),
    "a container keeps how its earlier uses ended": Rule(
        f"{_AGGREGATES}.container.handlers:_keep_use",
        "if state.consolidation_id:",
        "if False:",
    ),
    "the lane keeps earlier assignments": Rule(
        f"{_AGGREGATES}.lane.history:with_history", "(*old.earlier, last)", "()"
    ),
    "the lane keeps earlier lists": Rule(
        f"{_AGGREGATES}.lane.history:with_list", "(*known.earlier, last)", "()"
    ),
    "the lane keeps what has closed": Rule(
        f"{_AGGREGATES}.lane.history:keep_closed",
        "if opened is None and not assignments:",
        "if True:",
    ),
}

RARELY_NEEDED = frozenset(
    {
        "the time of a dated snapshot is corrected",
        "the former receiver of an output gets its end",
        "the copy of a fact is withdrawn",
        "a withdrawn copy counts again",
        "an older snapshot does not come back",
        "a consignment reports to the consolidation that it was last assigned to",
        "a consignment that left learns the cut-off",
        "no list and a withdrawn list are the same",
        "the copy of a scan makes no claim",
        "an own scan of a forwarded unit makes a claim",
        "a former owner keeps the facts of its time",
        "units of a repack are announced at its time",
        "a container keeps how its earlier uses ended",
        "the lane keeps earlier assignments",
        "the lane keeps earlier lists",
    }
)
"""Rules whose absence shows after more than 60 stories; `--rules` of the command takes out all."""


@contextmanager
def without(rule: Rule) -> Iterator[None]:
    """Take the rule out of its function as long as this lasts."""
    module_name, _, path = rule.function.partition(":")
    module = importlib.import_module(module_name)
    function: Any = module
    for name in path.split("."):
        function = inspect.getattr_static(function, name)
    assert isinstance(function, FunctionType)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(rule.text) == 1, f"{rule.function} does not have {rule.text!r} once"
    made: dict[str, Any] = {}
    exec(  # noqa: S102 - the text is ours
        compile(source.replace(rule.text, rule.without), module_name, "exec"),
        dict(vars(module)),
        made,
    )
    code = function.__code__
    function.__code__ = made[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = code
