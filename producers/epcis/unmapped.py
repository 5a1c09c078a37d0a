"""Sound EPCIS events that say nothing a hub can act on: the reasons, as a small closed set."""

from typing import Literal

Code = Literal[
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
    """The event is sound but maps to nothing: a dead letter with this code and reason."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason
