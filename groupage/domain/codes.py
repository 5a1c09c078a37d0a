"""Closed lists of codes: machines compare them, people look up what they mean."""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A code with one line on its meaning. Values are stable: plans, events and alerts carry them.

    A subclass lists its members as ``NAME = "value", "Meaning."``.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Make a string that carries its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class LeftOutCode(Code):
    """The reason why a plan leaves a consignment out."""

    NOT_AVAILABLE_BEFORE_CUTOFF = (
        "not_available_before_cutoff",
        "It reaches the hub after the cut-off (LCO) of the departure that it should take.",
    )
    BLOCKED_BY_HOLD = "blocked_by_hold", "A hold stands: it keeps its container, gets no new one."
    NO_CAPACITY = "no_capacity", "Every container for it is full or closed, none is on offer."
    COSTS_MORE_THAN_WAITING = (
        "costs_more_than_waiting",
        "A place exists and would cost the lane more than leaving the consignment out.",
    )
    NO_DEPARTURE = "no_departure", "The lane has no departure that still takes cargo."
    DANGEROUS_GOODS = (
        "dangerous_goods",
        "The hub ships no dangerous goods, or must keep these apart from other cargo.",
    )
    MODE_MIX = (
        "mode_mix",
        "Its customs mode may not share a container with the modes in those left.",
    )
    DECLARATION_CAP = (
        "declaration_cap",
        "The mode-1039 value of its consignee would exceed the cap of one declaration.",
    )
    CAP_NOT_JUDGED = "cap_not_judged", "Its mode-1039 value has no rate to US dollars."
    LARGER_THAN_CONTAINER = (
        "larger_than_container",
        "A carton does not pass the door, or the volume is more than one container may take.",
    )
    HEAVIER_THAN_CONTAINER = "heavier_than_container", "Its mass is above the container's payload."
    DID_NOT_FIT = "did_not_fit", "The loader found no place for its cartons."
    FORBIDDEN = "forbidden", "A dispatcher forbade the voyage, or pinned it to another place."
    CUSTOMS_REJECTED = "customs_rejected", "Customs rejected its declaration."


class MoveCode(Code):
    """The reason for a change of container, where a `LeftOutCode` does not give it."""

    PLACED = "placed", "It had no container on the published plan and has one now."
    DISSOLVED = (
        "dissolved",
        "Its former container is given up, or its voyage cannot be planned any more.",
    )
    CHEAPER = "cheaper", "The lane as a whole costs less with it in the new container."


class UnloadableCode(Code):
    """The reason why the contents of a frozen or locked container have no load plan."""

    DID_NOT_FIT = "did_not_fit", "The loader found no place for some cartons."
    OVERWEIGHT = "overweight", "The cargo on the manifest is above the container's payload."
    STANDING_WRONG = (
        "standing_wrong",
        "The cartons reported to stand in it cannot stand as reported.",
    )
    REFUTED = "refuted", "The verifier rejects every load plan for it."
