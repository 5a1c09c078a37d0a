"""Containers whose contents nobody may change: a load plan for them, or what keeps it from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.codes import UnloadableCode
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Demand, Instance, OpenConsolidation
from groupage.domain.plan import Placement, Unloadable
from groupage.domain.words import cubic_metres, kilograms, listed
from optimizer.loading.api import LoadResult, cargo_of, load

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of it."""

    found: tuple[Placement, ...] | Unloadable
    passes: int = 0
    """Of the loader."""


def load_closed(
    instance: Instance,
    box: OpenConsolidation,
    cargo: Sequence[Demand],
    *,
    refuted: str,
    effort: int,
) -> Closed:
    """The load plan of a frozen or locked container, made anew, or why there is none.

    `refuted` is what the verifier said of one that was made anew before; empty: nothing.
    """
    every = tuple(demand.consignment_id for demand in cargo)
    if refuted:
        reason = f"no load plan passes the verifier ({refuted})"
        return Closed(_unloadable(box, every, UnloadableCode.REFUTED, reason))
    mass_g = max(
        sum(demand.gross_g for demand in cargo),
        sum(group.gross_g * len(group.unit_ids) for d in cargo for group in d.cartons),
    )
    if mass_g > box.spec.payload_g:
        reason = (
            f"{kilograms(mass_g)} of cargo on the manifest, the container carries "
            f"{kilograms(box.spec.payload_g)}"
        )
        return Closed(_unloadable(box, every, UnloadableCode.OVERWEIGHT, reason))
    try:
        loaded = load(
            box.spec,
            [cargo_of(demand) for demand in cargo],
            box.standing,
            instance.rules,
            effort=effort,
            seed=instance.limits.seed,
        )
    except InvalidInput as error:
        reason = f"what is reported to stand in it can not stand so ({error})"
        return Closed(_unloadable(box, every, UnloadableCode.STANDING_WRONG, reason))
    if loaded.unplaced:
        reason = _did_not_fit(box, cargo, loaded)
        return Closed(
            _unloadable(box, loaded.unplaced, UnloadableCode.DID_NOT_FIT, reason), loaded.passes
        )
    return Closed(loaded.placements, loaded.passes)


def _unloadable(
    box: OpenConsolidation, consignment_ids: tuple[str, ...], code: UnloadableCode, reason: str
) -> Unloadable:
    return Unloadable(
        consolidation_id=box.consolidation_id,
        consignment_ids=consignment_ids,
        code=code,
        reason=f"{box.consolidation_id} is {box.stage} and its contents do not load: {reason}",
    )


def _did_not_fit(box: OpenConsolidation, cargo: Sequence[Demand], loaded: LoadResult) -> str:
    # No figure that changes with each carton set down: the same trouble is one alert.
    names = listed(loaded.unplaced, _NAMED)
    tried = "beside the cartons that stand in it" if box.standing else "whatever stands where"
    return (
        f"{names} {'finds' if len(loaded.unplaced) == 1 else 'find'} no place {tried}; "
        f"{cubic_metres(sum(demand.volume_cm3 for demand in cargo))} of cargo on the manifest, "
        f"{cubic_metres(box.spec.volume_cm3)} inside"
    )
