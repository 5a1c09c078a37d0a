"""Check the day: containers left as planned, certified and loaded, and the invariants hold.

All data comes from the database, except the plan by which the simulated crew stuffed each
container.
"""

from collections import Counter
from collections.abc import Mapping

import asyncpg
import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.instance import Instance
from groupage.domain.plan import Placement, Plan
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState
from groupage.store.dead_letters import count_dead_letters
from groupage.store.plan_codec import unpack_instance, unpack_plan
from groupage.store.state_codec import unpack
from optimizer.verification.api import verify

_OUT = ("GATED_OUT", "ON_BOARD")
_PLAN = msgspec.json.Decoder(Plan)
_INSTANCE = msgspec.json.Decoder(Instance)
_CONSOLIDATION = msgspec.json.Decoder(ConsolidationState)
_CONSIGNMENT = msgspec.json.Decoder(ConsignmentState)


class Departed(msgspec.Struct, frozen=True, kw_only=True):
    """A container that left."""

    consolidation_id: str
    equipment_ref: str
    consignments: int
    cartons: int
    deviations: int
    """Cartons that stand elsewhere than planned, each with a reason."""
    fill_ratio: float
    plan_id: str


class DayReport(msgspec.Struct, frozen=True, kw_only=True):
    """The results of the day, from the database."""

    departed: tuple[Departed, ...]
    consignments: dict[str, int]
    plans_certified: int
    plans_verified_again: int
    alerts_raised: int
    alerts_open: dict[str, int]
    dead_letters: dict[str, int]
    """By code."""
    checks: tuple[str, ...]
    """The checks, in words."""
    problems: tuple[str, ...]
    """Checks that fail, in words; empty on a good day."""


CHECKS = (
    "every container that left has manifest, seal, container, release of all its cargo and VGM",
    "every one of them was stuffed by a stored plan with a certificate, verified again now",
    "every carton in them stands as that plan says, or its deviation is named",
    "the loaded set is the manifest's, carton by carton; no carton stands in two containers",
    "no box is over its payload, and each VGM is within the tolerance of the sum",
    "every consignment in a container that left is DEPARTED, and no other one is",
    "every container that drove out of the gate was allowed to",
)


async def check_day(
    pool: asyncpg.Pool, *, stuffed_by: Mapping[str, str], policy: Policy
) -> DayReport:
    """Read everything and check it. `stuffed_by`: the crew's plan of each consolidation."""
    problems: list[str] = []
    departed: list[Departed] = []
    plans: dict[str, Plan | None] = {}
    carried: set[str] = set()
    standing: Counter[str] = Counter()
    for row in await pool.fetch("select key from consolidation where status = any($1)", _OUT):
        state = await _consolidation(pool, row["key"])
        plan_id = stuffed_by.get(state.key, state.plan_id)
        if plan_id not in plans:
            plans[plan_id] = await _read_verified(pool, plan_id, problems)
        consignments = await _consignments(pool, state.member_ids)
        check = _ContainerCheck(state, consignments, plans[plan_id], policy)
        problems += check.problems()
        departed.append(check.report_line(plan_id))
        carried |= set(state.member_ids)
        standing.update(
            unit
            for consignment in consignments
            for unit, part in consignment.units.items()
            if part.loaded_in
        )
    problems += [f"carton {unit} stands in two containers" for unit, n in standing.items() if n > 1]
    problems += await _departed_elsewhere(pool, carried)
    problems += await _find_uncounted(pool, {container.equipment_ref for container in departed})
    return DayReport(
        departed=tuple(departed),
        consignments=await _counts(pool, "select status, count(*) from consignment group by 1"),
        plans_certified=await pool.fetchval("select count(*) from plan"),
        plans_verified_again=sum(plan is not None for plan in plans.values()),
        alerts_raised=await pool.fetchval("select count(*) from alert"),
        alerts_open=await _counts(
            pool, "select code, count(*) from alert where cleared_at is null group by 1"
        ),
        dead_letters=await count_dead_letters(pool),
        checks=CHECKS,
        problems=tuple(problems),
    )


