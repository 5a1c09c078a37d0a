"""The states of consignments, consolidations and containers, in their order."""

from enum import StrEnum


class ConsignmentStatus(StrEnum):
    """Primary state of a consignment; holds and customs stand beside it."""

    NEW = "NEW"
    """Known only from facts that need a booking first."""
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
    """Orthogonal to the primary state."""

    NONE = "NONE"
    DECLARED = "DECLARED"
    SELECTED_SCAN = "SELECTED_SCAN"
    SELECTED_INSPECTION = "SELECTED_INSPECTION"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"


class ConsolidationStatus(StrEnum):
    """State of a consolidation."""

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
    """State of a container as the hub sees it."""

    NEW = "NEW"
    RELEASED = "RELEASED"
    PICKED_UP = "PICKED_UP"
    AT_HUB = "AT_HUB"
    FIT = "FIT"
    UNFIT = "UNFIT"
    SEALED = "SEALED"
    GATED_OUT = "GATED_OUT"
    ON_BOARD = "ON_BOARD"
