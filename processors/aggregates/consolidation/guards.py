"""The status of a consolidation: each step counts only if its guard held when it was taken.

`failed_guards` names steps that were reported although their guard failed: the status stays before
them.
"""

from datetime import datetime

from groupage.domain.codes import AlertCode
from groupage.domain.containers import SPECS
from groupage.domain.events.consolidation import ConsignmentSnapshot, ContainerSnapshot
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.states import ConsolidationStatus
from groupage.domain.words import when
from processors.aggregates.consolidation.terminal import port_due_at

Status = ConsolidationStatus
_Reached = tuple[ConsolidationStatus, datetime | None]


def derive(state: ConsolidationState, policies: PolicyHistory) -> None:
    """Derive status, times and sums."""
    state.failed_guards = {}
    state.gated_out_at = state.on_board_at = None
    state.status, state.status_at = _after_leaving(state, _status(state, policies))
    inside = [state.find_member(name) for name in state.member_ids]
    loaded = [member for member in inside if member is not None and member.loaded_pieces]
    state.loaded_volume_cm3 = sum(
        member.volume_cm3 * member.loaded_pieces // max(member.pieces, 1) for member in loaded
    )
    state.loaded_gross_g = sum(
        member.gross_g * member.loaded_pieces // max(member.pieces, 1) for member in loaded
    )


def _after_leaving(state: ConsolidationState, reached: _Reached) -> _Reached:
    """Reject reopenings and ends that were reported after the sealed container had left.

    By the container's own times: whether it was allowed to leave depends on the members, and they
    go when the consolidation ends.
    """
    reported = [
        *(("stuffing.started", fact_id, at) for fact_id, at in state.reopenings.items()),
        (f"consolidation.{state.ended.lower()}", state.ended_fact_id, state.ended_at),
    ]
    left_at = _left_at(state)
    for name, fact_id, at in reported:
        if at is None:
            continue
        if left_at is not None and left_at <= at:
            reason = f"its container left at {when(left_at)}"
            state.rejected[fact_id] = RejectedEvent(
                code=Code.DEPARTED, reason=reason, type=name, subject=state.key, at=at
            )
        else:
            state.rejected.pop(fact_id, None)
    if not state.over:
        return reached
    state.failed_guards = {}
    state.gated_out_at = state.on_board_at = None
    return Status(state.ended), state.ended_at


def _left_at(state: ConsolidationState) -> datetime | None:
    began_at, container = state.stuffing_started_at, state.container
    if (
        began_at is None
        or container is None
        or container.sealed_at is None
        or container.gated_out_at is None
    ):
        return None
    return (
        container.gated_out_at
        if began_at <= container.sealed_at <= container.gated_out_at
        else None
    )


def _status(state: ConsolidationState, policies: PolicyHistory) -> _Reached:
    manifest, container = state.manifest, state.container
    if manifest is None:
        _note_early_gate_out(state, container, "no manifest is filed")
        return _status_before_freeze(state)
    reached: _Reached = (Status.FROZEN, manifest.filed_at)
    present = [state.find_member(name) for name in manifest.consignment_ids]
    if any(member and (member.staged_pieces or member.loaded_pieces) for member in present):
        reached = (Status.STAGING, manifest.filed_at)
    began_at = state.stuffing_started_at
    if began_at is None:
        _note_early_gate_out(state, container, "it was never stuffed")
        return reached
    if container is not None and not _is_fit(state, container, began_at):
        return reached
    if container is None or container.sealed_at is None or container.sealed_at < began_at:
        _note_early_gate_out(state, container, "it was not sealed")
        return Status.STUFFING, began_at
    return _status_from_sealed(state, policies, container, container.sealed_at) or (
        Status.STUFFING,
        began_at,
    )


def _note_early_gate_out(
    state: ConsolidationState, container: ContainerSnapshot | None, reason: str
) -> None:
    if container is not None and container.gated_out_at is not None:
        state.failed_guards[AlertCode.GATED_OUT_UNCLEARED] = (
            f"left at {when(container.gated_out_at)}, but {reason}"
        )


