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
    CLOSED_TO_CHANGES = (
        "closed_to_changes",
        "A container that it should or could go with is closed to changes: its manifest is filed.",
    )
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
    FLOOR_AREA = (
        "floor_area",
        "Its cargo needs floor of its own, and the floor provably has too little left for it.",
    )
    HEAVIER_THAN_CONTAINER = "heavier_than_container", "Its mass is above the container's payload."
    DID_NOT_FIT = "did_not_fit", "The loader found no place for its cartons."
    FORBIDDEN = (
        "forbidden",
        "A dispatcher forbade it the voyage, or its booking names another service.",
    )
    ROLLED = "rolled", "A dispatcher rolled it to a later departure."
    PINNED = (
        "pinned",
        "A dispatcher pinned it elsewhere, or to a place that no plan can give it.",
    )
    CUSTOMS_REJECTED = "customs_rejected", "Customs rejected its declaration."
    TIME_LIMIT = (
        "time_limit",
        "The time limit of the solve ended the search before it was placed, loaded or explained.",
    )


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


class DigitCode(Code):
    """The code of a dead letter about a check digit, of the worker as of the entrances."""

    CHECK_DIGIT = "check_digit", "A container number or an SSCC has a wrong check digit."


class TimeCode(Code):
    """A time that cannot be right. The code of a dead letter and of the alert about its sender."""

    CLOCK_IMPLAUSIBLE = (
        "clock_implausible",
        "A tick is further ahead of Kafka's time than the policy tolerates.",
    )
    FROM_THE_FUTURE = (
        "from_the_future",
        "An event is dated further into the future than the policy tolerates.",
    )


class AlertCode(Code):
    """What needs a person. Values are stable: alert ids and dashboards carry them."""

    EVENT_REJECTED = (
        "event_rejected",
        "Events were rejected for one reason; the alert id ends with the rejection's code.",
    )

    MESSAGE_REFUSED = (
        "message_refused",
        "A message of the hub breaks its own contract and was not published: a program error.",
    )
    NOT_YOURS = (
        "not_yours",
        "Somebody sends records in the hub's name without its signature; the id names the sender.",
    )

    # Consignment
    NOT_ACCEPTED = "not_accepted", "A guard of the acceptance fails; the message names it."
    CUSTOMS_REJECTED = "customs_rejected", "Customs rejected its declaration."
    DG_REJECTED = "dg_rejected", "Its dangerous goods were rejected."
    DANGEROUS_QUESTION = (
        "dangerous_question",
        "Its goods have words such as battery, and it is open whether they are dangerous.",
    )
    SIZES_MISSING = (
        "sizes_missing",
        "It is booked with totals only: no carton has a size until it is amended or measured.",
    )
    OVER_RECEIPT = "over_receipt", "More pieces were received than booked."
    SHORT_RECEIPT = "short_receipt", "The tally is closed with fewer pieces than booked."
    TALLY_DIFFERS = "tally_differs", "The closed tally sheet has other pieces than were scanned."
    DAMAGED = "damaged", "Cartons came damaged, wet or with wrong marks."
    NEEDS_RERATE = "needs_rerate", "Measured volume or mass exceeds the booking by the tolerance."
    STAGED_WITHOUT_PLACE = (
        "staged_without_place",
        "Cartons stand at a door, and the consignment is in no consolidation.",
    )
    DEAD_FREIGHT = "dead_freight", "Booked space was given up after the threshold: a fee is due."
    MANIFEST_OUTDATED = "manifest_outdated", "The filed manifest no longer matches the cargo."

    # Unit, declaration, voyage
    TWO_CONSIGNMENTS = "two_consignments", "Two consignments claim the same unit."
    OVER_CAP = "over_cap", "The declared value exceeds the cap of mode 1039."
    CAP_NOT_JUDGED = "cap_not_judged", "The declared value has no rate to US dollars."
    FREIGHT_NOT_PRICED = "freight_not_priced", "The freight has no rate to US dollars."
    CUTOFF_AFTER_DEPARTURE = (
        "cutoff_after_departure",
        "A cut-off of the sailing is later than its departure.",
    )
    CANCELLED = "cancelled", "The voyage is cancelled, and consolidations count on it."

    # Lane
    PLAN_FAILED = "plan_failed", "The newest plan request ended without a plan."
    PLAN_WAITS = "plan_waits", "A plan waits for a dispatcher's approval."
    UNLOADABLE_DID_NOT_FIT = "unloadable_did_not_fit", "Cargo on a manifest does not fit."
    UNLOADABLE_OVERWEIGHT = "unloadable_overweight", "Cargo on a manifest is too heavy."
    UNLOADABLE_STANDING_WRONG = (
        "unloadable_standing_wrong",
        "The cartons reported in a container cannot stand as reported.",
    )
    UNLOADABLE_REFUTED = "unloadable_refuted", "The verifier rejects every load plan for it."

    # Consolidation
    CUTOFF_LCO = "cutoff_LCO", "Cargo will be or was late at the hub."
    CUTOFF_DCO = "cutoff_DCO", "The manifest will be or was filed too late."
    CUTOFF_AFC = "cutoff_AFC", "The advance manifest will be or was filed too late."
    CUTOFF_VCO = "cutoff_VCO", "The gross mass will be or was verified too late."
    CUTOFF_CUA = "cutoff_CUA", "Customs will release or released it too late."
    CUTOFF_PCO = "cutoff_PCO", "The container will leave or left too late for the terminal."
    CONTAINER_NOT_INSPECTED = "container_not_inspected", "Stuffing began without an inspection."
    CONTAINER_UNFIT = "container_unfit", "The container is unfit for cargo."
    SEALED_INCOMPLETE = "sealed_incomplete", "It was sealed with other cargo than the manifest's."
    SEAL_MISMATCH = "seal_mismatch", "The container has another seal than the manifest names."
    VGM_MISMATCH = "vgm_mismatch", "The verified gross mass is impossible for this cargo."
    GATED_OUT_UNCLEARED = "gated_out_uncleared", "The container left without all clearances."
