"""Reasons why a valid EPCIS event maps to no event of the hub: a closed set of codes."""

from typing import Literal

UnmappedCode = Literal[
    "no_business_step",
    "step_not_of_a_hub",
    "no_logistic_unit",
    "no_dimensions",
    "measure_incomplete",
    "inspection_without_result",
    "no_consignment",
    "no_parent",
    "children_unnamed",
    "object_deleted",
    "association_without_container",
    "seal_only_seen",
    "inputs_or_outputs_only_by_class",
    "transaction_not_of_a_hub",
    "error_of_unmapped",
    "too_large",
]


class Unmapped(Exception):
    """The event is valid and maps to no event of the hub; it becomes a dead letter."""

    def __init__(self, code: UnmappedCode, reason: str) -> None:
        super().__init__(reason)
        self.code: UnmappedCode = code
        self.reason = reason
