"""Load frozen and locked containers: their contents stay, whether they load or not.

When they do not load, the load plan in force stays too, and a person must act.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.codes import UnloadableCode
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Demand, Instance, OpenConsolidation
from groupage.domain.plan import Placement, Unloadable
from groupage.domain.words import cubic_metres, join_names, kilograms
from optimizer.loading.api import LoadResult, cargo_of, load

_NAMED_MAX = 5
"""Consignments that a reason names."""


@dataclass(frozen=True, slots=True)
class FrozenLoad:
    """A load plan, or the one in force and the reason why there is no new one."""

    placements: tuple[Placement, ...]
    unloadable: Unloadable | None = None
    passes: int = 0
    """Construction passes that the loader made."""


def load_frozen(
    instance: Instance,
    container: OpenConsolidation,
    cargo: Sequence[Demand],
    *,
    violation: str,
    passes: int,
) -> FrozenLoad:
    """Make a new load plan of a frozen or locked container.

    `violation` is what the verifier found wrong with an earlier new one; then no other is tried.
    """
    ids = tuple(demand.consignment_id for demand in cargo)
    if violation:
        reason = f"no load plan passes the verifier ({violation})"
        return _keep(container, ids, UnloadableCode.REFUTED, reason)
    mass_g = max(
        sum(demand.gross_g for demand in cargo),
        sum(group.gross_g * len(group.unit_ids) for d in cargo for group in d.cartons),
    )
    if mass_g > container.spec.payload_g:
        reason = (
            f"{kilograms(mass_g)} of cargo on the manifest, the container carries "
            f"{kilograms(container.spec.payload_g)}"
        )
        return _keep(container, ids, UnloadableCode.OVERWEIGHT, reason)
    try:
        loaded = load(
            container.spec,
            [cargo_of(demand) for demand in cargo],
            container.standing,
            instance.rules,
            effort=passes,
            seed=instance.limits.seed,
        )
    except InvalidInput as error:
        reason = f"what is reported to stand in it can not stand so ({error})"
        return _keep(container, ids, UnloadableCode.STANDING_WRONG, reason)
    if loaded.unplaced:
        reason = _describe_unplaced(container, cargo, loaded)
        code = UnloadableCode.DID_NOT_FIT
        return _keep(container, loaded.unplaced, code, reason, passes=loaded.passes)
    return FrozenLoad(loaded.placements, passes=loaded.passes)


def _keep(
    container: OpenConsolidation,
    consignment_ids: tuple[str, ...],
    code: UnloadableCode,
    reason: str,
    *,
    passes: int = 0,
) -> FrozenLoad:
    """Keep the load plan in force, and say why."""
    key, stage = container.consolidation_id, container.stage
    unloadable = Unloadable(
        consolidation_id=key,
        consignment_ids=consignment_ids,
        code=code,
        reason=f"{key} is {stage} and its contents do not load: {reason}",
    )
    return FrozenLoad(container.planned, unloadable, passes)


def _describe_unplaced(
    container: OpenConsolidation, cargo: Sequence[Demand], loaded: LoadResult
) -> str:
    # No figure that changes with each carton set down: the same trouble stays one alert.
    names = join_names(loaded.unplaced, _NAMED_MAX)
    verb = "finds" if len(loaded.unplaced) == 1 else "find"
    floor = "; the floor provably does not suffice" if loaded.shortages else ""
    tried = "beside the cartons that stand in it" if container.standing else "whatever stands where"
    return (
        f"{names} {verb} no place {tried}; "
        f"{cubic_metres(sum(demand.volume_cm3 for demand in cargo))} of cargo on the manifest, "
        f"{cubic_metres(container.spec.volume_cm3)} inside{floor}"
    )
