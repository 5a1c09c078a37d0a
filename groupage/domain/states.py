"""The states of consignments, consolidations and containers, in the order of their lives."""

from enum import StrEnum


class ConsignmentStatus(StrEnum):
    """Main state of a consignment; holds and customs status are apart from it."""

    UNKNOWN = "UNKNOWN"
    """Nobody booked, announced or held it, and no unit of it came: perhaps a mistyped id."""
    NEW = "NEW"
    """It is known only from events that need a booking first."""
    BOOKED = "BOOKED"
    ACCEPTED = "ACCEPTED"
    ARRIVING = "ARRIVING"
    RECEIVING = "RECEIVING"
    RECEIVED = "RECEIVED"
    MEASURED = "MEASURED"
    AVAILABLE = "AVAILABLE"
    ALLOCATED = "ALLOCATED"
    COMMITTED = "COMMITTED"
    STAGED = "STAGED"
    LOADED = "LOADED"
    DEPARTED = "DEPARTED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    SPLIT = "SPLIT"


class CustomsStatus(StrEnum):
    """Customs status of a consignment, apart from its main state."""

    NONE = "NONE"
    DECLARED = "DECLARED"
    SELECTED_SCAN = "SELECTED_SCAN"
    SELECTED_INSPECTION = "SELECTED_INSPECTION"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"


class ConsolidationStatus(StrEnum):
    """Status of a consolidation."""

    NEW = "NEW"
    OPEN = "OPEN"
    PLANNED = "PLANNED"
    BOOKED = "BOOKED"
    FROZEN = "FROZEN"
    STAGING = "STAGING"
    STUFFING = "STUFFING"
    SEALED = "SEALED"
    VGM_OK = "VGM_OK"
    CLEARED = "CLEARED"
    GATED_OUT = "GATED_OUT"
    ON_BOARD = "ON_BOARD"
    BROKEN_UP = "BROKEN_UP"
    CANCELLED = "CANCELLED"


class ContainerStatus(StrEnum):
    """Status of a container as the hub sees it."""

    NEW = "NEW"
    RELEASED = "RELEASED"
    PICKED_UP = "PICKED_UP"
    AT_HUB = "AT_HUB"
    FIT = "FIT"
    UNFIT = "UNFIT"
    SEALED = "SEALED"
    GATED_OUT = "GATED_OUT"
    ON_BOARD = "ON_BOARD"
