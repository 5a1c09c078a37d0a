"""Which steps a consolidation has taken: the guards, judged at the time of each step.

`why_not` names a step that was seen although its guard fails: the state stays where it is.
"""

from datetime import datetime, timedelta

from groupage.domain.containers import SPECS
from groupage.domain.policy import Policy
from groupage.domain.state.consolidation import Box, ConsolidationState, Member
from groupage.domain.states import ConsolidationStatus, CustomsStatus

Status = ConsolidationStatus


def settle(state: ConsolidationState, policy: Policy) -> None:
    """Derive status, times and sums."""
    state.why_not = {}
    state.gated_out_at = state.on_board_at = None
    state.status, state.status_at = _status(state, policy)
    inside = [(state.members.get(name), name) for name in state.member_ids]
    loaded = [member for member, _ in inside if member is not None and member.loaded_pieces]
    state.loaded_volume_cm3 = sum(
        member.volume_cm3 * member.loaded_pieces // max(member.pieces, 1) for member in loaded
    )
    state.loaded_gross_g = sum(
        member.gross_g * member.loaded_pieces // max(member.pieces, 1) for member in loaded
    )


def _status(
    state: ConsolidationState, policy: Policy
) -> tuple[ConsolidationStatus, datetime | None]:
    if state.ended:
        return Status(state.ended), state.ended_at
    manifest = state.manifest
    if manifest is None:
        return _before_freeze(state)
    reached: tuple[ConsolidationStatus, datetime | None] = (Status.FROZEN, manifest.filed_at)
    present = [state.members.get(name) for name in manifest.consignment_ids]
    if any(member and (member.staged_pieces or member.loaded_pieces) for member in present):
        reached = (Status.STAGING, manifest.filed_at)
    began_at, box = state.stuffing_started_at, state.box
    if began_at is None:
        return reached
    if box is not None and box.status == "UNFIT":
        state.why_not["container_unfit"] = f"container {manifest.equipment_ref} is unfit"
        return reached
    if box is None or box.sealed_at is None or box.sealed_at < began_at:
        return Status.STUFFING, began_at
    return _shut(state, policy, box, box.sealed_at) or (Status.STUFFING, began_at)


def _before_freeze(state: ConsolidationState) -> tuple[ConsolidationStatus, datetime | None]:
    if state.opened_at is None:
        return Status.NEW, None
    if not state.planned_ids:
        return Status.OPEN, state.opened_at
    if state.booked_at is None:
        return Status.PLANNED, state.planned_at
    return Status.BOOKED, state.booked_at


def _shut(
    state: ConsolidationState, policy: Policy, box: Box, sealed_at: datetime
) -> tuple[ConsolidationStatus, datetime] | None:
    """From SEALED on. The container's gate-out is judged by what was so when it left."""
    missing = _not_loaded(state, sealed_at)
    if missing:
        state.why_not["sealed_incomplete"] = f"sealed at {sealed_at}, but {missing}"
    reached = None if missing else _towards_the_gate(state, policy, box, sealed_at)
    left_at = box.gated_out_at
    if left_at is None or left_at < sealed_at:
        return reached
    reasons = _against_leaving(state, policy, box, left_at)
    if missing:
        reasons.insert(0, missing)
    if reasons:
        state.why_not["gated_out_uncleared"] = f"left at {left_at}, but {'; '.join(reasons)}"
        return reached
    state.gated_out_at = left_at
    sailing = state.sailing
    state.on_board_at = box.on_board_at or (None if sailing is None else sailing.departed_at)
    if state.on_board_at is not None:
        return Status.ON_BOARD, state.on_board_at
    return Status.GATED_OUT, left_at


