"""The summaries of traces as lines for people: (label, text)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from groupage.app.commands.hold_columns import held_members
from groupage.app.commands.printing import print_line
from groupage.app.hub_time import time_text, with_local_times
from groupage.domain.containers import SPECS
from groupage.domain.stowage import stowage_text
from groupage.domain.value_names import CUTOFFS
from groupage.domain.words import cubic_metres, join_names, kilograms, number_of
from groupage.store.readers.plan_statuses import status_text
from groupage.store.readers.routes import TransportJob
from groupage.store.readers.summary_views import (
    CartonSummary,
    ConsignmentSummary,
    ContainerSummary,
    CutoffSummary,
    LaneSummary,
    NextPlan,
    PickUpSummary,
    SailingSummary,
    Summary,
    TruckSummary,
    VoyageSummary,
)

Line = tuple[str, str]
_NAMES_MAX = 4
_CARTON_STATES = ("expected", "received", "stored", "staged", "loaded", "departed", "returned")
_WATCHED = ("at_risk", "missed")
_OVER = ("BROKEN_UP", "CANCELLED")
_STEERING = {"pinned": "pinned to", "kept_off": "kept off", "rolled": "rolled from"}


def print_summary(summary: Summary) -> None:
    """Print how an id stands now, a line for each part that is known."""
    lines = [(label, text) for label, text in lines_of(summary) if text]
    width = max((len(label) for label, _ in lines), default=0)
    for label, text in lines:
        print_line(f"  {label:<{width}}  {text}")


def lines_of(summary: Summary) -> Iterable[Line]:
    """Yield the lines of a summary; those without a text are not shown."""
    write: Callable[[Any], Iterable[Line]] = _WRITERS[type(summary)]
    return write(summary)


def _consignment_lines(now: ConsignmentSummary) -> Iterable[Line]:
    yield "state", _joined(now.status, f"customs {now.customs}", _at("last event", now.last_at))
    if now.ended is not None:
        fee = "dead freight is due" if now.ended.fee_due else ""
        yield "ended", _joined(_at("", now.ended.at), now.ended.reason, fee, *now.ended.children)
    yield "from, to", _joined(f"{now.shipper} for {now.consignee}", now.lane_id)
    counts = [f"{now.cartons[state]} {state}" for state in _CARTON_STATES if state in now.cartons]
    known = sum(now.cartons.values())
    yield (
        "cartons",
        _joined(
            f"{known}: {', '.join(counts)}" if counts else "",
            f"{now.measured} measured",
            f"{now.damaged} damaged" if now.damaged else "",
            f"{cubic_metres(now.volume_cm3)}, {kilograms(now.gross_g)}",
        ),
    )
    yield "where", _where(now)
    yield "missing", "; ".join(now.missing)
    for hold in now.holds:
        because = f": {hold.reason}" if hold.reason else ""
        yield "held", f"{hold.hold} by {hold.by} {_at('since', hold.placed_at)}{because}"
    for word in now.steering:
        because = f": {word.reason}" if word.reason else ""
        target = " ".join(filter(None, (word.voyage_id, word.consolidation_id)))
        yield _STEERING[word.does], f"{target} by {word.by} {_at('since', word.at)}{because}"
    if now.ended is None or now.pick_up.arrived_at is not None:
        yield from _pick_up_lines(now.pick_up)
    yield "voyage", _voyage(now.voyage)
    yield "container", _container_of(now)
    yield from _waiting_lines(now)
    if now.departed_at is None:
        yield from _cutoff_lines(now.cutoffs, now.consignment_id)
    yield "left", _at("", now.departed_at)


def _waiting_lines(now: ConsignmentSummary) -> Iterable[Line]:
    """Yield why cargo that is available has no container, and when it may get one."""
    waiting = now.waiting
    if waiting is None:
        return
    plan = "no plan of its lane is in force"
    if waiting.plan_decided_at is not None:
        plan = f"plan no. {waiting.plan_sequence} of {time_text(waiting.plan_decided_at)}"
    if now.left_out is not None:
        old = f"old: {waiting.left_voyage_id} has left since" if waiting.left_voyage_id else ""
        reason = with_local_times(f"{now.left_out.code}: {now.left_out.reason}")
        yield "left out", _joined(f"by {plan}", old, reason)
    else:
        is_newer = (
            now.available_at is not None
            and waiting.plan_decided_at is not None
            and waiting.plan_decided_at < now.available_at
        )
        without = f"{plan} is older" if is_newer else f"{plan} does not have it"
        without = without if waiting.plan_decided_at is not None else plan
        yield "container", _joined(_at("none; available since", now.available_at), without)
    following = waiting.next
    if following.waiting_plan_id:
        number, name = following.waiting_sequence, following.waiting_plan_id
        yield "waits for approval", f"plan no. {number}, {name} (`groupage plan show {name}`)"
    yield "next plan", next_plan_text(following, now.lane_id)


def _container_of(now: ConsignmentSummary) -> str:
    if not now.consolidation_id:
        return ""
    return _joined(
        now.container or "none assigned yet",
        f"{now.consolidation_id} ({now.consolidation_status})",
        f"since plan {now.plan_id}",
    )


def _where(now: ConsignmentSummary) -> str:
    if now.departed_at is not None:
        return f"left in {now.container}"
    if now.status == "RETURNED":
        return "back with the shipper"
    places = [f"{count} at {place}" for place, count in now.locations.items()]
    loaded = now.cartons.get("loaded", 0)
    if loaded:
        places.insert(0, f"{loaded} in {now.container}")
    return join_names(places, _NAMES_MAX)


def _pick_up_lines(pick_up: PickUpSummary) -> Iterable[Line]:
    """Yield which truck fetches the cargo and when, or that its shipper brings it."""
    if pick_up.place:
        yield "pick-up", _pick_up_job(pick_up)
        window = ""
        if pick_up.ready_at is not None and pick_up.latest_at is not None:
            window = f"{time_text(pick_up.ready_at)} to {time_text(pick_up.latest_at)}"
        yield "at", _joined(pick_up.place, window)
    else:
        yield "pick-up", "none booked: the shipper brings it"
    if pick_up.arrived_at is None:
        yield "expected", _joined(_at("", pick_up.expected_at), pick_up.vehicle)
        return
    trucks = [
        ", ".join(filter(None, (f"visit {visit.visit_id}", visit.plate, visit.dock)))
        for visit in pick_up.visits
    ]
    yield "arrived", _joined(_at("", pick_up.arrived_at), *trucks)


def _pick_up_job(pick_up: PickUpSummary) -> str:
    if pick_up.job is None:
        return "in no plan" + ("" if pick_up.arrived_at else " yet")
    return _job(pick_up.job)


def _job(job: TransportJob) -> str:
    plan = f"plan {job.plan_id}" + ("" if job.in_force else ", replaced since")
    if job.route is None or job.arrive_at is None:
        return f"no truck: {job.no_truck} ({plan})"
    return (
        f"by {job.route.truck_id} at {time_text(job.arrive_at)}, "
        f"route {job.route.route_id} ({plan})"
    )


def _carton_lines(now: CartonSummary) -> Iterable[Line]:
    condition = f"condition: {now.condition}" if now.condition not in ("", "good") else ""
    yield "state", _joined(now.status, condition, _measures(now.measured))
    yield "consignment", _joined(now.consignment_id, now.consignment_status)
    yield "where", now.location
    is_inside = now.loaded_at is not None
    container = _joined(now.container, now.consolidation_id)
    yield "container" if is_inside else "planned for", container
    yield "voyage", _voyage(now.voyage)
    yield "loaded", _at("at", now.loaded_at) + (f"; {now.deviation}" if now.deviation else "")
    if now.stowage is not None:
        plan = f"plan {now.plan_id}" + ("" if now.plan_in_force else ", replaced since")
        source = "as reported" if now.stowage.reported else f"by {plan}"
        yield "stands at" if is_inside else "will stand", f"{stowage_text(now.stowage)}; {source}"


def _measures(measured: tuple[int, int, int, int] | None) -> str:
    if measured is None:
        return ""
    length, width, height, gross_g = measured
    return f"{length} × {width} × {height} mm, {gross_g / 1_000:,.1f} kg"


def _container_lines(now: ContainerSummary) -> Iterable[Line]:
    yield (
        "state",
        _joined(now.status or now.container_status, _at("since", now.since_at), now.ended_reason),
    )
    vgm = f"VGM {kilograms(now.vgm_g)}" if now.vgm_g is not None else ""
    yield "container", _joined(now.container, now.iso_type, now.container_status, now.location)
    yield "use", _joined(now.consolidation_id, now.lane_id)
    yield "voyage", _voyage(now.voyage)
    yield "contents", _contents(now)
    yield "held", held_members(now)
    yield "seals, mass", _joined(" ▸ ".join(now.seals), vgm)
    if now.plan_id:
        is_replaced = "" if now.plan_in_force or now.departed_at else ", replaced since"
        yield "load plan", f"{now.plan_id}{is_replaced}"
    if now.haul is not None:
        yield "haul", _job(now.haul)
    if now.departed_at is None and now.status not in _OVER:
        yield from _cutoff_lines(now.cutoffs, "")
    yield "left", _joined(_at("", now.departed_at), _at("on board", now.on_board_at))


def _voyage_lines(now: SailingSummary) -> Iterable[Line]:
    yield "state", _joined(now.status, _at("since", now.since_at), now.reason)
    yield "service", _joined(now.lane_id, now.mode, now.carrier, now.service_id)
    yield "departs", _joined(_at("", now.etd_at), _at("left", now.departed_at))
    yield "arrives", _joined(_at("", now.eta_at), _at("arrived", now.arrived_at))
    for call in now.calls:
        yield (
            f"call {call.place}",
            _joined(
                f"ship {call.ship}" if call.ship else "",
                _at("arrives", call.eta_at) if call.arrived_at is None else "",
                _at("arrived", call.arrived_at),
                _at("leaves", call.etd_at) if call.departed_at is None else "",
                _at("left", call.departed_at),
            ),
        )
    for cutoff in now.cutoffs:
        name = CUTOFFS.get(cutoff.code, "")
        yield f"cut-off {cutoff.code}", _joined(time_text(cutoff.due_at), name)
    for consolidation_id in now.consolidations:
        yield "carries", consolidation_id
    for consolidation_id in now.left_behind:
        yield "without", consolidation_id


def _truck_lines(now: TruckSummary) -> Iterable[Line]:
    yield "truck", _joined(now.plate, now.dock)
    yield "arrived", _at("", now.arrived_at)
    for consignment_id in now.consignments:
        yield "brings", consignment_id


def _lane_lines(now: LaneSummary) -> Iterable[Line]:
    if now.plan_id:
        status = with_local_times(status_text(now.plan_status))
        yield "plan", _joined(f"no. {now.plan_sequence}, {now.plan_id}", status)
        yield "decided", _at("", now.plan_decided_at)
        yield (
            "has",
            _joined(
                f"{number_of(now.consignments, 'consignment')} in "
                f"{number_of(now.consolidations, 'container')} at the hub",
                f"{now.left_out:,} left out (`groupage plan show {now.lane_id}` says why)",
            ),
        )
    else:
        yield "plan", "none in force"
    for plan in now.waiting:
        advice = "`groupage command accept` or `reject` decides"
        since = _at("since", plan.since_at)
        yield "waits for approval", _joined(f"no. {plan.sequence}, {plan.plan_id} {since}", advice)
    yield "next plan", next_plan_text(now.next, now.lane_id)
    approves = "approves plans" if now.auto_approve else "leaves the approval of plans to people"
    yield "policy", f"{now.policy or 'the default'} {approves}"


def next_plan_text(following: NextPlan, lane_id: str) -> str:
    """Say when a lane is planned next, or how to have it planned."""
    failed = f"the last request failed: {following.failed}" if following.failed else ""
    if following.requested_at is not None:
        return f"a planner has had the request {_at('since', following.requested_at)}"
    if following.due_at is not None:
        for_what = f"for {number_of(following.changes, 'change')}" if following.changes else ""
        due = f"{_at('requested at', following.due_at)} {for_what}".rstrip()
        return _joined(due, failed, f"`groupage command replan {lane_id}` is sooner")
    advice = f"`groupage command replan {lane_id}` requests one"
    return _joined("none, because nothing has changed that calls for one", failed, advice)


def _contents(now: ContainerSummary) -> str:
    if not now.consignments:
        return "nothing" if now.consolidation_id else ""
    spec = SPECS.get(now.iso_type)
    fill = f" ({now.volume_cm3 / spec.volume_cm3:.0%})" if spec else ""
    return _joined(
        number_of(now.consignments, "consignment"),
        f"{number_of(now.pieces, 'carton')}, {now.loaded_pieces or now.staged_pieces} "
        f"{'loaded' if now.loaded_pieces else 'staged'}",
        f"{cubic_metres(now.volume_cm3)}{fill}, {kilograms(now.gross_g)}",
    )


def _cutoff_lines(cutoffs: Iterable[CutoffSummary], about: str) -> Iterable[Line]:
    """Yield the cut-offs that are not met; `about` is the consignment that asks."""
    for cutoff in cutoffs:
        if cutoff.state == "met":
            continue
        state = cutoff.state.replace("_", " ")
        if cutoff.state in _WATCHED:
            state = state.upper()
        label, name = f"cut-off {cutoff.code}", cutoff.name
        if cutoff.terminal_due_at is not None:
            label = "leave hub by"
            name = f"for {cutoff.terminal_code} at {time_text(cutoff.terminal_due_at)}"
        yield (
            label,
            _joined(
                f"{time_text(cutoff.due_at)} {state}",
                name,
                "waits for this consignment" if about in cutoff.waits_for else "",
                *cutoff.missing,
                _at("projected", cutoff.projected_at),
            ),
        )


def _voyage(voyage: VoyageSummary | None) -> str:
    if voyage is None:
        return ""
    return _joined(
        f"{voyage.voyage_id} {voyage.status}".rstrip(),
        _at("departs", voyage.etd_at),
        _at("arrives", voyage.eta_at),
    )


def _at(word: str, at: datetime | None) -> str:
    return f"{word} {time_text(at)}".lstrip() if at is not None else ""


def _joined(*texts: str) -> str:
    return "; ".join(text for text in texts if text)


_WRITERS: Mapping[type[Summary], Callable[[Any], Iterable[Line]]] = {
    ConsignmentSummary: _consignment_lines,
    CartonSummary: _carton_lines,
    ContainerSummary: _container_lines,
    SailingSummary: _voyage_lines,
    LaneSummary: _lane_lines,
    TruckSummary: _truck_lines,
}