def _is_fit(state: ConsolidationState, container: ContainerSnapshot, began_at: datetime) -> bool:
    """Tell whether stuffing could begin; a container found unfit later takes no more cargo."""
    if container.fit:
        return True
    if container.fit is None:
        state.failed_guards[AlertCode.CONTAINER_NOT_INSPECTED] = (
            f"container {state.equipment_ref} was not inspected, so it is not known to be fit"
        )
        return False
    state.failed_guards[AlertCode.CONTAINER_UNFIT] = f"container {state.equipment_ref} is unfit"
    return container.inspected_at is not None and container.inspected_at > began_at


def _status_before_freeze(state: ConsolidationState) -> _Reached:
    if state.opened_at is None:
        return Status.NEW, None
    if not state.planned_ids:
        return Status.OPEN, state.opened_at
    if state.booked_at is None:
        return Status.PLANNED, state.planned_at
    return Status.BOOKED, state.booked_at


def _status_from_sealed(
    state: ConsolidationState,
    policies: PolicyHistory,
    container: ContainerSnapshot,
    sealed_at: datetime,
) -> tuple[ConsolidationStatus, datetime] | None:
    """Return the status from SEALED on; the gate-out counts if all held when it left."""
    missing = _seal_difference(state, sealed_at, None)
    reached = None if missing else _status_until_gate_out(state, policies, container, sealed_at)
    left_at = container.gated_out_at
    if left_at is not None and left_at >= sealed_at:
        reasons = _reasons_to_stay(state, policies, container, left_at)
        if then_missing := _seal_difference(state, sealed_at, left_at):
            reasons.insert(0, then_missing)
        if not reasons:
            return _status_after_gate_out(state, container, left_at)
        state.failed_guards[AlertCode.GATED_OUT_UNCLEARED] = (
            f"left at {when(left_at)}, but {'; '.join(reasons)}"
        )
    if missing:
        state.failed_guards[AlertCode.SEALED_INCOMPLETE] = (
            f"sealed at {when(sealed_at)}, but {missing}"
        )
    return reached


def _status_after_gate_out(
    state: ConsolidationState, container: ContainerSnapshot, left_at: datetime
) -> tuple[ConsolidationStatus, datetime]:
    """Return ON_BOARD if the container says so, or if its ship left after it."""
    state.failed_guards = {}
    state.gated_out_at = left_at
    sailed_at = None if state.voyage is None else state.voyage.departed_at
    if sailed_at is not None and sailed_at < left_at:
        sailed_at = None
    state.on_board_at = container.on_board_at or sailed_at
    if state.on_board_at is not None:
        return Status.ON_BOARD, state.on_board_at
    return Status.GATED_OUT, left_at


def _status_until_gate_out(
    state: ConsolidationState,
    policies: PolicyHistory,
    container: ContainerSnapshot,
    sealed_at: datetime,
) -> tuple[ConsolidationStatus, datetime]:
    if container.vgm_g is None or container.vgm_at is None:
        return Status.SEALED, sealed_at
    wrong = vgm_fault(state, policies.at(container.vgm_at), container)
    if wrong:
        state.failed_guards[AlertCode.VGM_MISMATCH] = wrong
        return Status.SEALED, sealed_at
    vgm_at = max(container.vgm_at, sealed_at)
    if _missing_clearances(state, None):
        return Status.VGM_OK, vgm_at
    released = [
        m.released_at for _, m in _manifest_members(state, None) if m is not None and m.released_at
    ]
    return Status.CLEARED, max([vgm_at, *released])


def _manifest_members(
    state: ConsolidationState, at: datetime | None
) -> list[tuple[str, ConsignmentSnapshot | None]]:
    return [(name, state.find_member(name, at)) for name in state.member_ids]


