"""The parts that a planning rule consists of.

A rule derives from one or more of five classes, by what it limits: a consignment alone
(`ConsignmentRule`), a consignment in a container (`SlotRule`), the contents of a container
(`ContentsRule`), the containers of a departure (`DepartureRule`), what a plan may leave out
(`PlacementRule`). A class that lacks a part cannot be instantiated: mypy reports it, and so does
the import of `registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance, Rules
from optimizer.allocation.problem import Problem, Rejection, SlotRejection
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class Rule(ABC):
    """One planning rule."""

    @property
    @abstractmethod
    def codes(self) -> frozenset[LeftOutCode]:
        """All codes with which the rule leaves consignments out."""


class ConsignmentRule(Rule):
    """A rule that keeps a consignment out of every container."""

    @abstractmethod
    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Return the reason, or None when the rule lets the consignment be planned."""


class SlotRule(Rule):
    """A rule that keeps a consignment out of one container, whatever else is in it.

    The model has no variable for a rejected pair.
    """

    only_size = False
    """Whether it looks at the slot's inner size, usable volume and payload only. Such rules come
    last: their answer is the same for all new containers of a type."""

    @abstractmethod
    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Return the reason, or None when the rule lets the consignment into the slot."""


class ContentsCheck(Protocol):
    """The incremental form of a `ContentsRule` for one container that is being filled."""

    def admits(self, demand: Demand) -> bool:
        """Return whether the consignment may join what is in the container."""

    def add(self, demand: Demand) -> None:
        """Count the consignment as part of the contents."""


class ModelRule(Rule):
    """A rule that has rows in the CP-SAT model."""

    @abstractmethod
    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add the rule's constraints to the model."""


class ContentsRule(ModelRule):
    """A rule about all contents of a container."""

    is_estimate = False
    """Whether the rule is an estimate, which the model behind the lower bound must not contain."""

    @property
    @abstractmethod
    def full_code(self) -> LeftOutCode:
        """The code of a consignment that this rule keeps out of the containers."""

    @abstractmethod
    def start(self, slot: Slot, problem: Problem) -> ContentsCheck:
        """Return the incremental check of an empty container."""


class CapacityRule(ContentsRule):
    """A rule about how much goes into a container."""

    full_code = LeftOutCode.NO_CAPACITY


class SharingRule(ContentsRule):
    """A rule about which consignments may share a container."""

    @abstractmethod
    def conflicting_cargo(self, demand: Demand, members: Sequence[Demand], rules: Rules) -> str:
        """Name the cargo of `members`, and what of it this consignment may not share with."""


class DepartureRule(ModelRule):
    """A rule about the containers of a departure."""

    @abstractmethod
    def remaining_containers(self, pool: tuple[str, str], used: int, problem: Problem) -> int:
        """Return how many more containers of the pool may be used when `used` are."""


class PlacementRule(Rule):
    """A rule by which a plan must place a consignment before it counts costs.

    It has no row: `pins` puts a price on leaving the consignment out that no saving can outweigh.
    """

    @abstractmethod
    def binds(self, demand: Demand) -> bool:
        """Return whether the consignment must have a container if any can take it."""

    @abstractmethod
    def met_reason(self, demand: Demand) -> str:
        """Return the sentence for a consignment that gets its place by this rule."""

    @abstractmethod
    def unmet_reason(self, demand: Demand, because: str) -> str:
        """Return the sentence for a consignment that no container can take, with the cause."""
