"""The rules that the verifier can find broken: a closed list, from which docs can be printed."""

from groupage.domain.codes import Code


class ViolationCode(Code):
    """The rule that a plan breaks."""

    # The plan as an answer to its request
    OTHER_INSTANCE = "other_instance", "An id, the time, a limit or a digest is not the instance's."
    OTHER_VERIFIER = "other_verifier", "Another verifier, or another set of checks, certified it."

    # Coverage: every consignment once, every change named
    UNKNOWN_CONSIGNMENT = "unknown_consignment", "The plan names a consignment it cannot mean here."
    PLACED_AND_LEFT_OUT = "placed_and_left_out", "A consignment is in a container and left out too."
    PLACED_TWICE = "placed_twice", "A consignment stands more than once in the plan."
    MISSING_DEMAND = "missing_demand", "A consignment is neither in a container nor left out."
    MISSING_MOVE = (
        "missing_move",
        "A consignment changes its container and `moves` does not say so.",
    )
    WRONG_MOVE = "wrong_move", "`moves` names a change that does not happen, or names it twice."

    # Reasons
    NO_REASON = "no_reason", "A left-out, move, unrouted job or unloadable container has no reason."
    WRONG_REASON = "wrong_reason", "The instance lacks the fact that the reason names."

    # Containers
    CONTAINER_TWICE = "container_twice", "A container stands more than once in the plan."
    CONTAINER_CHANGED = "container_changed", "Voyage, spec, equipment or stage may not change so."
    EMPTY_CONTAINER = "empty_container", "A slushy container holds nothing."
    FROZEN_CHANGED = "frozen_changed", "The contents of a frozen or locked container change."
    FROZEN_LOST = "frozen_lost", "A frozen or locked container is missing in the plan."
    NOT_NEW = "not_new", "A container is called new but exists."
    UNKNOWN_CONTAINER = "unknown_container", "A container neither exists nor is it called new."
    UNKNOWN_VOYAGE = "unknown_voyage", "The instance has no such departure."
    WRONG_SPEC = "wrong_spec", "The spec of a new container is not that of its type."
    NOT_ON_OFFER = "not_on_offer", "The departure does not offer this container type."
    TOO_MANY_CONTAINERS = "too_many_containers", "More containers of a type than are available."

    # Which consignment may be in which container
    COMMITTED_MOVED = "committed_moved", "A committed consignment leaves its container."
    NOT_AVAILABLE_BEFORE_CUTOFF = (
        "not_available_before_cutoff", "A consignment is available only after the cut-off.",
    )  # fmt: skip
    AFTER_CUTOFF = "after_cutoff", "A consignment joins a container whose cut-off has passed."
    FORBIDDEN_VOYAGE = "forbidden_voyage", "A consignment is on a voyage that is forbidden for it."
    PIN_IGNORED = "pin_ignored", "A consignment is not where a dispatcher pinned it."
    PIN_LEFT_OUT = "pin_left_out", "A pinned consignment is left out, and its voyage can take it."
    BLOCKED_PLACED = "blocked_placed", "A consignment on hold gets a new place."
    CUSTOMS_REJECTED = "customs_rejected", "A consignment that customs rejected has a place."
    CAP_NOT_JUDGED = "cap_not_judged", "A 1039 consignment without a value in USD has a place."
    DANGEROUS_GOODS = "dangerous_goods", "Dangerous goods have a place although none are allowed."
    MODE_MIX = "mode_mix", "Customs modes that may not share a container do."
    DECLARATION_CAP = "declaration_cap", "A 1039 declaration is worth more than the cap."
    SEGREGATION = "segregation", "Dangerous goods that must be segregated share a container."
    OVERFILLED = "overfilled", "Cargo exceeds the share of the volume that a plan may fill."
    WRONG_SUM = "wrong_sum", "A container's volume or mass is not the sum of its consignments."
    PAYLOAD = "payload", "Cargo is heavier than the container's payload."

    # Cartons of a load plan
    CARTON_MISSING = "carton_missing", "A carton of a consignment in the container has no place."
    CARTON_TWICE = "carton_twice", "A carton is placed more than once."
    UNKNOWN_CARTON = "unknown_carton", "A carton belongs to no consignment in the container."
    WRONG_CONSIGNMENT = "wrong_consignment", "A carton is listed under another consignment."
    WRONG_SIZE = "wrong_size", "A placed carton has other edges than the measured one."
    WRONG_WAY_UP = "wrong_way_up", "A carton marked this side up lies on its side."
    STANDING_LOST = "standing_lost", "A carton that is loaded already is not in the load plan."
    STANDING_MOVED = "standing_moved", "A carton that is loaded already stands elsewhere."
    WRONG_SEQUENCE = "wrong_sequence", "Loading sequence is not 1, 2, 3 ..., loaded cartons first."

    # Geometry and stacking
    OUTSIDE_WALLS = "outside_walls", "A carton reaches through a wall, floor, roof or margin."
    LARGER_THAN_DOOR = "larger_than_door", "A carton does not pass the door as it stands."
    OVERLAP = "overlap", "Two cartons share space."
    NOT_LOADABLE = "not_loadable", "An earlier carton bars the way in, or stands above the place."
    UNSUPPORTED = "unsupported", "A part of a carton's base rests on nothing."
    CRUSHED = "crushed", "More rests on a carton than it bears."

    # Containers that the plan calls unloadable
    NOT_CLOSED = "not_closed", "A container is called unloadable whose contents may be changed."
    LOAD_PLAN_CHANGED = "load_plan_changed", "An unloadable container has another load plan."
    NOT_UNLOADABLE = "not_unloadable", "The load plan in force breaks no rule."
    UNLOADABLE_TWICE = "unloadable_twice", "A container is called unloadable more than once."

    # Routes
    JOB_MISSING = "job_missing", "A pick-up or a container is neither on a route nor unrouted."
    JOB_TWICE = "job_twice", "A pick-up or a container is on routes more than once."
    ROUTED_AND_UNROUTED = "routed_and_unrouted", "A job is on a route and unrouted too."
    UNKNOWN_JOB = "unknown_job", "A stop or an unrouted entry refers to no job of the plan."
    UNKNOWN_TRUCK = "unknown_truck", "A route's truck is not in the fleet."
    UNKNOWN_PLACE = "unknown_place", "A route calls at a place without coordinates."
    ROUTE_TWICE = "route_twice", "Two routes have one id."
    WRONG_STOPS = "wrong_stops", "The stops are not a pick-up tour or a drayage tour."
    WRONG_PLACE = "wrong_place", "A stop is not at the place of its job."
    WRONG_TIME = "wrong_time", "Arrival or departure contradicts driving, breaks or work."
    OUTSIDE_HOURS = "outside_hours", "A truck is under way outside its hours."
    WINDOW_MISSED = "window_missed", "A truck reaches a pick-up after its window."
    GATE_IN_MISSED = "gate_in_missed", "A container reaches its terminal too late."
    WRONG_LOAD = "wrong_load", "The load on board is not what the stops add up to."
    TRUCK_OVERLOADED = "truck_overloaded", "The load on board exceeds the truck's limits."
    WRONG_HOURS = "wrong_hours", "A limit of the drivers' hours is not above 0."
    DRIVEN_TOO_LONG = "driven_too_long", "A driver is at the wheel too long in a shift."
    DUTY_TOO_LONG = "duty_too_long", "A driver is on duty too long."
    NO_REST = "no_rest", "Two routes of a truck lie less than a rest apart."
    WRONG_DISTANCE = "wrong_distance", "A route's distance is not that of the road model."
    WRONG_ROUTE_COST = "wrong_route_cost", "A route's cost does not follow from its distance."

    # Cost
    WRONG_COST = "wrong_cost", "A term of the cost is not what the plan costs."
    WRONG_BOUND = "wrong_bound", "Bound, gap and status contradict the cost."