def _seal_difference(state: ConsolidationState, sealed_at: datetime, at: datetime | None) -> str:
    """Say how the sealed contents differ from the manifest at that moment (None: now)."""
    parts = []
    reopened = [each for each in state.reopenings.values() if at is None or each <= at]
    reopened_at = max(reopened, default=None)
    if reopened_at is not None and reopened_at > sealed_at:
        parts.append(f"stuffing began again at {when(reopened_at)}")
    for name, member in _manifest_members(state, at):
        if member is None:
            parts.append(f"{name} has left it")
            continue
        inside = member.find_inside(at)
        loaded_at = member.loaded_at if inside is None else inside.since_at
        if loaded_at is not None and loaded_at > sealed_at:
            parts.append(f"{name} was loaded later, at {when(loaded_at)}")
        elif inside is None:
            parts.append(f"{name} is loaded with {member.loaded_pieces} of {member.pieces} pieces")
    return ", ".join(parts)


def _missing_clearances(state: ConsolidationState, at: datetime | None) -> list[str]:
    """List holds and missing customs releases at that moment (None: now)."""
    reasons = []
    for name, member in _manifest_members(state, at):
        if member is None:
            continue
        if member.blocked if at is None else any(span.covers(at) for span in member.holds):
            reasons.append(f"{name} is on hold")
        if not _was_released(member, at):
            reasons.append(f"{name} is not released by customs ({member.customs})")
    return reasons


def _was_released(member: ConsignmentSnapshot, at: datetime | None) -> bool:
    if at is None:
        return member.released_at is not None
    begun = [span for span in member.declarations if span.since_at <= at]
    return bool(begun) and not any(span.covers(at) for span in begun)


def _reasons_to_stay(
    state: ConsolidationState,
    policies: PolicyHistory,
    container: ContainerSnapshot,
    left_at: datetime,
) -> list[str]:
    reasons = _missing_clearances(state, left_at)
    if container.vgm_g is None or container.vgm_at is None or container.vgm_at > left_at:
        reasons.append("its gross mass was not verified")
    elif wrong := vgm_fault(state, policies.at(container.vgm_at), container, left_at):
        reasons.append(wrong)
    due_at = port_due_at(state, policies, left_at=left_at)
    if due_at is not None and left_at > due_at:
        reasons.append(f"that is too late for the terminal (leave by {when(due_at)})")
    return reasons


def vgm_fault(
    state: ConsolidationState,
    policy: Policy,
    container: ContainerSnapshot,
    at: datetime | None = None,
) -> str:
    """Say why the verified mass is impossible at that moment (None: now); empty: it is not."""
    spec = SPECS.get(container.iso_type or state.iso_type)
    tare_g = container.tare_g or (spec.tare_g if spec else 0)
    max_gross_g = container.max_gross_g or (spec.max_gross_g if spec else 0)
    vgm_g = container.vgm_g or 0
    if max_gross_g and vgm_g > max_gross_g:
        return f"{vgm_g} g verified, {max_gross_g} g allowed"
    expected_g = _cargo_g(state, at) + _dunnage_g(state, at) + tare_g
    tolerance_g = min(policy.vgm_tolerance_g, expected_g * policy.vgm_tolerance_permille // 1_000)
    if abs(vgm_g - expected_g) > tolerance_g:
        return f"{vgm_g} g verified, {expected_g} g expected, {tolerance_g} g tolerated"
    return ""


def _cargo_g(state: ConsolidationState, at: datetime | None) -> int:
    """Return the mass of the cartons that were in the container at that moment (None: are now)."""
    present = [member for _, member in _manifest_members(state, at) if member is not None]
    inside = [(member, member.find_inside(at)) for member in present]
    return sum(member.gross_g if span is None else span.gross_g for member, span in inside)


def _dunnage_g(state: ConsolidationState, at: datetime | None) -> int:
    """Return the mass of the dunnage, by the last report until then; without any, by the first."""
    if at is None or not state.dunnages:
        return state.dunnage_g
    return next(
        (g for done_at, g in reversed(state.dunnages) if done_at <= at), state.dunnages[0][1]
    )
