"""Rules of messages taken back and of late facts, each with the text that takes the rule out.

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
_CARGO_LATE = f"{_AGGREGATES}.consignment.aggregate:ConsignmentAggregate.applies_late"
_LANE_LATE = f"{_AGGREGATES}.lane.aggregate:LaneAggregate.applies_late"

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
    "the withdrawn copy of a correction corrects nothing": Rule(
        f"{_KERNEL}.corrections:_sift_corrections", "if taken_out:", "if False:"
    ),
    "a copy that counts again stays corrected": Rule(
        f"{_KERNEL}.corrections:_divide", "others.append(copy)", "newest.append(copy)"
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
    "a container that is no longer in a consolidation says so": Rule(
        "groupage.domain.events.consolidation:ContainerSnapshot.withdrawal",
        "withdrawn=True",
        "withdrawn=False",
    ),
    "a voyage that a consolidation is no longer on says so": Rule(
        "groupage.domain.events.consolidation:VoyageSnapshot.withdrawal",
        "withdrawn=True",
        "withdrawn=False",
    ),
    "a member that left counts like one that never reported": Rule(
        "groupage.domain.state.consolidation:ConsolidationState.find_member",
        "member is None or member.member",
        "True",
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
    "the voyage of a withdrawn list does not count": Rule(
        f"{_AGGREGATES}.consignment.timeline:derive_allocation",
        "consolidation is None or consolidation.withdrawn",
        "consolidation is None",
    ),
    "a unit that is missing is still claimed": Rule(
        f"{_AGGREGATES}.consignment.claims:UnitClaims.by_unit",
        "_replace(missing_at=",
        "_replace(ended_at=",
    ),
    "a unit that was repacked is still claimed": Rule(
        f"{_AGGREGATES}.consignment.outputs:_claims",
        "if name not in announced_ids",
        "if not part.gone and name not in announced_ids",
    ),
    "a unit on two delivery notes counts once": Rule(
        f"{_AGGREGATES}.consignment.booking:add_delivery_note",
        "len({name for _, names in state.asns for name in names})",
        "sum(len(names) for _, names in state.asns)",
    ),
    "a scan of a unit before its repack does not void that": Rule(
        f"{_AGGREGATES}.consignment.statements:is_stated", "part.line >= 0 or part.gone", "True"
    ),
    "a forwarded receipt does not void a repack": Rule(
        f"{_AGGREGATES}.consignment.statements:is_stated", " and not forwarded_only", ""
    ),
    "the copy of a scan makes no claim": Rule(
        f"{_AGGREGATES}.consignment.statements:note_forwarded",
        "if entry.fact.relayed_by is not None:",
        "if False:",
    ),
    "an own scan of a forwarded unit makes a claim": Rule(
        f"{_AGGREGATES}.consignment.statements:note_own_statement",
        "if unit_id in state.forwarded:",
        "if False:",
    ),
    "an own repack that is rejected makes a claim": Rule(
        f"{_AGGREGATES}.consignment.cargo:repack",
        "if rejection is not None:",
        "if state.exit is None and rejection is not None:\n        return rejection\n"
        "    if rejection is not None:",
    ),
    "a former owner keeps the facts of its time": Rule(
        f"{_AGGREGATES}.unit.holders:shares", "if former:", "if False:"
    ),
    "a former owner gets a fact with its corrections": Rule(
        f"{_AGGREGATES}.unit.holders:_effective_times", "and target not in seen", "and False"
    ),
    "a former owner keeps the facts from after a newer claim ended": Rule(
        f"{_AGGREGATES}.unit.holders:_succeeded_at",
        "at = min(standing)",
        "at = min(each.begins_at for each in newer)",
    ),
    "a former owner that has ended keeps facts from before a repack": Rule(
        f"{_AGGREGATES}.unit.holders:_former_holders",
        "succeeded_at and succeeded_at <= span.begins_at",
        "(span.ended_at or succeeded_at) <= span.begins_at",
    ),
    "a unit keeps all claims to the units that it was made of": Rule(
        f"{_AGGREGATES}.unit.handlers:_note_inherited_claim",
        "if claim not in state.inherited_claims:",
        "if not state.inherited_claims:",
    ),
    "a unit passes the claims of former owners on": Rule(
        f"{_AGGREGATES}.unit.outputs:_announcements",
        "in state.repacked_into:",
        "in state.repacked_into if owns else ():",
    ),
    "a claim does not go round in circles": Rule(
        f"{_AGGREGATES}.unit.claims:claims_to_pass_on",
        "if span.repacked_at is not None and span.repacked_at > ceased_at:",
        "if False:",
    ),
    "a unit is repacked once": Rule(
        f"{_AGGREGATES}.unit.handlers:repack", "if state.ceased_at is not None:", "if False:"
    ),
    "one repack makes a unit": Rule(
        f"{_AGGREGATES}.unit.handlers:repack", "if state.repacked_at is not None:", "if False:"
    ),
    "a claim by a scan begins with the first delivery note": Rule(
        f"{_AGGREGATES}.consignment.outputs:_claims", "max(since_at, first_at)", "since_at"
    ),
    "an exit after the departure is rejected": Rule(
        f"{_AGGREGATES}.consignment.timeline:derive_exit",
        "late = left_at is not None and left_at < leaving.since_at",
        "late = False",
    ),
    "a consolidation sees a consignment that has ended as it was until then": Rule(
        "groupage.domain.state.consolidation:ConsolidationState.find_member",
        "if at and member.exited_at and at < member.exited_at else None",
        "if False else None",
    ),
    "a container keeps the gross mass with which it left": Rule(
        f"{_AGGREGATES}.container.handlers:verify_gross_mass",
        "if state.gated_out_at is None or state.vgm_at is None:",
        "if True:",
    ),
    "a loading that was in time stays so": Rule(
        "groupage.domain.events.consignment:ConsolidationSnapshot.doors_close_at",
        "in self.earlier_doors if at < each.until_at",
        "in ()",
    ),
    "a departure that was in time stays so": Rule(
        f"{_AGGREGATES}.consolidation.terminal:port_due_at",
        "in _earlier_cutoffs(state) if left_at < each.until_at",
        "in ()",
    ),
    "a departure is judged by the mass of what was in the container": Rule(
        f"{_AGGREGATES}.consolidation.guards:_cargo_g",
        "member.gross_g if span is None else span.gross_g",
        "member.gross_g",
    ),
    "a consolidation sees when all cartons were inside before": Rule(
        "groupage.domain.events.consolidation:ConsignmentSnapshot.find_inside",
        "in self.earlier_inside:",
        "in ():",
    ),
    "a departure is judged by the dunnage that was reported until then": Rule(
        f"{_AGGREGATES}.consolidation.guards:_dunnage_g",
        "if at is None or not state.dunnages:",
        "if True:",
    ),
    "a roll does not judge what was before it": Rule(
        f"{_AGGREGATES}.consolidation.terminal:_earlier_cutoffs",
        "if rolled_at is None:",
        "if True:",
    ),
    "a container keeps its departure when another manifest names it": Rule(
        f"{_AGGREGATES}.container.handlers:_set_consolidation",
        "if state.status in _LEFT:",
        "if False:",
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
    "a late plan folds again when something has closed since": Rule(
        _LANE_LATE, " or closed_since", ""
    ),
    "a late plan folds again when a fact was rejected": Rule(_LANE_LATE, " or state.rejected", ""),
    "a late plan folds again when a newer one has come": Rule(_LANE_LATE, "overtaken or ", ""),
    "a late plan folds again when its request came later": Rule(
        _LANE_LATE, "return due and not", "return not"
    ),
    "a late request folds again when the one before it came later": Rule(
        _LANE_LATE,
        "return requests.is_due_sequence(state, event.sequence, fact.occurred_at)",
        "return True",
    ),
    "a late fact about a unit folds again when a fact about the whole came": Rule(
        _CARGO_LATE, "state.barrier_at is not None and at <= state.barrier_at", "False"
    ),
    "a late fact about a unit folds again when a newer one about it came": Rule(
        _CARGO_LATE, "part is None or part.last_at is None or at > part.last_at", "True"
    ),
    "a late closing folds again when there are pins": Rule(_LANE_LATE, "and not pinned ", ""),
    "a late closing folds again when a plan was published since": Rule(
        _LANE_LATE, " and not before", ""
    ),
}

SHOWN_BY = {
    "the newest message of a series counts, not the last to arrive": 10,
    "a withdrawn copy counts again": 18,
    "a series ends when its output becomes an event that acts once": 20,
    "an older snapshot does not come back": 169,
    "alerts do not depend on the ids of messages": 74,
    "a consignment that left learns the cut-off": 71,
}
"""Numbers of random stories that end wrong without a rule that no small story shows."""


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
