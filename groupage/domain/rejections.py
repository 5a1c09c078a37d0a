"""The reasons for which an aggregate rejects an event: a closed list, from which docs are printed.

A rejected event is stored and changes nothing. Its code stands in the aggregate's state,
in a dead letter and in an alert.
"""

from groupage.domain.codes import Code


class RejectionCode(Code):
    """The rule that an event breaks. Values are stable: dead letters and alert ids carry them."""

    # Any aggregate
    NOT_MINE = "not_mine", "The event belongs to another kind of aggregate."
    NO_TARGET = "no_target", "It corrects or retracts an event that the aggregate does not have."
    ID_REUSED = "id_reused", "Its source used the same event id before, for another content."

    # Consignment, its booking and how it may end
    ALREADY_BOOKED = "already_booked", "The consignment was booked before; amend it."
    NO_LINES = "no_lines", "A booking or amendment has no carton line."
    NOT_BOOKED = "not_booked", "There is no booking to amend or accept."
    STALE_VERSION = "stale_version", "The amendment is based on an older version of the booking."
    EXITED = "exited", "The consignment is rejected, cancelled, returned or split."
    TOO_LATE = "too_late", "A received and measured consignment cannot be rejected."
    NO_CHILDREN = "no_children", "A split names no consignment that continues."
    LOADED = "loaded", "A unit of it, or this unit, is in a container."
    NO_DISCREPANCY = "no_discrepancy", "There is no discrepancy that the shipper could accept."

    # Commands about a consignment
    UNKNOWN_CONSIGNMENT = (
        "unknown_consignment",
        "Nobody had booked or announced the consignment by then.",
    )
    OTHER_LANE = "other_lane", "The consignment or the voyage belongs to another lane."
    LEFT = "left", "The consignment had left the hub."

    # Consignment: holds and dangerous goods
    HOLD_EXISTS = "hold_exists", "A hold with that id was placed before."
    NO_SUCH_HOLD = "no_such_hold", "No hold with that id, or of that type, was placed."
    HOLD_NOT_OPEN = "hold_not_open", "The hold was released before."
    NO_HOLD_NAMED = "no_hold_named", "A release names neither a hold nor a type of holds, or both."
    BLOCKED = "blocked", "The consignment is or was on hold at that time."
    DG_NOT_DECLARED = "dg_not_declared", "No dangerous goods were declared with their papers."
    DG_REJECTED = "dg_rejected", "Its dangerous goods were rejected, so it cannot be accepted."
    DG_NOT_CLEARED = "dg_not_cleared", "Its dangerous goods were not approved when it was loaded."

    # Units, and cartons of a consignment
    ALREADY_RECEIVED = "already_received", "The unit was received before."
    NOT_RECEIVED = "not_received", "The unit was not received by then."
    NOT_MEASURED = "not_measured", "The unit, or nothing of the consignment, was measured by then."
    NOT_CALIBRATED = "not_calibrated", "The policy wants a calibration id, and there is none."
    GONE = "gone", "The unit was repacked into others."
    CEASED = "ceased", "The unit was repacked into others and takes no more events."
    UNKNOWN_INPUT = "unknown_input", "A repacked unit was never received."
    INPUT_NOT_HERE = "input_not_here", "A repacked unit is in a container or was repacked before."
    BAD_OUTPUTS = "bad_outputs", "A repack must make at least one unit, and only new ones."
    NOT_CONCERNED = "not_concerned", "The unit is neither input nor output of the repack."
    OWN_PARENT = "own_parent", "A unit cannot be packed or loaded into itself."
    NO_PARENT = "no_parent", "The unit is in nothing that it could be taken out of."
    OTHER_PARENT = "other_parent", "The unit is in another unit or container."
    NOT_PACKED_THERE = "not_packed_there", "The unit is packed in another unit."

    # Loading a carton into a container
    ALREADY_LOADED = "already_loaded", "The carton is in a container already."
    NOT_LOADED = "not_loaded", "The carton is in no container."
    NOT_LOADED_THERE = "not_loaded_there", "The carton is in another container."
    NO_PLACE = "no_place", "The consignment was in no consolidation at that time."
    OTHER_CONSOLIDATION = "other_consolidation", "The consignment is in another consolidation."
    OTHER_CONTAINER = "other_container", "The consolidation has another container."
    STUFFING_NOT_OPEN = "stuffing_not_open", "Stuffing was not open at that time."
    DOORS_CLOSED = "doors_closed", "Stuffing had to end earlier for the terminal's cut-off."
    CUSTOMS_NOT_DECLARED = "customs_not_declared", "It was not declared to customs by then."
    CUSTOMS_NOT_RELEASED = "customs_not_released", "Customs had not released it by then."
    CUSTOMS_STOPPED = "customs_stopped", "Customs selected or rejected it before."
    NOT_ALLOCATED_THERE = "not_allocated_there", "The consignment is in another consolidation."
    COMMITTED = "committed", "The consignment is on a filed manifest; unfreeze that first."

    # Consolidation
    ALREADY_OPENED = "already_opened", "The consolidation was opened before."
    NOT_OPENED = "not_opened", "The consolidation was never opened."
    ENDED = "ended", "The consolidation is broken up or cancelled."
    FROZEN = "frozen", "The manifest is filed, so its list cannot change; unfreeze it."
    ALREADY_FROZEN = "already_frozen", "A manifest is filed already."
    NOT_FROZEN = "not_frozen", "No manifest is filed."
    NOTHING_PLANNED = "nothing_planned", "No plan puts a consignment into it."
    NOT_PLANNED = "not_planned", "The manifest names consignments that are not planned into it."
    STUFFING_BEGAN = "stuffing_began", "Stuffing has begun: break it up instead."
    ALREADY_OPEN = "already_open", "Stuffing is open already."
    NOT_OPEN = "not_open", "Stuffing is not open."
    SAME_VOYAGE = "same_voyage", "It is rolled to the voyage that it is on."
    DEPARTED = "departed", "The container or the voyage has left; nothing changes there any more."

    # Container
    WRONG_ORDER = "wrong_order", "The container's status contradicts this step."
    ALREADY_SEALED = "already_sealed", "A seal is on; a new one is a reseal."
    NOT_SEALED = "not_sealed", "There is no seal to replace or take off."
    OTHER_SEAL = "other_seal", "The container has another seal than the event says."

    # Voyage
    ALREADY_PUBLISHED = "already_published", "The sailing was published before; change it."
    NOT_PUBLISHED = "not_published", "No sailing was published under this id."
    ETA_BEFORE_ETD = "eta_before_etd", "The estimated arrival is not after the departure."
    ALREADY_CONFIRMED = "already_confirmed", "The carrier booking was confirmed before."
    NO_SUCH_BOOKING = "no_such_booking", "The carrier booking was never confirmed."
    MORE_THAN_BOOKED = "more_than_booked", "More containers are rolled than are confirmed."
    CANCELLED = "cancelled", "The voyage is cancelled."
    ALREADY_DEPARTED = "already_departed", "The leg departed before."
    NOT_DEPARTED = "not_departed", "The leg never departed."
    ALREADY_ARRIVED = "already_arrived", "The leg or the truck arrived before."
    ARRIVED = "arrived", "The voyage has arrived; its arrival cannot be estimated any more."

    # Declaration
    ALREADY_DECLARED = "already_declared", "The declaration was filed before."
    NOT_DECLARED = "not_declared", "Nothing was declared under this id."
    NO_CONSIGNMENTS = "no_consignments", "The declaration names no consignment."
    FINAL = "final", "Customs has released or rejected the declaration."

    # Lane and commands
    ALREADY_PROPOSED = "already_proposed", "A plan with that id was proposed before."
    NO_CERTIFICATE = "no_certificate", "The verifier did not certify the plan."
    PLAN_NOT_STORED = (
        "plan_not_stored",
        "The database has no plan with that id and that digest, so nobody could show it.",
    )
    SEQUENCE_JUMP = "sequence_jump", "The number is beyond the lane's next plan request."
    UNKNOWN_PLAN = "unknown_plan", "No plan with that id was proposed to the lane."
    PLAN_PUBLISHED = (
        "plan_published",
        "The plan is in force, so it can be neither accepted nor rejected.",
    )
    PLAN_SUPERSEDED = "plan_superseded", "A newer plan has replaced it."
    PLAN_REJECTED = "plan_rejected", "The plan was rejected."
    NO_VOYAGE = "no_voyage", "A pin names no voyage."
    UNKNOWN_LANE = "unknown_lane", "No consignment is booked on the lane, and no voyage sails it."
    NOT_PINNED = "not_pinned", "There is no pin that could end."
    NOT_FORBIDDEN = "not_forbidden", "The consignment is not kept off the voyage."