class _ContainerCheck:
    """A container that left, with its consolidation, consignments and plan."""

    def __init__(
        self,
        state: ConsolidationState,
        consignments: list[ConsignmentState],
        plan: Plan | None,
        policy: Policy,
    ) -> None:
        self._state = state
        self._consignments = consignments
        self._policy = policy
        self._places: dict[str, Placement] = {}
        for container in plan.containers if plan else ():
            if container.consolidation_id == state.key:
                self._places = {place.unit_id: place for place in container.placements}
        self._deviations = 0

    def report_line(self, plan_id: str) -> Departed:
        """Return its line in the report. Call `problems` first."""
        state = self._state
        volume = spec_of(state.iso_type).volume_cm3
        return Departed(
            consolidation_id=state.key,
            equipment_ref=state.equipment_ref,
            consignments=len(self._consignments),
            cartons=sum(
                bool(p.loaded_in)
                for consignment in self._consignments
                for p in consignment.units.values()
            ),
            deviations=self._deviations,
            fill_ratio=state.loaded_volume_cm3 / volume,
            plan_id=plan_id,
        )

    def problems(self) -> list[str]:
        """Return every check that fails, in words."""
        problems = [*self._paper_problems(), *self._mass_problems(), *self._carton_problems()]
        return [f"{self._state.key}: {text}" for text in problems]

    def _paper_problems(self) -> list[str]:
        state, problems = self._state, []
        if state.manifest is None:
            problems.append("left without a manifest")
        if state.container is None or not state.container.seal_no or state.container.vgm_g is None:
            problems.append("left without container, seal or VGM")
        if not self._places:
            problems.append("no stored plan says how to stuff it")
        if {consignment.key for consignment in self._consignments} != set(state.member_ids):
            problems.append("its manifest names consignments that are not known")
        for consignment in self._consignments:
            if consignment.customs != "RELEASED":
                problems.append(f"{consignment.key} left while customs says {consignment.customs}")
            if consignment.status != "DEPARTED":
                problems.append(f"{consignment.key} left and is {consignment.status}")
        return problems

    def _mass_problems(self) -> list[str]:
        box = self._state.container
        if box is None or box.vgm_g is None:
            return []
        cargo_g = sum(consignment.measured_gross_g for consignment in self._consignments)
        sum_g = box.tare_g + cargo_g + self._state.dunnage_g
        allowed_g = min(
            sum_g * self._policy.vgm_tolerance_permille // 1_000, self._policy.vgm_tolerance_g
        )
        problems = []
        if abs(box.vgm_g - sum_g) > allowed_g:
            problems.append(f"VGM {box.vgm_g} g, sum {sum_g} g: more than {allowed_g} g apart")
        if box.vgm_g > box.max_gross_g:
            problems.append(f"VGM {box.vgm_g} g is above the maximum {box.max_gross_g} g")
        return problems

    def _carton_problems(self) -> list[str]:
        problems = []
        loaded: set[str] = set()
        for consignment in self._consignments:
            for unit, part in consignment.units.items():
                if part.gone or part.received_at is None:
                    continue
                if part.loaded_in != self._state.equipment_ref:
                    problems.append(
                        f"carton {unit} of {consignment.key} is in {part.loaded_in or 'no box'}"
                    )
                    continue
                loaded.add(unit)
                if not self._stands_as_planned(unit, part.standing):
                    self._deviations += 1
                    if part.loaded_by is None or not part.loaded_by.deviation:
                        problems.append(f"carton {unit} does not stand as planned; nobody says why")
        if self._places and loaded != set(self._places):
            problems.append(
                f"{len(self._places.keys() - loaded)} planned cartons are missing, "
                f"{len(loaded - self._places.keys())} were never planned"
            )
        return problems

    def _stands_as_planned(
        self, unit: str, standing: tuple[int, int, int, int, int, int] | None
    ) -> bool:
        place = self._places.get(unit)
        return place is not None and standing == (
            place.x_mm,
            place.y_mm,
            place.z_mm,
            place.dx_mm,
            place.dy_mm,
            place.dz_mm,
        )


async def _read_verified(pool: asyncpg.Pool, plan_id: str, problems: list[str]) -> Plan | None:
    """Return the stored plan; note a problem if it has no certificate or fails the verifier."""
    row = await pool.fetchrow("select form, body, instance from plan where plan_id = $1", plan_id)
    if row is None:
        problems.append(f"plan {plan_id or '(none)'} is not stored")
        return None
    plan = unpack_plan(row["form"], row["body"])
    if plan.certificate is None:
        problems.append(f"plan {plan_id} has no certificate")
    broken = verify(unpack_instance(row["form"], row["instance"]), plan)
    problems += [f"plan {plan_id}: {violation}" for violation in broken]
    return plan


async def _consolidation(pool: asyncpg.Pool, key: str) -> ConsolidationState:
    body = await pool.fetchval("select body from consolidation where key = $1", key)
    return _CONSOLIDATION.decode(unpack(body))


async def _consignments(pool: asyncpg.Pool, keys: tuple[str, ...]) -> list[ConsignmentState]:
    rows = await pool.fetch("select body from consignment where key = any($1)", list(keys))
    return [_CONSIGNMENT.decode(unpack(row["body"])) for row in rows]


async def _departed_elsewhere(pool: asyncpg.Pool, carried: set[str]) -> list[str]:
    rows = await pool.fetch("select key from consignment where status = 'DEPARTED'")
    return [
        f"{row['key']} is DEPARTED, but no container that left has it"
        for row in rows
        if row["key"] not in carried
    ]


async def _find_uncounted(pool: asyncpg.Pool, allowed: set[str]) -> list[str]:
    rows = await pool.fetch(
        "select key, consolidation_id from container where status = any($1)", _OUT
    )
    return [
        f"container {row['key']} drove out, but {row['consolidation_id']} did not count as left"
        for row in rows
        if row["key"] not in allowed
    ]


async def _counts(pool: asyncpg.Pool, query: str) -> dict[str, int]:
    return {row[0]: row[1] for row in await pool.fetch(query)}