def _towards_the_gate(
    state: ConsolidationState, policy: Policy, box: Box, sealed_at: datetime
) -> tuple[ConsolidationStatus, datetime]:
    if box.vgm_g is None or box.vgm_at is None:
        return Status.SEALED, sealed_at
    wrong = vgm_wrong(state, policy, box)
    if wrong:
        state.why_not["vgm_mismatch"] = wrong
        return Status.SEALED, sealed_at
    vgm_at = max(box.vgm_at, sealed_at)
    if _not_clear(state, None):
        return Status.VGM_OK, vgm_at
    released = [m.released_at for _, m in _listed(state) if m is not None and m.released_at]
    return Status.CLEARED, max([vgm_at, *released])


def _listed(state: ConsolidationState) -> list[tuple[str, Member | None]]:
    return [(name, state.members.get(name)) for name in state.member_ids]


def _not_loaded(state: ConsolidationState, at: datetime) -> str:
    """Which consignments of the manifest were not wholly inside; empty: none."""
    parts = []
    for name, member in _listed(state):
        if member is None or not member.member:
            parts.append(f"{name} has no place in it any more")
        elif member.loaded_at is None:
            parts.append(f"{name} is loaded with {member.loaded_pieces} of {member.pieces} pieces")
        elif member.loaded_at > at:
            parts.append(f"{name} was loaded later, at {member.loaded_at}")
    return ", ".join(parts)


def _not_clear(state: ConsolidationState, at: datetime | None) -> list[str]:
    """Holds and customs, at that moment (None: as far as is known now)."""
    reasons = []
    for name, member in _listed(state):
        if member is None:
            continue
        since = member.blocked_since_at
        if member.blocked and (at is None or since is None or since <= at):
            reasons.append(f"{name} is on hold")
        released = member.customs == CustomsStatus.RELEASED and member.released_at is not None
        if not released or (at is not None and member.released_at and member.released_at > at):
            reasons.append(f"{name} is not released by customs ({member.customs})")
    return reasons


def _against_leaving(
    state: ConsolidationState, policy: Policy, box: Box, left_at: datetime
) -> list[str]:
    reasons = _not_clear(state, left_at)
    if box.vgm_g is None or box.vgm_at is None or box.vgm_at > left_at:
        reasons.append("its gross mass was not verified")
    elif wrong := vgm_wrong(state, policy, box):
        reasons.append(wrong)
    due_at = port_due_at(state, policy)
    if due_at is not None and left_at > due_at:
        reasons.append(f"that is too late for the terminal (leave by {due_at})")
    return reasons


def vgm_wrong(state: ConsolidationState, policy: Policy, box: Box) -> str:
    """Why the verified gross mass cannot be; empty: it can."""
    spec = SPECS.get(box.iso_type or state.iso_type)
    tare_g = box.tare_g or (spec.tare_g if spec else 0)
    max_gross_g = box.max_gross_g or (spec.max_gross_g if spec else 0)
    vgm_g = box.vgm_g or 0
    if max_gross_g and vgm_g > max_gross_g:
        return f"{vgm_g} g verified, {max_gross_g} g allowed"
    cargo_g = sum(member.gross_g for _, member in _listed(state) if member is not None)
    expected_g = cargo_g + tare_g
    tolerance_g = min(policy.vgm_tolerance_g, expected_g * policy.vgm_tolerance_permille // 1_000)
    if abs(vgm_g - expected_g) > tolerance_g:
        return f"{vgm_g} g verified, {expected_g} g expected, {tolerance_g} g tolerated"
    return ""


def port_due_at(state: ConsolidationState, policy: Policy) -> datetime | None:
    """By when the container must leave the hub for the terminal's cut-off (PCO, else FCO)."""
    deadlines = (
        {cutoff.code: cutoff.due_at for cutoff in state.sailing.cutoffs} if state.sailing else {}
    )
    due_at = deadlines.get("PCO") or deadlines.get("FCO")
    return None if due_at is None else due_at - timedelta(seconds=policy.haul_s)


def door_close_at(state: ConsolidationState, policy: Policy) -> datetime | None:
    """When stuffing ends at the latest."""
    due_at = port_due_at(state, policy)
    if due_at is None:
        return None
    return due_at + timedelta(seconds=policy.haul_s - policy.door_close_before_gate_in_s)
